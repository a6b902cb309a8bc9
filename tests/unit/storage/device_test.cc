// Waiting for the device that fstab names; choosing between several is the loop tests' business.
#include "storage/device.h"

#include <unistd.h>

#include <filesystem>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

using Kind = VolumeSource::Kind;
using std::chrono::seconds;

std::string absent(std::string_view source, int limit) {
  return concat("failed: ", source, ": did not appear within ", limit,
                " s; is the disk attached, and the name in fstab right?");
}

}  // namespace

TEST_CASE("a device that does not appear is a failure after its time") {
  const TemporaryFolder folder;
  const std::string path = folder / "no/such/device";
  CHECK(told(wait_for_device({Kind::path, path}, "", seconds(0))) == absent(path, 0));
  CHECK(told(wait_for_device({Kind::path, path}, "", seconds(1))) == absent(path, 1));
}

TEST_CASE("a partition that no disk has is a failure under fstab's name for it") {
  const std::string label = concat("aimee-unit-no-such-label-", static_cast<int>(getpid()));
  CHECK(told(wait_for_device({Kind::partition_label, label}, "", seconds(0))) ==
        absent(concat("PARTLABEL=", label), 0));
  CHECK(told(wait_for_device({Kind::partition_uuid, label}, "", seconds(0))) == absent(concat("PARTUUID=", label), 0));
}

TEST_CASE("what is there and no block device is refused at once") {
  const TemporaryFolder folder;
  const std::string file = folder.file("file", "");
  CHECK(told(wait_for_device({Kind::path, file}, "", seconds(600))) ==
        concat("refused: ", file, ": is not a block device"));
}

TEST_CASE("a device that appears while it is waited for is seen, in folders that appear with it too") {
  const TemporaryFolder folder;
  const std::string path = folder / "later/disk/data";
  Child child([&] {
    folder.folder("later");
    folder.folder("later/disk");
    folder.file("later/disk/new", "");
    std::error_code error;
    std::filesystem::rename(folder / "later/disk/new", path, error);
    return error ? 1 : 0;
  });
  // A file in the device's place: it was seen when it is refused.
  CHECK(told(wait_for_device({Kind::path, path}, "", seconds(120))) ==
        concat("refused: ", path, ": is not a block device"));
  CHECK(child.wait().exit == 0);
}

TEST_CASE("a link that leads nowhere is waited for, until it leads somewhere") {
  const TemporaryFolder folder;
  const std::string link = folder.link("link", "target");
  CHECK(told(wait_for_device({Kind::path, link}, "", seconds(0))) == absent(link, 0));
  folder.file("target", "");
  CHECK(told(wait_for_device({Kind::path, link}, "", seconds(120))) ==
        concat("refused: ", link, ": is not a block device"));
}

TEST_CASE("a path through a file is an error at once") {
  const TemporaryFolder folder;
  folder.file("file", "");
  const std::string path = folder / "file/below";
  CHECK(told(wait_for_device({Kind::path, path}, "", seconds(600))) ==
        with_errno(concat("failed: ", path, ": find the device"), ENOTDIR));
}

}  // namespace aimee::test

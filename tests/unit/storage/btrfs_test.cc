// btrfs's ioctls where there is no btrfs; on real volumes they are the loop tests' business.
#include "storage/btrfs.h"

#include <fcntl.h>
#include <linux/btrfs.h>

#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

// What no file system is behind: the folder that the tests are in may be btrfs.
Fd not_btrfs() { return Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

TEST_CASE("what is not btrfs has no UUID and takes no label") {
  EMULATION_LACKS("btrfs ioctls");
  CHECK(told(btrfs_uuid(not_btrfs())) == with_errno("failed: btrfs: ask for the UUID", ENOTTY));
  CHECK(told(set_btrfs_label(not_btrfs(), "aimee-data")) == with_errno("failed: btrfs: set label", ENOTTY));
}

TEST_CASE("a label that does not fit is refused before anything is asked of the kernel") {
  EMULATION_LACKS("btrfs ioctls");
  CHECK(told(set_btrfs_label(not_btrfs(), std::string(BTRFS_LABEL_SIZE, 'x'))) ==
        with_errno("failed: btrfs: set label", EINVAL));
  CHECK(told(set_btrfs_label(not_btrfs(), std::string(BTRFS_LABEL_SIZE - 1, 'x'))) ==
        with_errno("failed: btrfs: set label", ENOTTY));
}

TEST_CASE("no subvolume is made where there is no btrfs") {
  const auto made = create_subvolume(not_btrfs(), "log");
  MUST(!made.has_value());
  CHECK(made.error().outcome == Outcome::failed);
  CHECK(made.error().code != 0);
  CHECK(made.error().message().starts_with("log: create subvolume: "));
}

TEST_CASE("what is not on btrfs, or is no folder, is no subvolume, and what is not there is a failure") {
  CHECK(is_subvolume("/proc").value_or(true) == false);
  CHECK(is_subvolume("/dev/null").value_or(true) == false);
  CHECK(told(is_subvolume("/nonexistent")) == with_errno("failed: /nonexistent: look for subvolume", ENOENT));
}

}  // namespace aimee::test

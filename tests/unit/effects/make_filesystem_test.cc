// A file system in memory, written to a disk image.
#include "effects/make_filesystem.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "harness/child.h"
#include "harness/superblocks.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"
#include "storage/probe.h"

namespace aimee::test {

namespace {

constexpr std::uint64_t size = 256ULL << 20;

NewFilesystem wanted() { return {our_uuid(), std::string(creating_label), size}; }

// Runs `body` in a child, in which its text is compared.
std::optional<std::string> told_with_own_mounts(const std::function<std::string()>& body) {
  const auto ended = run_with_own_mounts([&] {
    const std::string text = body();
    return write(STDOUT_FILENO, text.data(), text.size()) < 0 ? 1 : 0;
  });
  if (!ended) return std::nullopt;
  CHECK(ended->exit == 0);
  CHECK(ended->err == "");
  return ended->out;
}

std::ptrdiff_t block_devices() {
  std::error_code ignored;
  return std::distance(std::filesystem::directory_iterator("/sys/block", ignored), {});
}

}  // namespace

TEST_CASE(
    "the new file system has our UUID and label in every superblock, and the disk is otherwise blank at its start") {
  NEEDS("mkfs.btrfs");
  const TemporaryFolder folder;
  const std::string mount_point = folder.folder("mnt");
  const std::string path = folder.file("disk", "");
  prepared(truncate(path.c_str(), size) == 0, path);
  const auto text = told_with_own_mounts([&] {
    const auto image = FilesystemImage::make(wanted(), mount_point);
    if (!image) return told(image);
    const Fd disk(open(path.c_str(), O_RDWR | O_CLOEXEC));
    Progress progress;
    return told(image->write_to(disk, "disk", progress));
  });
  if (!text) return;
  CHECK(*text == "done");
  const auto disk = open_file(path, O_RDONLY);
  MUST_SUCCEED(disk);
  const VolumeFacts facts = probe_volume(*disk, {size, ""});
  CHECK(classify(facts).found == "holds an aimee volume whose creation was cut short");
  CHECK((facts.first_mib == Fill::zeros));
  for (std::size_t i = 0; i < 2; ++i) {
    MUST(facts.superblocks[i].has_value());
    CHECK(facts.superblocks[i]->valid());
    CHECK(facts.superblocks[i]->label == creating_label);
    CHECK(uuid_text(facts.superblocks[i]->uuid) == our_uuid_text);
  }
}

TEST_CASE("a disk image needs no mount when it is made, and leaves none") {
  NEEDS("mkfs.btrfs");
  const TemporaryFolder folder;
  const std::string mount_point = folder.folder("mnt");
  folder.file("mnt/marker", "");
  const auto before = block_devices();
  const auto text = told_with_own_mounts([&] {
    const auto image = FilesystemImage::make(wanted(), mount_point);
    const bool same_devices = block_devices() == before;
    return concat(told(image), exists(folder / "mnt/marker") ? ", unmounted" : ", mounted",
                  same_devices ? "" : ", /sys/block is covered");
  });
  if (text) CHECK(*text == "done, unmounted");
}

TEST_CASE("without mkfs.btrfs nothing is made, and the message says what is missing") {
  const TemporaryFolder folder;
  const std::string mount_point = folder.folder("mnt");
  folder.file("mnt/marker", "");
  const auto text = told_with_own_mounts([&] {
    setenv("PATH", folder.path().c_str(), 1);
    const auto image = FilesystemImage::make(wanted(), mount_point);
    return concat(told(image), exists(folder / "mnt/marker") ? ", unmounted" : ", mounted");
  });
  if (!text) return;
  CHECK(text->starts_with("failed: mkfs.btrfs: failed with exit status 127: cannot be run"));
  CHECK(text->ends_with(", unmounted"));
}

TEST_CASE("a mkfs.btrfs that fails is told with its last line, one that makes something else is not trusted") {
  const TemporaryFolder folder;
  const std::string mount_point = folder.folder("mnt");
  struct Row {
    std::string_view script;
    std::string_view message;
  };
  const Row rows[] = {
      {"#!/bin/sh\necho ERROR: no way >&2\nexit 1\n", "failed: mkfs.btrfs: failed with exit status 1: ERROR: no way"},
      {"#!/bin/sh\nexit 0\n", "failed: mkfs.btrfs: made something else than it was asked for"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    folder.file("bin/mkfs.btrfs", row.script, 0755);
    const auto text = told_with_own_mounts([&] {
      setenv("PATH", (folder / "bin").c_str(), 1);
      return told(FilesystemImage::make(wanted(), mount_point));
    });
    if (!text) return;
    CHECK(*text == row.message);
  }
}

TEST_CASE("where the memory cannot be mounted nothing is made") {
  const TemporaryFolder folder;
  const std::string missing = folder / "missing";
  CHECK(told(FilesystemImage::make(wanted(), missing)).starts_with("failed: tmpfs: mount as tmpfs with options "));
}

}  // namespace aimee::test

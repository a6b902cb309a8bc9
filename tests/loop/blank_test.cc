// Disks that are provably blank become data volumes; those that look it but cannot be used are refused.
#include <fcntl.h>

#include <algorithm>
#include <csignal>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/init_storage.h"

using namespace looptest;

namespace {

// A folder for PATH with a mkfs.btrfs that does nothing but fail.
struct FailingMkfs {
  TemporaryFolder folder;
  FailingMkfs() { write_text(folder / "mkfs.btrfs", "#!/bin/sh\necho no luck today >&2\nexit 1\n", 0755); }
};

// Kills the program itself, not its children, at its nth write to a disk; whether it was still running then.
bool killed_at_own_write(unsigned nth, const SampleRoot& root) {
  Arguments command{"strace", "-qq",
                    "-o",     "/dev/null",
                    "-e",     "trace=pwrite64",
                    "-e",     "inject=pwrite64:signal=KILL:when=" + std::to_string(nth)};
  for (const std::string& argument : init_storage_command(root)) command.push_back(argument);
  return run(command, {.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}}}).exit == 128 + SIGKILL;
}

}  // namespace

TEST_CASE("zeros all over are blank") {
  const LoopDisk disk;
  check_created(SampleRoot(disk.device()), disk.device());
}

TEST_CASE("erased flash, all ones, is blank") {
  const LoopDisk disk({.size = 160 * MiB});
  disk.fill(0, disk.size(), '\xff');
  check_created(SampleRoot(disk.device()), disk.device());
}

TEST_CASE("ones in the first 16 MiB are blank, and fewer are not") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  disk.fill(0, 15 * MiB, '\xff');
  check_refused(root, disk.device(), {"data without a known signature"});
  disk.fill(15 * MiB, MiB, '\xff');
  check_created(root, disk.device());
}

TEST_CASE("data behind the first 16 MiB alone does not keep a disk from being blank, and data in front of it does") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  disk.write(16 * MiB, "x");
  disk.write(16 * MiB - 1, "x");
  check_refused(root, disk.device(), {"data without a known signature"});
  disk.fill(16 * MiB - 1, 1, '\0');
  check_created(root, disk.device());
}

TEST_CASE("a large blank disk is known for one by some two thousand reads") {
  NEEDS("strace");
  const LoopDisk disk({.size = 2048 * GiB});
  const SampleRoot root(disk.device());
  const TemporaryFolder folder;
  const std::string log = folder / "reads";
  Arguments command{"strace", "-qq", "-o", log, "-e", "trace=pread64,read"};
  for (const std::string& argument : init_storage_command(root, {"--dry-run"})) command.push_back(argument);
  CHECK(run(command, {.environment = {{"ASAN_OPTIONS", "detect_leaks=0"}}}).exit == 0);
  const std::string reads = read_text(log);
  CHECK(std::count(reads.begin(), reads.end(), '\n') < 3000);
  check_created(root, disk.device());
}

TEST_CASE("a cut in a creation over an old partition table's backup leaves a disk that the next run makes") {
  NEEDS("strace");
  for (const unsigned sector_size : {512U, 4096U}) {
    CAPTURE(sector_size);
    const LoopDisk disk({.sector_size = sector_size});
    const SampleRoot root(disk.device());
    for (unsigned write = 1; write <= 10; ++write) {
      CAPTURE(write);
      disk.fill(0, 16 * MiB, '\0');
      disk.write(disk.size() - sector_size, "EFI PART");
      CHECK(killed_at_own_write(write, root));
      const std::string left = disk.read(disk.size() - sector_size, 8);
      if (write > 1) CHECK(left != "EFI PART");
      check_created(root, disk.device());
    }
  }
}

TEST_CASE("a re-flashed disk, 16 MiB of zeros before an old volume, is blank") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "old");
  disk.fill(0, 16 * MiB, 0);
  const std::string old_uuid = Superblock::at(disk.device(), second_superblock).uuid();
  REQUIRE(Superblock::at(disk.device(), second_superblock).valid());
  const SampleRoot root(disk.device());
  const Outcome dry = init_storage(root, {"--dry-run", "--json"});
  CHECK(json(dry, ".state") == "blank");
  CHECK(json(dry, ".action") == "create");
  check_created(root, disk.device());
  CHECK(Superblock::at(disk.device(), second_superblock).uuid() != old_uuid);
}

TEST_CASE("old superblock copies are erased before anything else is written") {
  const LoopDisk disk({.size = 257 * GiB});
  make_btrfs(disk.device(), "old");
  disk.fill(0, 16 * MiB, 0);
  const SampleRoot root(disk.device());
  const FailingMkfs mkfs;
  const Outcome outcome = init_storage(root, {}, {.environment = {{"PATH", mkfs.folder.path()}}});
  CHECK(outcome.exit == 1);
  for (std::uint64_t copy : {second_superblock, 256 * GiB})
    CHECK(Superblock::at(disk.device(), copy).magic() != "_BHRfS_M");
  check_created(root, disk.device());
}

TEST_CASE("a failing mkfs.btrfs is named, and the disk is still blank") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  const FailingMkfs mkfs;
  const Outcome outcome = init_storage(root, {}, {.environment = {{"PATH", mkfs.folder.path()}}});
  CHECK(outcome.exit == 1);
  CHECK(outcome.err.find("mkfs.btrfs") != std::string::npos);
  CHECK(outcome.err.find("no luck today") != std::string::npos);
  CHECK(disk.fingerprint().content == before.content);
  check_created(root, disk.device());
}

TEST_CASE("a missing mkfs.btrfs is named, and the disk is untouched") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  const Outcome outcome = init_storage(root, {}, {.environment = {{"PATH", "/nonexistent"}}});
  CHECK((outcome.exit == 1 || outcome.exit == 3));
  CHECK(outcome.err.find("mkfs.btrfs") != std::string::npos);
  CHECK(disk.fingerprint().content == before.content);
}

TEST_CASE("a device that is too small is refused") {
  for (std::uint64_t size : {512 * KiB, 4 * MiB, 32 * MiB}) {
    CAPTURE(size);
    const LoopDisk disk({.size = size});
    check_refused(SampleRoot(disk.device()), disk.device(), {"too small"});
  }
}

TEST_CASE("an empty device is refused") {
  const LoopDisk disk({.size = 0});
  check_refused(SampleRoot(disk.device()), disk.device(), {"too small"});
}

TEST_CASE("a read-only device is refused") {
  LoopDisk disk;
  disk.attach_again(true);
  check_refused(SampleRoot(disk.device()), disk.device(), {"read-only"});
}

TEST_CASE("a blank device that somebody holds is refused, and created when it is free") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  {
    const Fd holder(disk.device(), O_RDONLY | O_EXCL);
    check_refused(root, disk.device(), {"in use"});
  }
  check_created(root, disk.device());
}

TEST_CASE("a blank disk with a partition that is in use is refused") {
  GptDisk disk({{"root", 64 * MiB}, {"data"}});
  // The kernel still has the partitions of a table that is gone from the disk.
  disk.disk().fill(0, MiB, 0);
  disk.disk().fill(disk.disk().size() - MiB, MiB, 0);
  const Fd holder(disk.partition(1), O_RDONLY | O_EXCL);
  check_refused(SampleRoot(disk.disk().device()), disk.disk().device(), {"in use"});
}

TEST_CASE("a dry run shows what it would do and does nothing") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  const Outcome dry = init_storage(root, {"--dry-run"});
  CHECK(dry.exit == 0);
  for (const char* text : {"mkfs.btrfs", "log", "tmp", "etc", "aimee-data"})
    CHECK_MESSAGE(dry.out.find(text) != std::string::npos, "\"" << text << "\" not in: " << dry.out);
  const Outcome described = init_storage(root, {"--dry-run", "--json"});
  CHECK(described.exit == 0);
  CHECK(json(described, ".state") == "blank");
  CHECK(json(described, ".action") == "create");
  CHECK(json(described, ".plan | length > 4") == "true");
  CHECK(json(described, ".error") == "null");
  CHECK(disk.fingerprint() == before);
}

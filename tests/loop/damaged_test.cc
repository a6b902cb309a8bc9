// Volumes whose primary superblock is lost, broken or half written, and what copies of it decide.
#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

const std::string repair = "btrfs rescue super-recover";

// Half of a superblock write reached the disk: the first 512 bytes of the new one, the rest of the old one.
void tear(const LoopDisk& disk, const Superblock& written, const std::string& rest) {
  disk.write(primary_superblock, written.bytes().substr(0, 512) + rest.substr(512));
}

std::string zeros() { return std::string(superblock_size, '\0'); }

// The command that the refusal names; its exit code 2 says that something was bad and is good now.
void recover(const LoopDisk& disk) {
  const Outcome outcome = run({"btrfs", "rescue", "super-recover", "-y", disk.device()});
  CHECK_MESSAGE(outcome.exit == 2, outcome.out << outcome.err);
}

std::string dry_state(const SampleRoot& root) { return json(init_storage(root, {"--dry-run", "--json"}), ".state"); }

}  // namespace

TEST_CASE("a lost first MiB before a valid copy is damage, and repairable") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  disk.fill(0, MiB, 0);
  const SampleRoot root(disk.device());
  check_refused(root, disk.device(), {repair});
  CHECK(dry_state(root) == "damaged");
  recover(disk);
  check_left_alone(root, "existing");
}

TEST_CASE("a primary superblock after wipefs is not blank, and its file system not lost") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  tool({"wipefs", "--quiet", "--all", disk.device()});
  const SampleRoot root(disk.device());
  check_refused(root, disk.device(), {repair});
  CHECK(dry_state(root) == "damaged");
}

TEST_CASE("a first MiB of ones before a valid copy is damage") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  disk.fill(0, MiB, '\xff');
  check_refused(SampleRoot(disk.device()), disk.device(), {repair});
}

TEST_CASE("16 MiB of ones before a valid copy are damage: only zeros mean re-flashed") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  disk.fill(0, 16 * MiB, '\xff');
  check_refused(SampleRoot(disk.device()), disk.device(), {repair});
}

TEST_CASE("one byte short of 16 MiB of zeros before a valid copy is damage") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  disk.fill(0, 16 * MiB, 0);
  disk.write(16 * MiB - 1, "x");
  check_refused(SampleRoot(disk.device()), disk.device(), {repair});
}

TEST_CASE("a copy at 256 GiB alone keeps a disk from being blank") {
  const LoopDisk disk({.size = 257 * GiB});
  make_btrfs(disk.device(), "pool");
  disk.fill(0, MiB, 0);
  disk.write(second_superblock, zeros());
  check_refused(SampleRoot(disk.device()), disk.device(), {repair});
}

TEST_CASE("a copy with a broken checksum is no copy") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  disk.fill(0, MiB, 0);
  disk.write(second_superblock + 1000, "broken");
  check_created(SampleRoot(disk.device()), disk.device());
}

TEST_CASE("a primary superblock with a broken checksum is damage") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  disk.write(primary_superblock + 1000, "broken");
  const SampleRoot root(disk.device());
  check_refused(root, disk.device(), {repair});
  CHECK(dry_state(root) == "damaged");
}

TEST_CASE("a broken primary superblock without a valid copy is refused") {
  const LoopDisk disk;
  make_btrfs(disk.device(), "pool");
  disk.write(primary_superblock + 1000, "broken");
  disk.write(second_superblock, zeros());
  check_refused(SampleRoot(disk.device()), disk.device(), {});
}

TEST_CASE("a ready volume whose primary superblock broke is damage, never made anew") {
  const LoopDisk disk;
  make_ready(disk.device());
  disk.write(primary_superblock + 1000, "broken");
  const SampleRoot root(disk.device());
  check_refused(root, disk.device(), {repair});
  recover(disk);
  check_left_alone(root, "ready");
  CHECK(marker_says(disk.device(), "kept"));
}

TEST_CASE("a ready volume whose first MiB went is damage, never made anew") {
  const LoopDisk disk;
  make_ready(disk.device());
  disk.fill(0, MiB, 0);
  const SampleRoot root(disk.device());
  check_refused(root, disk.device(), {repair});
  recover(disk);
  check_left_alone(root, "ready");
  CHECK(marker_says(disk.device(), "kept"));
}

TEST_CASE("a ready volume torn in a superblock write is damage, never made anew") {
  const LoopDisk disk;
  make_ready(disk.device());
  const Superblock whole = Superblock::at(disk.device(), primary_superblock);
  // The checksum in the first sector is the new one's, the backup roots at the end are the old one's.
  tear(disk, whole.with(72, "\x77"), whole.bytes().substr(0, 3000) + std::string(1096, '\x55'));
  const SampleRoot root(disk.device());
  check_refused(root, disk.device(), {repair});
  CHECK(dry_state(root) == "damaged");
  recover(disk);
  CHECK(marker_says(disk.device(), "kept"));
}

TEST_CASE("a creation torn in mkfs's superblock write is started over") {
  const LoopDisk disk;
  make_btrfs(disk.device(), creating_label, our_uuid());
  const Superblock whole = Superblock::at(disk.device(), primary_superblock);
  std::string copy;
  SUBCASE("before the copies are written") { copy = zeros(); }
  SUBCASE("after the copies are written") { copy = Superblock::at(disk.device(), second_superblock).bytes(); }
  tear(disk, whole, zeros());
  disk.write(second_superblock, copy);
  const SampleRoot root(disk.device());
  CHECK(dry_state(root) == "unfinished");
  check_created(root, disk.device());
}

TEST_CASE("a commit torn in the primary's write is started over: the copy still says creating") {
  const LoopDisk disk;
  make_btrfs(disk.device(), creating_label, our_uuid());
  const std::string creating = Superblock::at(disk.device(), second_superblock).bytes();
  tool({"btrfs", "filesystem", "label", disk.device(), std::string(final_label)});
  const Superblock committed = Superblock::at(disk.device(), primary_superblock);
  tear(disk, committed, committed.bytes().substr(0, 512) + std::string(superblock_size - 512, '\x11'));
  disk.write(second_superblock, creating);
  const SampleRoot root(disk.device());
  CHECK(dry_state(root) == "unfinished");
  check_created(root, disk.device());
}

TEST_CASE("a torn primary with our UUID beside another volume's creating copy is not started over") {
  const LoopDisk disk;
  make_btrfs(disk.device(), creating_label, our_uuid());
  const std::string copy_of_another = Superblock::at(disk.device(), second_superblock).bytes();
  make_ready(disk.device());
  disk.write(second_superblock, copy_of_another);
  disk.write(primary_superblock + 1000, "broken");
  check_refused(SampleRoot(disk.device()), disk.device(), {});
}

TEST_CASE("a torn primary that is committed, without any valid copy, is not started over") {
  const LoopDisk disk;
  make_ready(disk.device());
  disk.write(primary_superblock + 1000, "broken");
  disk.write(second_superblock, zeros());
  check_refused(SampleRoot(disk.device()), disk.device(), {});
}

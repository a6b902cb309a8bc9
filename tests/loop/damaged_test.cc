// Volumes whose primary superblock is lost, broken or half written, and what copies of it decide.
#include <fcntl.h>
#include <unistd.h>

#include <vector>

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
  disk.fill(0, 16 * MiB, '\xff');
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

namespace {

// Primary superblock and first copy, as the kernel wrote them.
struct Superblocks {
  Superblock primary;
  Superblock copy;
  explicit Superblocks(const std::string& disk)
      : primary(Superblock::at(disk, primary_superblock)), copy(Superblock::at(disk, second_superblock)) {}
};

std::string mixed(const Superblock& first_sector, const Superblock& rest) {
  return first_sector.bytes().substr(0, 512) + rest.bytes().substr(512);
}

// A volume in use, at three moments that follow each other: after a transaction, after an fsync, which writes the
// primary superblock alone, and after the next transaction. `image` is its disk at the last one.
struct UsedVolume {
  TemporaryFolder folder;
  std::string image = folder / "disk";
  std::vector<Superblocks> versions;

  UsedVolume() {
    const LoopDisk disk;
    make_ready(disk.device());
    const Mounted volume(disk.device());
    const auto note_version = [&] { versions.emplace_back(disk.backing()); };
    commit(volume, "first");
    note_version();
    write_text(volume / "logged", "kept");
    tool({"sync", volume / "logged"});
    note_version();
    commit(volume, "second");
    note_version();
    tool({"cp", "--sparse=always", disk.backing(), image});
    REQUIRE(versions[1].primary.generation() == versions[0].primary.generation());
    REQUIRE(versions[1].primary.bytes() != versions[0].primary.bytes());
    REQUIRE(versions[1].copy.bytes() == versions[0].copy.bytes());
    REQUIRE(versions[2].primary.generation() == versions[0].primary.generation() + 1);
  }

  static void commit(const Mounted& volume, std::string_view name) {
    write_text(volume / name, name);
    tool({"btrfs", "filesystem", "sync", volume.path()});
  }

  // The disk as a cut in the middle of a write of its superblocks leaves it.
  std::string torn(const std::string& primary, const std::string& copy) const {
    write_at(image, primary_superblock, primary);
    write_at(image, second_superblock, copy);
    return image;
  }
};

void check_mended(const std::string& image, const std::vector<std::string>& files) {
  const LoopDisk disk({.backing = image});
  REQUIRE_FALSE(Superblock::at(disk.device(), primary_superblock).valid());
  const SampleRoot root(disk.device());
  const Fingerprint before = disk.fingerprint();
  const Outcome dry = init_storage(root, {"--dry-run", "--json"});
  CHECK(dry.exit == 0);
  CHECK(json(dry, ".state") == "ready");
  CHECK(json(dry, ".action") == "mend");
  CHECK(disk.fingerprint() == before);
  const Outcome outcome = init_storage(root);
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  check_message(outcome, disk.device(), {"data volume is ready", "superblock", "mended"});
  check_left_alone(root, "ready");
  tool({"btrfs", "check", "--readonly", disk.device()});
  CHECK(marker_says(disk.device(), "kept"));
  const Mounted volume(disk.device(), "ro");
  for (const std::string& file : files) CHECK_MESSAGE(access((volume / file).c_str(), F_OK) == 0, file);
}

}  // namespace

TEST_CASE("a volume in use that was torn in a write of its superblocks is mended, and has all that was synced") {
  const UsedVolume used;
  const Superblocks& committed = used.versions[0];
  const Superblocks& logged = used.versions[1];
  const Superblocks& next = used.versions[2];
  TemporaryFolder folder;
  struct Row {
    std::string what;
    std::string primary;
    std::vector<std::string> files;
  };
  const Row rows[] = {
      {"old before new", mixed(logged.primary, next.primary), {"first", "logged"}},
      {"new before old", mixed(next.primary, logged.primary), {"first", "logged", "second"}},
  };
  for (const Row& row : rows) {
    for (const std::string& copy : {committed.copy.bytes(), next.copy.bytes(), mixed(committed.copy, next.copy),
                                    mixed(next.copy, committed.copy)}) {
      CAPTURE(row.what);
      const std::string image = folder / "torn";
      tool({"cp", "--sparse=always", used.torn(row.primary, copy), image});
      check_mended(image, row.files);
    }
  }
}

TEST_CASE("a torn superblock is left alone while the volume is in use, and refused on a read-only device") {
  const UsedVolume used;
  const auto& next = used.versions[2];
  LoopDisk disk({.backing = used.torn(mixed(next.primary, used.versions[0].primary), next.copy.bytes())});
  {
    const Fd held(disk.device(), O_RDONLY | O_EXCL);
    check_left_alone(SampleRoot(disk.device()), "ready");
  }
  disk.attach_again(true);
  check_refused(SampleRoot(disk.device()), disk.device(), {"is read-only", "make it writable"});
}

TEST_CASE("a ready volume whose superblock is half garbage is damage, never made anew") {
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

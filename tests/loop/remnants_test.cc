// Somebody's disks whose beginning is gone: refused with the disk untouched, and blank once their owner did to the
// letter what the message says.
#include <functional>
#include <string>
#include <vector>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"
#include "harness/signatures.h"

using namespace looptest;

namespace {

struct Kind {
  const char* name;
  Arguments make;      // with the device as its last argument
  const char* deeper;  // what is told of it behind 16 MiB; none: nothing of it can be recognised there
  std::uint64_t size = 320 * MiB;
};

// clang-format off
const std::vector<Kind> kinds{
    {"ext2", {"mkfs.ext2", "-q", "-F"}, "a backup superblock of ext2 at 24.0 MiB"},
    {"ext3", {"mkfs.ext3", "-q", "-F"}, "a backup superblock of ext3 at 24.0 MiB"},
    {"ext4", {"mkfs.ext4", "-q", "-F"}, "a backup superblock of ext4 at 24.0 MiB"},
    {"ext4 as on large disks", {"mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "resize=2100000000"}, "a backup superblock of ext4 at 128 MiB"},
    {"ext4 of 2 TiB", {"mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=1,nodiscard"}, "a backup superblock of ext4 at 128 MiB and 4 more", 2048 * GiB},
    {"XFS", {"mkfs.xfs", "-q", "-f"}, "a secondary superblock of XFS at 80.0 MiB"},
    {"XFS of 5 TiB", {"mkfs.xfs", "-q", "-f", "-K"}, "a secondary superblock of XFS at 1023 GiB", 5120 * GiB},
    {"XFS with groups of somebody's own size", {"mkfs.xfs", "-q", "-f", "-d", "agsize=100m"}, "a secondary superblock of XFS at 100 MiB", 2 * GiB},
    {"NTFS", {"mkntfs", "-F", "-Q", "-q"}, "the backup of an NTFS boot sector at 319 MiB"},
    {"exFAT", {"mkfs.exfat"}, nullptr},
    {"F2FS", {"mkfs.f2fs", "-q", "-f"}, nullptr},
    {"bcache", {"make-bcache", "-C"}, nullptr},
};
// clang-format on

void check_refused_and_erased(const LoopDisk& disk, const std::string& text) {
  const SampleRoot root(disk.device());
  check_refused(root, disk.device(), {text});
  erase_as_advised(init_storage(root));
  check_created(root, disk.device());
}

bool is_blank_to_the_last_byte(const LoopDisk& disk) {
  const LoopDisk empty({.size = disk.size()});
  return disk.fingerprint().content == empty.fingerprint().content;
}

void make(const Kind& kind, const std::string& device) {
  Arguments command = kind.make;
  command.push_back(device);
  tool(command);
}

}  // namespace

TEST_CASE("a file system whose first 16 MiB were overwritten is refused by what it keeps deeper") {
  for (const Kind& kind : kinds) {
    if (kind.deeper == nullptr || !available({kind.make[0]})) continue;
    for (const char fill : {'\0', '\xff'}) {
      if (fill != '\0' && kind.size > GiB) continue;  // large ones take their time
      INFO(std::string(kind.name));
      const LoopDisk disk({.size = kind.size});
      make(kind, disk.device());
      disk.fill(0, 16 * MiB, fill);
      check_refused_and_erased(disk, kind.deeper);
    }
  }
}

TEST_CASE("a file system of which less was overwritten is refused, if anything of it is left at all") {
  for (const Kind& kind : kinds) {
    if (kind.size > GiB || !available({kind.make[0]})) continue;
    for (const std::uint64_t head : {1 * MiB, 8 * MiB}) {
      INFO(std::string(kind.name));
      CAPTURE(head);
      const LoopDisk disk({.size = kind.size});
      make(kind, disk.device());
      disk.fill(0, head, '\0');
      const SampleRoot root(disk.device());
      if (is_blank_to_the_last_byte(disk)) continue;
      const Outcome outcome = init_storage(root, {"--dry-run"});
      CHECK(outcome.exit == 3);
      CHECK(outcome.err.find(kind.deeper == nullptr ? "data without a known signature" : "holds ") !=
            std::string::npos);
    }
  }
}

TEST_CASE("an ext4 or XFS that is whole: the advice reaches what it keeps deeper") {
  for (const Kind& kind : kinds) {
    if (kind.deeper == nullptr || kind.size > GiB || !available({kind.make[0]})) continue;
    INFO(std::string(kind.name));
    const LoopDisk disk({.size = kind.size});
    make(kind, disk.device());
    check_refused_and_erased(disk, "holds ");
  }
}

TEST_CASE("LUKS2 whose first MiB, or eight, were zeroed is refused") {
  NEEDS("cryptsetup");
  for (const std::uint64_t head : {1 * MiB, 8 * MiB}) {
    const LoopDisk disk;
    tool({"cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--pbkdf", "pbkdf2",
          "--pbkdf-force-iterations", "1000", disk.device()},
         "secret");
    disk.fill(0, head, '\0');
    check_refused_and_erased(disk, "data without a known signature");
  }
}

TEST_CASE("a disk whose MBR is lost is refused while a partition of it is whole") {
  for (const std::uint64_t start : {1 * MiB, 2 * MiB, 8 * MiB, 15 * MiB, 16 * MiB, 17 * MiB, 32 * MiB, 129 * MiB}) {
    CAPTURE(start);
    const LoopDisk disk({.size = 512 * MiB});
    const LoopDisk partition({.size = 300 * MiB});
    tool({"mkfs.ext4", "-q", "-F", partition.device()});
    tool({"dd", "if=" + partition.device(), "of=" + disk.device(), "bs=1M", "seek=" + std::to_string(start / MiB),
          "conv=fsync,sparse,notrunc", "status=none"});
    check_refused_and_erased(disk, "holds ");
  }
}

TEST_CASE("a first partition that lost its beginning with the disk's is refused by what it keeps deeper") {
  for (const std::uint64_t start : {63 * 512UL, 1 * MiB, 4 * MiB, 8 * MiB}) {
    CAPTURE(start);
    const LoopDisk disk({.size = 512 * MiB});
    const LoopDisk partition({.size = 512 * MiB - start});
    tool({"mkfs.ext4", "-q", "-F", "-b", "4096", partition.device()});
    disk.write(start + 128 * MiB, partition.read(128 * MiB, 4 * KiB));
    check_refused_and_erased(disk, "a backup superblock of ext4");
  }
}

TEST_CASE("partitions that only the backup of a lost GPT tells of are refused while they hold anything") {
  const LoopDisk disk({.size = 512 * MiB});
  const std::string table = "label: gpt\nstart=20MiB, size=40MiB\nstart=100MiB, size=300MiB\n";
  tool({"sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", disk.device()}, table);
  const LoopDisk partition({.size = 300 * MiB});
  tool({"mkfs.vfat", partition.device()});
  disk.write(100 * MiB, partition.read(0, MiB));
  const SampleRoot root(disk.device());
  SUBCASE("the table is whole") { check_refused_and_erased(disk, "gpt"); }
  SUBCASE("its primary is gone") {
    disk.fill(0, 16 * MiB, '\0');
    check_refused_and_erased(disk, "holds vfat at 100 MiB");
  }
  SUBCASE("and the partitions' content") {
    disk.fill(0, 16 * MiB, '\0');
    disk.fill(100 * MiB, MiB, '\0');
    check_created(root, disk.device());
  }
}

TEST_CASE("a Ceph disk is refused by any replica of its label") {
  for (const std::uint64_t replica : {1 * GiB, 10 * GiB, 100 * GiB, 1000 * GiB}) {
    CAPTURE(replica);
    const LoopDisk disk({.size = 1001 * GiB});
    disk.write(replica, "bluestore block device\n00000000-0000-4000-8000-000000000001\n");
    check_refused_and_erased(disk, "a replica of a Ceph BlueStore label");
  }
}

TEST_CASE("zeros in front of an older volume override its superblock's copies, but no other file system's") {
  const LoopDisk disk({.size = 320 * MiB});
  tool({"mkfs.ext4", "-q", "-F", disk.device()});
  const std::string backup = disk.read(25 * MiB, 4 * KiB);
  make_btrfs(disk.device(), "old");
  disk.fill(0, 16 * MiB, '\0');
  const SampleRoot root(disk.device());
  CHECK(json(init_storage(root, {"--dry-run", "--json"}), ".state") != "damaged");
  const LoopDisk other({.size = 320 * MiB});
  tool({"mkfs.ext4", "-q", "-F", "-b", "4096", other.device()});
  disk.write(128 * MiB, other.read(128 * MiB, 4 * KiB));
  check_refused(root, disk.device(), {"a backup superblock of ext4"});
}

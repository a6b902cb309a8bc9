// Places where file systems keep copies, and what is recognised there.
#include "plan/remnant.h"

#include <algorithm>

#include "harness/remnants.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::uint64_t kib = 1ULL << 10;
constexpr std::uint64_t mib = 1ULL << 20;
constexpr std::uint64_t gib = 1ULL << 30;

bool looks_at(std::uint64_t size, std::uint64_t offset, std::uint64_t begin = 0) {
  return std::ranges::any_of(remnant_places(size),
                             [&](const RemnantPlace& place) { return place.offset == offset && place.begin == begin; });
}

std::string_view seen(const Sector& sector, std::uint64_t offset, std::uint64_t begin = 0) {
  return remnant_in(sector, {offset, begin});
}

}  // namespace

TEST_CASE(
    "backups of ext2, ext3 and ext4 are looked for in groups of every size, on a device or in a first partition") {
  constexpr std::uint64_t size = 2048 * gib;
  for (const std::uint64_t group : {3U, 5U, 7U, 9U}) CHECK(looks_at(size, group * 8 * mib + kib));
  for (const std::uint64_t group : {1U, 3U, 5U, 7U, 9U}) {
    CAPTURE(group);
    CHECK(looks_at(size, group * 32 * mib));
    CHECK(looks_at(size, group * 128 * mib));
    CHECK(looks_at(size, group * 32 * gib));
    CHECK(looks_at(size, mib + group * 128 * mib, mib));
    CHECK(looks_at(size, 63 * 512 + group * 128 * mib, 63 * 512));
  }
}

TEST_CASE("superblocks of XFS are looked for where mkfs.xfs puts its allocation groups") {
  CHECK(looks_at(300 * mib, 75 * mib));
  CHECK(looks_at(300 * mib, 225 * mib));
  CHECK(looks_at(gib + 512, 256 * mib));
  CHECK(looks_at(gib + 8 * kib, 256 * mib + 4 * kib));  // the number of blocks is no multiple of four
  CHECK(looks_at(gib + kib, 256 * mib + 512));          // blocks of 512 bytes
  CHECK(looks_at(512 * mib, 64 * mib));                 // of eight groups
  CHECK(looks_at(8192 * gib, 1024 * gib - 4 * kib));
  CHECK(looks_at(gib, mib + 1023 * mib / 4, mib));
  CHECK(looks_at(gib, mib + 1022 * mib / 4, mib));
  CHECK(looks_at(2048 * gib, 100 * mib));  // one that has grown, or with groups of somebody's own size
  CHECK(looks_at(2048 * gib, 641 * mib, mib));
}

TEST_CASE("all places lie behind the head and on the device, and are few") {
  for (const std::uint64_t size : {mib, 3 * mib, 16 * mib, 17 * mib, 100 * mib + 512, 2048 * gib, 65536 * gib}) {
    CAPTURE(size);
    const auto places = remnant_places(size);
    CHECK(places.size() < 2600);
    for (const RemnantPlace& place : places) {
      CHECK(place.offset >= blank_head);
      CHECK(place.offset + remnant_size <= size);
      CHECK(place.begin < place.offset);
    }
  }
  CHECK(remnant_places(16 * mib).empty());
}

TEST_CASE("a backup of ext4 is one only where it says that it stands") {
  const Sector backup = ext4_backup({});
  CHECK(seen(backup, 128 * mib) == "a backup superblock of ext4");
  CHECK(seen(backup, 128 * mib + kib) == "");
  CHECK(seen(backup, 384 * mib) == "");
  CHECK(seen(backup, 129 * mib, mib) == "a backup superblock of ext4");
  CHECK(seen(ext4_backup({.group = 0}), 0) == "");
  const Sector small = ext4_backup({.group = 3, .blocks_per_group = 8192, .log_block_size = 0, .first_block = 1});
  CHECK(seen(small, 24 * mib + kib) == "a backup superblock of ext4");
  CHECK(seen(ext4_backup({.log_block_size = 40}), 128 * mib) == "");
}

TEST_CASE("a superblock of XFS is one only at the beginning of one of its groups") {
  const Sector second = xfs_superblock({.group_blocks = 19200});
  CHECK(seen(second, 75 * mib) == "a secondary superblock of XFS");
  CHECK(seen(second, 225 * mib) == "a secondary superblock of XFS");
  CHECK(seen(second, 76 * mib, mib) == "a secondary superblock of XFS");
  CHECK(seen(second, 300 * mib) == "");
  CHECK(seen(second, 76 * mib) == "");
  CHECK(seen(xfs_superblock({.group_blocks = 0}), 75 * mib) == "");
  CHECK(seen(xfs_superblock({.block_size = 0, .group_blocks = 19200}), 75 * mib) == "");
}

TEST_CASE("what stands at the end of a device or partition, and replicas, are recognised") {
  CHECK(seen(ntfs_boot_sector(2047), 2047 * 512) == "the backup of an NTFS boot sector");
  CHECK(seen(ntfs_boot_sector(255, 4096), 255 * 4096) == "the backup of an NTFS boot sector");
  CHECK(seen(ntfs_boot_sector(2047), 1023 * 512) == "the backup of an NTFS boot sector");
  CHECK(seen(ntfs_boot_sector(1ULL << 50), 2047 * 512) == "");
  CHECK(seen(ntfs_boot_sector(2047, 0), 2047 * 512) == "");
  CHECK(seen(sector_with(0, "bluestore block device\n"), gib) == "a replica of a Ceph BlueStore label");
  CHECK(seen(sector_with(0, "OCFSV2"), 4 * gib) == "a backup superblock of OCFS2");
  CHECK(seen(sector_with(0, std::string_view("\xfc\x4e\x2b\xa9\1\0\0\0", 8)), gib) == "a superblock of Linux md");
  CHECK(seen(sector_with(4, " LVM2 x[5A%r0N*>"), gib) == "metadata of an LVM physical volume");
  Sector hfs_plus = sector_with(0, std::string_view("H+\0\4", 4));
  CHECK(seen(hfs_plus, gib - kib) == "");
  hfs_plus[42] = std::byte{0x10};  // blocks of 4096 bytes
  CHECK(seen(hfs_plus, gib - kib) == "the alternate volume header of HFS+");
}

TEST_CASE("an anchor of UDF is one with the right checksum on the block that it names") {
  Sector anchor{};
  anchor[0] = std::byte{2};
  anchor[2] = std::byte{3};
  anchor[4] = std::byte{(2 + 3 + 0xff + 0x7f) % 256};
  anchor[12] = std::byte{0xff};
  anchor[13] = std::byte{0x7f};
  CHECK(seen(anchor, 0x7fffULL * 2048) == "the last anchor of a UDF volume");
  CHECK(seen(anchor, 0x7fffULL * 2048 + 512) == "");
  anchor[4] = std::byte{0};
  CHECK(seen(anchor, 0x7fffULL * 2048) == "");
  CHECK(seen(Sector{}, gib) == "");
}

}  // namespace aimee::test

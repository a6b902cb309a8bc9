// Places and recognisers of remnants; pure.
#include "plan/remnant.h"

#include <cstring>

#include "base/bytes.h"

namespace aimee {

namespace {

constexpr std::uint64_t kib = 1ULL << 10;
constexpr std::uint64_t mib = 1ULL << 20;
constexpr std::uint64_t gib = 1ULL << 30;

using Places = std::vector<RemnantPlace>;
using Bytes = std::span<const std::byte, remnant_size>;

bool has(Bytes bytes, std::size_t at, std::string_view magic) {
  return std::memcmp(bytes.data() + at, magic.data(), magic.size()) == 0;
}

bool is_power_of_two(std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  return value >= least && value <= most && (value & (value - 1)) == 0;
}

// Backups stand in the groups whose numbers are powers of 3, 5 and 7 (sparse_super), in all of them, or in the first
// and the last. A group has eight times as many blocks as a block has bytes, or clusters (bigalloc). Source: kernel
// Documentation/filesystems/ext4/super.rst and group_descr.rst.
void add_ext(Places& places, std::uint64_t begin, std::uint64_t largest_group) {
  for (std::uint64_t group = 8 * mib; group <= largest_group; group *= 2) {
    for (const std::uint64_t number : {1U, 3U, 5U, 7U, 9U}) {
      places.push_back({begin + number * group + (group == 8 * mib ? kib : 0), begin});
    }
  }
}

// It says which group it belongs to, and how large groups are.
bool is_ext(Bytes bytes, const RemnantPlace& place) {
  if (little_endian<2>(bytes, 0x38) != 0xef53) return false;
  const std::uint64_t log_block_size = little_endian<4>(bytes, 0x18);
  const std::uint64_t group = little_endian<2>(bytes, 0x5a);
  if (log_block_size > 6 || group == 0) return false;
  const std::uint64_t block = group * little_endian<4>(bytes, 0x20) + little_endian<4>(bytes, 0x14);
  return block << (10 + log_block_size) == place.offset - place.begin;
}

std::string_view ext_name(Bytes bytes) {
  constexpr std::uint64_t journal = 0x4;
  constexpr std::uint64_t only_ext4 = 0x40 | 0x80 | 0x200;  // extents, 64bit, flex_bg
  if ((little_endian<4>(bytes, 0x60) & only_ext4) != 0) return "a backup superblock of ext4";
  return (little_endian<4>(bytes, 0x5c) & journal) != 0 ? "a backup superblock of ext3" : "a backup superblock of ext2";
}

// Each allocation group begins with a superblock. mkfs.xfs makes 4 of equal size below 4 TiB and some more on arrays,
// with small block sizes, or for many processors; above that of 1 TiB. Source: xfsprogs, calc_default_ag_geometry().
void add_xfs(Places& places, std::uint64_t begin, std::uint64_t length, std::uint64_t most_groups) {
  const auto add = [&](std::uint64_t groups, std::uint64_t block_size) {
    const std::uint64_t blocks = length / block_size;
    const std::uint64_t group = (blocks + groups - 1) / groups * block_size;
    places.push_back({begin + group, begin});
    places.push_back({begin + (groups - 1) * group, begin});
  };
  for (std::uint64_t groups = 2; groups <= most_groups; ++groups) add(groups, 4 * kib);
  for (std::uint64_t block_size = 512; block_size <= 64 * kib; block_size *= 2) add(4, block_size);
  places.push_back({begin + (1024 * gib - 512) / (4 * kib) * (4 * kib), begin});
}

// XFS that has grown, or was made with sizes of somebody's own: a group is whole MiB as a rule.
void add_xfs_of_any_size(Places& places) {
  for (std::uint64_t place = blank_head; place < gib; place += mib) {
    for (const std::uint64_t begin : {std::uint64_t{0}, mib}) places.push_back({place, begin});
  }
}

bool is_xfs(Bytes bytes, const RemnantPlace& place) {
  if (!has(bytes, 0, "XFSB")) return false;
  const std::uint64_t block_size = big_endian<4>(bytes, 4);
  const std::uint64_t group = big_endian<4>(bytes, 84) * block_size;
  const std::uint64_t distance = place.offset - place.begin;
  if (!is_power_of_two(block_size, 512, 64 * kib) || group == 0 || distance % group != 0) return false;
  return distance / group < big_endian<4>(bytes, 88);
}

// The backup stands behind the last sector of the volume; very old ones have it in the middle.
bool is_ntfs(Bytes bytes, const RemnantPlace& place) {
  if (!has(bytes, 3, "NTFS    ") || !has(bytes, 510, "\x55\xaa")) return false;
  const std::uint64_t sector_size = little_endian<2>(bytes, 11);
  if (!is_power_of_two(sector_size, 256, 4 * kib)) return false;
  return little_endian<8>(bytes, 40) / 2 <= place.offset / sector_size;
}

// The alternate volume header, 1024 bytes before the end. Source: Apple Technical Note TN1150.
bool is_hfs_plus(Bytes bytes) {
  constexpr std::string_view hfs_plus("H+\0\4", 4);
  constexpr std::string_view hfsx("HX\0\5", 4);
  return (has(bytes, 0, hfs_plus) || has(bytes, 0, hfsx)) && is_power_of_two(big_endian<4>(bytes, 40), 512, gib);
}

// The last anchor volume descriptor pointer: its tag has a checksum, and says on which block it stands. Source:
// ECMA-167, 3/7.2 and 3/10.2.
bool is_udf(Bytes bytes, const RemnantPlace& place) {
  const std::uint64_t version = little_endian<2>(bytes, 2);
  if (little_endian<2>(bytes, 0) != 2 || version < 2 || version > 3) return false;
  unsigned sum = 0;
  for (std::size_t i = 0; i < 16; ++i) sum += i == 4 ? 0 : std::to_integer<unsigned>(bytes[i]);
  if (sum % 256 != std::to_integer<unsigned>(bytes[4])) return false;
  const std::uint64_t block = little_endian<4>(bytes, 12);
  return block != 0 && place.offset % block == 0 && is_power_of_two(place.offset / block, 512, 4 * kib);
}

}  // namespace

std::vector<RemnantPlace> remnant_places(std::uint64_t size) {
  // sfdisk's and others' first partition, that of DOS, and those behind the firmware of some boards.
  constexpr std::uint64_t starts[] = {mib, 63ULL * 512, 2 * mib, 4 * mib, 8 * mib};
  Places places;
  add_ext(places, 0, 32 * gib);
  for (const std::uint64_t start : starts) add_ext(places, start, 128 * mib);
  add_xfs(places, 0, size, 64);
  for (const std::uint64_t behind : {0U, 1U}) {
    if (size > 3 * mib) add_xfs(places, mib, size - (1 + behind) * mib, 8);
  }
  add_xfs_of_any_size(places);
  for (std::uint64_t label = gib; label <= 1000 * gib; label *= 10) places.push_back({label, 0});  // BlueStore
  for (std::uint64_t copy = gib; copy <= 1024 * gib; copy *= 4) places.push_back({copy, 0});       // OCFS2
  places.push_back({size / 512 / 2 * 512, 0});                                                     // NTFS
  std::erase_if(places, [&](const RemnantPlace& place) {
    return place.offset < blank_head || place.offset + remnant_size > size;
  });
  return places;
}

std::string_view remnant_in(std::span<const std::byte, remnant_size> bytes, const RemnantPlace& place) {
  if (is_ext(bytes, place)) return ext_name(bytes);
  if (is_xfs(bytes, place)) return "a secondary superblock of XFS";
  if (is_ntfs(bytes, place)) return "the backup of an NTFS boot sector";
  if (has(bytes, 0, "bluestore block device\n")) return "a replica of a Ceph BlueStore label";
  if (has(bytes, 0, "OCFSV2")) return "a backup superblock of OCFS2";
  if (has(bytes, 0, std::string_view("\xfc\x4e\x2b\xa9\1\0\0\0", 8))) return "a superblock of Linux md";
  if (has(bytes, 4, " LVM2 x[5A%r0N*>")) return "metadata of an LVM physical volume";
  if (is_hfs_plus(bytes)) return "the alternate volume header of HFS+";
  if (is_udf(bytes, place)) return "the last anchor of a UDF volume";
  return {};
}

}  // namespace aimee

// Parsing of superblocks; pure.
#include "plan/superblock.h"

#include <algorithm>
#include <cstring>

namespace aimee {

namespace {

// Offsets in struct btrfs_super_block; all integers are little-endian.
constexpr std::size_t checksum_at = 0;
constexpr std::size_t checksummed_from = 32;
constexpr std::size_t uuid_at = 32;
constexpr std::size_t address_at = 48;
constexpr std::size_t magic_at = 64;
constexpr std::size_t device_count_at = 136;
constexpr std::size_t checksum_type_at = 196;
constexpr std::size_t label_at = 299;
constexpr std::size_t label_size = 256;

constexpr std::uint64_t real_magic = 0x4D5F53665248425FULL;       // "_BHRfS_M"
constexpr std::uint64_t temporary_magic = 0x4D5F536652484221ULL;  // "!BHRfS_M"
constexpr std::uint64_t checksum_type_crc32c = 0;

template <std::size_t Size>
std::uint64_t little_endian(SuperblockBytes bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = Size; i-- > 0;) value = (value << 8U) | std::to_integer<std::uint64_t>(bytes[at + i]);
  return value;
}

constexpr std::array<std::uint32_t, 256> crc32c_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? (crc >> 1U) ^ 0x82F63B78U : crc >> 1U;
    table[i] = crc;
  }
  return table;
}();

// Checksums of other kinds (xxhash, SHA-256, BLAKE2) are taken to be right: that only ever makes a volume
// look more like somebody's.
bool checksum_matches(SuperblockBytes bytes) {
  if (little_endian<2>(bytes, checksum_type_at) != checksum_type_crc32c) return true;
  return little_endian<4>(bytes, checksum_at) == crc32c(bytes.subspan(checksummed_from));
}

Superblock::Magic magic_of(SuperblockBytes bytes) {
  switch (little_endian<8>(bytes, magic_at)) {
    case real_magic:
      return Superblock::Magic::real;
    case temporary_magic:
      return Superblock::Magic::temporary;
    default:
      return Superblock::Magic::none;
  }
}

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes) {
  std::uint32_t crc = ~0U;
  for (const std::byte byte : bytes) {
    crc = (crc >> 8U) ^ crc32c_table[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xffU];
  }
  return ~crc;
}

Superblock parse_superblock(SuperblockBytes bytes, std::uint64_t offset) {
  Superblock parsed;
  parsed.magic = magic_of(bytes);
  if (parsed.magic == Superblock::Magic::none) return parsed;
  parsed.intact = little_endian<8>(bytes, address_at) == offset && checksum_matches(bytes);
  std::ranges::copy(bytes.subspan<uuid_at, sizeof(Uuid)>(), parsed.uuid.begin());
  const char* label = reinterpret_cast<const char*>(bytes.data()) + label_at;
  parsed.label.assign(label, strnlen(label, label_size));
  parsed.device_count = little_endian<8>(bytes, device_count_at);
  return parsed;
}

}  // namespace aimee

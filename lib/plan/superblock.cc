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
constexpr std::size_t bytes_used_at = 120;
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

template <std::size_t Size>
void put_little_endian(std::span<std::byte, superblock_size> bytes, std::size_t at, std::uint64_t value) {
  for (std::size_t i = 0; i < Size; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
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

// Checksums of other kinds (xxhash, SHA-256, BLAKE2) are taken to be right, which only ever makes a volume look more
// like somebody's, unless all beyond the first sector is gone: an erasure has begun.
bool checksum_matches(SuperblockBytes bytes) {
  if (little_endian<2>(bytes, checksum_type_at) != checksum_type_crc32c) {
    return std::ranges::any_of(bytes.subspan(superblock_atomic_size), [](std::byte b) { return b != std::byte{0}; });
  }
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
  parsed.bytes_used = little_endian<8>(bytes, bytes_used_at);
  return parsed;
}

std::array<std::byte, superblock_size> relabelled(SuperblockBytes bytes, std::uint64_t offset, std::string_view label) {
  std::array<std::byte, superblock_size> made;
  std::ranges::copy(bytes, made.begin());
  put_little_endian<8>(made, address_at, offset);
  const auto room = std::span(made).subspan(label_at, superblock_atomic_size - label_at);
  std::ranges::fill(room, std::byte{0});
  std::ranges::transform(label.substr(0, longest_atomic_label), room.begin(),
                         [](char c) { return static_cast<std::byte>(c); });
  if (little_endian<2>(made, checksum_type_at) == checksum_type_crc32c) {
    put_little_endian<4>(made, checksum_at, crc32c(std::span(made).subspan(checksummed_from)));
  }
  return made;
}

}  // namespace aimee

// Parsing of superblocks; pure.
#include "plan/superblock.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace aimee {

namespace {

// Offsets in struct btrfs_super_block; all integers are little-endian.
constexpr std::size_t checksum_at = 0;
constexpr std::size_t checksummed_from = 32;
constexpr std::size_t uuid_at = 32;
constexpr std::size_t address_at = 48;
constexpr std::size_t flags_at = 56;
constexpr std::size_t magic_at = 64;
constexpr std::size_t generation_at = 72;
constexpr std::size_t total_bytes_at = 112;
constexpr std::size_t bytes_used_at = 120;
constexpr std::size_t device_count_at = 136;
constexpr std::size_t incompatible_features_at = 188;
constexpr std::size_t checksum_type_at = 196;
constexpr std::size_t device_id_at = 201;
constexpr std::size_t device_total_bytes_at = 209;
constexpr std::size_t label_at = 299;
constexpr std::size_t label_size = 256;

constexpr std::uint64_t real_magic = 0x4D5F53665248425FULL;       // "_BHRfS_M"
constexpr std::uint64_t temporary_magic = 0x4D5F536652484221ULL;  // "!BHRfS_M"
constexpr std::uint64_t checksum_type_crc32c = 0;
constexpr std::uint64_t flag_seeding = 1ULL << 32U;

struct Field {
  std::size_t at;
  std::size_t size;
};

// What two versions of a superblock may differ in when one transaction or log write lies between them.
constexpr Field changed_by_transactions[] = {
    {checksum_at, 32},
    {address_at, 8},                // of the copy
    {generation_at, 8},             // by one at the most
    {80, 24},                       // root, chunk_root, log_root
    {total_bytes_at, 16},           // and bytes_used
    {164, 8},                       // chunk_root_generation
    {incompatible_features_at, 8},  // bits are only ever added
    {198, 3},                       // root_level, chunk_root_level, log_root_level
    {device_total_bytes_at, 16},    // dev_item.total_bytes and bytes_used
    {label_at, label_size},
    {555, 16},    // cache_generation, uuid_tree_generation
    {2859, 672},  // super_roots: four backups of the roots
};

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

bool is_first_sector_alone(SuperblockBytes bytes) {
  return std::ranges::all_of(bytes.subspan(superblock_atomic_size), [](std::byte b) { return b == std::byte{0}; });
}

// Checksums of other kinds (xxhash, SHA-256, BLAKE2) are taken to be right, which only ever makes a volume look more
// like somebody's, unless all beyond the first sector is gone: an erasure has begun.
bool checksum_matches(SuperblockBytes bytes) {
  if (little_endian<2>(bytes, checksum_type_at) != checksum_type_crc32c) return !is_first_sector_alone(bytes);
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

bool differ_only_by_transactions(SuperblockBytes a, SuperblockBytes b) {
  std::size_t same_from = 0;
  const auto same_until = [&](std::size_t end) {
    return std::ranges::equal(a.subspan(same_from, end - same_from), b.subspan(same_from, end - same_from));
  };
  for (const auto& [at, size] : changed_by_transactions) {
    if (!same_until(at)) return false;
    same_from = at + size;
  }
  return same_until(superblock_size);
}

bool includes(std::uint64_t a, std::uint64_t b) { return (a & b) == b; }

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
  parsed.begun = !parsed.intact && is_first_sector_alone(bytes);
  parsed.generation = little_endian<8>(bytes, generation_at);
  parsed.device_count = little_endian<8>(bytes, device_count_at);
  parsed.device_id = little_endian<8>(bytes, device_id_at);
  parsed.bytes_used = little_endian<8>(bytes, bytes_used_at);
  parsed.device_size = little_endian<8>(bytes, device_total_bytes_at);
  parsed.seeding = (little_endian<8>(bytes, flags_at) & flag_seeding) != 0;
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
  return with_checksum(made);
}

std::array<std::byte, superblock_size> with_checksum(SuperblockBytes bytes) {
  std::array<std::byte, superblock_size> made;
  std::ranges::copy(bytes, made.begin());
  if (little_endian<2>(made, checksum_type_at) == checksum_type_crc32c) {
    put_little_endian<4>(made, checksum_at, crc32c(std::span(made).subspan(checksummed_from)));
  }
  return made;
}

bool is_torn_write(SuperblockBytes primary, SuperblockBytes copy, std::uint64_t device_size) {
  if (magic_of(primary) != Superblock::Magic::real || checksum_matches(primary)) return false;
  if (little_endian<2>(primary, checksum_type_at) != checksum_type_crc32c) return false;
  if (little_endian<8>(primary, address_at) != superblock_offsets[0]) return false;
  if (little_endian<8>(copy, address_at) != superblock_offsets[1]) return false;
  const std::uint64_t generation = little_endian<8>(primary, generation_at);
  const std::uint64_t generation_of_copy = little_endian<8>(copy, generation_at);
  if (std::max(generation, generation_of_copy) - std::min(generation, generation_of_copy) > 1) return false;
  const bool alone = little_endian<8>(primary, device_count_at) == 1;
  if (alone && little_endian<8>(primary, total_bytes_at) > device_size) return false;
  if (little_endian<8>(primary, device_total_bytes_at) > device_size) return false;
  const std::uint64_t features = little_endian<8>(primary, incompatible_features_at);
  const std::uint64_t features_of_copy = little_endian<8>(copy, incompatible_features_at);
  if (!includes(features, features_of_copy) && !includes(features_of_copy, features)) return false;
  return differ_only_by_transactions(primary, copy);
}

}  // namespace aimee

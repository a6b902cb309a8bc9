// The btrfs superblock, as far as it tells whose a volume is.
// Source: btrfs on-disk format (kernel include/uapi/linux/btrfs_tree.h, struct btrfs_super_block), and
// btrfs-progs for the temporary magic that mkfs.btrfs writes until it is done.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "plan/volume_mark.h"

namespace aimee {

inline constexpr std::size_t superblock_size = 4096;

// Byte offsets of the superblock and its copies on a device; those beyond its end do not exist.
inline constexpr std::array<std::uint64_t, 3> superblock_offsets = {64ULL << 10, 64ULL << 20, 256ULL << 30};

// Those of them that lie on a device of `size` bytes; the primary first.
constexpr std::span<const std::uint64_t> superblock_offsets_on(std::uint64_t size) {
  std::size_t count = 0;
  while (count < superblock_offsets.size() && superblock_offsets[count] + superblock_size <= size) ++count;
  return std::span(superblock_offsets).first(count);
}

// The superblock's first bytes, with UUID and label, that reach a disk whole or not at all: one sector.
inline constexpr std::size_t superblock_atomic_size = 512;

struct Superblock {
  enum class Magic { none, temporary, real };
  Magic magic = Magic::none;
  bool intact = false;  // its own address and, where the algorithm is crc32c, its checksum are right
  bool begun = false;   // nothing is left of it but its first sector: an erasure has begun
  Uuid uuid{};
  std::string label;
  std::uint64_t generation = 0;
  std::uint64_t device_count = 0;
  std::uint64_t device_id = 0;  // of the device that it stands on: from 1, and 0 while btrfs replaces another by it
  std::uint64_t bytes_used = 0;
  std::uint64_t device_size = 0;  // bytes of this device that belong to the volume
  bool seeding = false;           // other volumes may grow on it: it can only be read

  [[nodiscard]] bool valid() const { return magic == Magic::real && intact; }
};

// A copy from the creation of `volume` that was never told of its commit.
inline bool says_creating(const Superblock& copy, const Uuid& volume) {
  return copy.uuid == volume && label_meaning(copy.label) == LabelMeaning::creating;
}

using SuperblockBytes = std::span<const std::byte, superblock_size>;

// Never fails: bytes that are no superblock have Magic::none.
Superblock parse_superblock(SuperblockBytes bytes, std::uint64_t offset);

// The longest label that ends within the first sector.
inline constexpr std::size_t longest_atomic_label = superblock_atomic_size - 299 - 1;

// The superblock `bytes` with another label and for another place on the device. Nothing beyond the first
// superblock_atomic_size bytes differs; the checksum is right where the algorithm is crc32c. A label longer than
// longest_atomic_label is cut off.
std::array<std::byte, superblock_size> relabelled(SuperblockBytes bytes, std::uint64_t offset, std::string_view label);

// Whether `primary`, whose checksum is wrong, can be what a power cut made of one write of it: sectors of two versions
// that follow each other. It differs from the copy at superblock_offsets[1], which the same write may have torn, in
// nothing but what a transaction changes. The trees of both versions are whole then, so the primary's first sector
// alone decides. Only with crc32c, which mkfs.btrfs takes unless it is told otherwise.
bool is_torn_write(SuperblockBytes primary, SuperblockBytes copy, std::uint64_t device_size);

// The superblock `bytes` with the checksum of what it holds; nothing else differs.
std::array<std::byte, superblock_size> with_checksum(SuperblockBytes bytes);

// CRC-32C (Castagnoli) as btrfs stores it.
std::uint32_t crc32c(std::span<const std::byte> bytes);

}  // namespace aimee

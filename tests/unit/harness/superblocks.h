// Superblocks for the tests: as bytes on a disk, and as parsed ones.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "plan/superblock.h"

namespace aimee::test {

inline constexpr std::string_view real_magic = "_BHRfS_M";
inline constexpr std::string_view temporary_magic = "!BHRfS_M";

inline constexpr std::uint64_t first_copy = 64ULL << 20;
inline constexpr std::uint64_t second_copy = 256ULL << 30;

// 00010203-0405-0607-0809-0a0b0c0d0e0f, and the same bytes marked as ours:
// 00010203-0405-8607-8809-61696d656501.
Uuid plain_uuid();
Uuid our_uuid();
Uuid our_uuid_of_version(unsigned version);
inline constexpr std::string_view plain_uuid_text = "00010203-0405-0607-0809-0a0b0c0d0e0f";
inline constexpr std::string_view our_uuid_text = "00010203-0405-8607-8809-61696d656501";

struct OnDisk {
  Uuid uuid{};
  std::string label;
  std::string_view magic = real_magic;
  std::uint64_t address = superblock_offsets[0];
  std::uint64_t device_count = 1;
  std::uint16_t checksum_type = 0;
  std::uint64_t device_size = 0;
  std::uint64_t device_id = 1;
  std::uint64_t flags = 1;  // written
};

using Block = std::array<std::byte, superblock_size>;

// With a right checksum.
Block block_of(const OnDisk& superblock);
void put_checksum(Block& block);

// A valid superblock, parsed.
Superblock parsed(const Uuid& uuid, std::string_view label);

}  // namespace aimee::test

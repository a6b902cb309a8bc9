// The layout is written down here once more, from the kernel's struct btrfs_super_block, so that a wrong
// offset in the product cannot hide.
#include "harness/superblocks.h"

#include <cstring>
#include <span>

namespace aimee::test {

namespace {

void put(Block& block, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) block[at + i] = static_cast<std::byte>(value >> (8 * i));
}

void put(Block& block, std::size_t at, std::string_view text) { std::memcpy(&block[at], text.data(), text.size()); }

}  // namespace

Uuid plain_uuid() {
  Uuid uuid{};
  for (std::size_t i = 0; i < uuid.size(); ++i) uuid[i] = static_cast<std::byte>(i);
  return uuid;
}

Uuid our_uuid_of_version(unsigned version) {
  Uuid uuid = plain_uuid();
  uuid[6] = std::byte{0x86};
  uuid[8] = std::byte{0x88};
  std::memcpy(&uuid[10], "aimee", 5);
  uuid[15] = static_cast<std::byte>(version);
  return uuid;
}

Uuid our_uuid() { return our_uuid_of_version(1); }

Block block_of(const OnDisk& superblock) {
  Block block{};
  std::memcpy(&block[0x20], superblock.uuid.data(), superblock.uuid.size());
  put(block, 0x30, superblock.address, 8);
  put(block, 0x38, superblock.flags, 8);
  put(block, 0x40, superblock.magic);
  put(block, 0x48, 7, 8);             // generation
  put(block, 0x70, 256ULL << 20, 8);  // total_bytes
  put(block, 0x88, superblock.device_count, 8);
  put(block, 0x90, 4096, 4);   // sectorsize
  put(block, 0x94, 16384, 4);  // nodesize
  put(block, 0xc4, superblock.checksum_type, 2);
  put(block, 0xd1, superblock.device_size, 8);
  put(block, 0xc9, superblock.device_id, 8);
  put(block, 0x12b, superblock.label);
  put_checksum(block);
  return block;
}

void put_checksum(Block& block) { put(block, 0, crc32c(std::span(block).subspan(32)), 4); }

Superblock parsed(const Uuid& uuid, std::string_view label) {
  return {.magic = Superblock::Magic::real,
          .intact = true,
          .uuid = uuid,
          .label = std::string(label),
          .generation = 7,
          .device_count = 1,
          .device_id = 1};
}

}  // namespace aimee::test

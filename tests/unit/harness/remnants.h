// Copies of superblocks as others' file systems keep them, as far as they are recognised.
#pragma once

#include <array>
#include <cstdint>

#include "plan/remnant.h"

namespace aimee::test {

using Sector = std::array<std::byte, remnant_size>;

struct Ext4Backup {
  std::uint16_t group = 1;
  std::uint32_t blocks_per_group = 32768;
  std::uint32_t log_block_size = 2;  // of KiB
  std::uint32_t first_block = 0;
};
Sector ext4_backup(const Ext4Backup& backup);

struct XfsGroup {
  std::uint32_t block_size = 4096;
  std::uint32_t group_blocks = 0;
  std::uint32_t groups = 4;
};
Sector xfs_superblock(const XfsGroup& group);

// Of a volume that ends with the sector.
Sector ntfs_boot_sector(std::uint64_t sectors, std::uint16_t sector_size = 512);

// `bytes` at `at` in a sector of zeros.
Sector sector_with(std::size_t at, std::string_view bytes);

}  // namespace aimee::test

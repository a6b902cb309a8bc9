// The layouts are written down here once more, so that a wrong offset in the product cannot hide.
#include "harness/remnants.h"

#include <cstring>

namespace aimee::test {

namespace {

void put_little(Sector& sector, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) sector[at + i] = static_cast<std::byte>(value >> (8 * i));
}

void put_big(Sector& sector, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) sector[at + i] = static_cast<std::byte>(value >> (24 - 8 * i));
}

}  // namespace

Sector sector_with(std::size_t at, std::string_view bytes) {
  Sector sector{};
  std::memcpy(&sector[at], bytes.data(), bytes.size());
  return sector;
}

Sector ext4_backup(const Ext4Backup& backup) {
  Sector sector = sector_with(56, "\x53\xef");
  put_little(sector, 20, backup.first_block, 4);
  put_little(sector, 24, backup.log_block_size, 4);
  put_little(sector, 32, backup.blocks_per_group, 4);
  put_little(sector, 90, backup.group, 2);
  put_little(sector, 96, 0x40, 4);  // extents
  return sector;
}

Sector xfs_superblock(const XfsGroup& group) {
  Sector sector = sector_with(0, "XFSB");
  put_big(sector, 4, group.block_size);
  put_big(sector, 84, group.group_blocks);
  put_big(sector, 88, group.groups);
  return sector;
}

Sector ntfs_boot_sector(std::uint64_t sectors, std::uint16_t sector_size) {
  Sector sector = sector_with(3, "NTFS    ");
  put_little(sector, 11, sector_size, 2);
  put_little(sector, 40, sectors, 8);
  put_little(sector, 510, 0xaa55, 2);
  return sector;
}

}  // namespace aimee::test

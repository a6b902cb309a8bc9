// Written by hand after the formats' descriptions; libblkid's probes decide whether they are right.
#include "harness/signatures.h"

#include <cstring>
#include <string>

namespace looptest {

namespace {

constexpr std::uint32_t md_magic = 0xa92b4efc;

template <class Number>
void put(std::string& bytes, std::size_t offset, Number value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

// The sum of all 32-bit words, the carries added in.
std::uint32_t md_checksum(const std::string& bytes, std::size_t length) {
  std::uint64_t sum = 0;
  for (std::size_t offset = 0; offset < length; offset += 4) {
    std::uint32_t word;
    std::memcpy(&word, bytes.data() + offset, sizeof word);
    sum += word;
  }
  return static_cast<std::uint32_t>((sum & 0xffffffff) + (sum >> 32));
}

std::string big_endian(std::uint64_t value, std::size_t length) {
  std::string bytes(length, '\0');
  for (std::size_t i = length; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value & 0xff);
  return bytes;
}

std::string xdr_string(const std::string& text) {
  return big_endian(text.size(), 4) + text + std::string((4 - text.size() % 4) % 4, '\0');
}

// One pair: encoded size, decoded size, name, type, number of elements, value.
std::string pair(const std::string& name, std::uint32_t type, const std::string& value) {
  const std::string body = xdr_string(name) + big_endian(type, 4) + big_endian(1, 4) + value;
  return big_endian(body.size() + 8, 4) + big_endian(body.size() + 8, 4) + body;
}

std::string pair(const std::string& name, std::uint64_t value) { return pair(name, 8, big_endian(value, 8)); }

std::string zfs_label() {
  std::string label(256 * KiB, '\0');
  std::string list{"\x01\x01\x00\x00", 4};      // XDR, little-endian host
  list += big_endian(0, 4) + big_endian(1, 4);  // nvlist version and flags
  list += pair("version", 5000) + pair("name", 9, xdr_string("tank")) + pair("state", 0) + pair("txg", 42) +
          pair("pool_guid", 0x1122334455667788) + pair("guid", 0x99aabbccddeeff00) + big_endian(0, 8);
  label.replace(16 * KiB, list.size(), list);
  for (std::size_t number = 0; number < 8; ++number) {
    const std::size_t offset = 128 * KiB + number * KiB;
    put<std::uint64_t>(label, offset, 0x00bab10c);
    put<std::uint64_t>(label, offset + 8, 5000);
    put<std::uint64_t>(label, offset + 16, 42 + number);
  }
  return label;
}

}  // namespace

void write_md_090(const LoopDisk& disk) {
  std::string superblock(4096, '\0');
  const std::uint64_t offset = (disk.size() & ~(64 * KiB - 1)) - 64 * KiB;
  put(superblock, 0, md_magic);
  put(superblock, 8, 90u);
  put(superblock, 20, 0x12345678u);                               // the array's UUID, its first part
  put(superblock, 28, 1u);                                        // RAID 1
  put(superblock, 32, static_cast<std::uint32_t>(offset / KiB));  // of each device
  for (std::size_t field : {36, 40}) put(superblock, field, 2u);  // disks
  put(superblock, 152, md_checksum(superblock, superblock.size()));
  disk.write(offset, superblock);
}

void write_md_1(const LoopDisk& disk, unsigned minor) {
  const std::uint64_t offset = minor == 0 ? (disk.size() & ~(4 * KiB - 1)) - 8 * KiB : minor == 1 ? 0 : 4 * KiB;
  std::string superblock(4096, '\0');
  put(superblock, 0, md_magic);
  put(superblock, 4, 1u);
  superblock.replace(16, 16, random_bytes(16));
  superblock.replace(32, 6, "host:0");
  put(superblock, 72, 1u);  // RAID 1
  put<std::uint64_t>(superblock, 80, disk.size() / 512 - 4096);
  put(superblock, 92, 2u);                                     // disks
  put<std::uint64_t>(superblock, 128, minor == 0 ? 0 : 2048);  // data offset
  put<std::uint64_t>(superblock, 136, disk.size() / 512 - 4096);
  put<std::uint64_t>(superblock, 144, offset / 512);
  superblock.replace(168, 16, random_bytes(16));
  put(superblock, 220, 2u);  // roles listed
  put<std::uint16_t>(superblock, 258, 1);
  put(superblock, 216, md_checksum(superblock, 256 + 2 * 2));
  disk.write(offset, superblock);
}

void write_zfs(const LoopDisk& disk, ZfsLabels where) {
  const std::uint64_t first = where == ZfsLabels::at_start ? 0 : disk.size() - disk.size() % (256 * KiB) - 512 * KiB;
  for (std::uint64_t offset : {first, first + 256 * KiB}) disk.write(offset, zfs_label());
}

}  // namespace looptest

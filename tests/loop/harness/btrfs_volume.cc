// Made with mkfs.btrfs and, where the test needs what no tool writes, by patching superblocks.
#include "harness/btrfs_volume.h"

#include <array>
#include <cstring>

#include "harness/mounted.h"
#include "harness/process.h"

namespace looptest {

namespace {

constexpr std::size_t label_offset = 299;
constexpr std::size_t label_size = 256;

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t remainder = 0xffffffff;
  for (unsigned char byte : bytes) {
    remainder ^= byte;
    for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ ((remainder & 1) ? 0x82f63b78 : 0);
  }
  return ~remainder;
}

std::uint32_t checksum(std::string_view superblock) { return crc32c(superblock.substr(32)); }

template <class Number>
Number number_at(const std::string& bytes, std::size_t offset) {
  Number number{};
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

std::string as_uuid(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace

std::string our_uuid(unsigned char version) {
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>(0x80 | (bytes[6] & 0x0f));
  bytes[8] = static_cast<char>(0x80 | (bytes[8] & 0x3f));
  bytes.replace(10, 5, "aimee");
  bytes[15] = static_cast<char>(version);
  return as_uuid(bytes);
}

Superblock Superblock::at(const std::string& device, std::uint64_t offset) {
  Superblock found(read_at(device, offset, superblock_size));
  found.bytes_.resize(superblock_size);
  return found;
}

bool Superblock::valid() const {
  return magic() == "_BHRfS_M" && number_at<std::uint32_t>(bytes_, 0) == checksum(bytes_);
}

std::string Superblock::uuid() const { return as_uuid(std::string_view(bytes_).substr(32, 16)); }

std::string Superblock::label() const { return bytes_.substr(label_offset, label_size).c_str(); }

std::uint64_t Superblock::generation() const { return number_at<std::uint64_t>(bytes_, 72); }

std::uint32_t Superblock::sector_size() const { return number_at<std::uint32_t>(bytes_, 144); }

Superblock Superblock::with(std::size_t offset, std::string_view bytes) const {
  Superblock changed = *this;
  changed.bytes_.replace(offset, bytes.size(), bytes);
  const std::uint32_t sum = checksum(changed.bytes_);
  std::memcpy(changed.bytes_.data(), &sum, sizeof sum);
  return changed;
}

void make_btrfs(const std::string& device, std::string_view label, const std::string& uuid) {
  Arguments arguments{"mkfs.btrfs", "--quiet", "--force", "--sectorsize", "4096", "--label", std::string(label)};
  if (!uuid.empty()) arguments.insert(arguments.end(), {"--uuid", uuid});
  arguments.push_back(device);
  tool(arguments);
}

void make_ready(const std::string& device, std::string_view content) {
  make_btrfs(device, final_label, our_uuid());
  const Mounted volume(device);
  write_text(volume / "marker", content);
}

bool marker_says(const std::string& device, std::string_view content) {
  const Mounted volume(device, "ro");
  return read_text(volume / "marker") == content;
}

}  // namespace looptest

// btrfs volumes as init-storage may meet them: its own in every state, somebody else's, and broken ones.
//
// The superblock's layout: https://btrfs.readthedocs.io/en/latest/dev/On-disk-format.html#superblock
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/loop_disk.h"

namespace looptest {

constexpr std::uint64_t primary_superblock = 64 * KiB;
constexpr std::uint64_t second_superblock = 64 * MiB;
constexpr std::size_t superblock_size = 4096;

constexpr std::string_view creating_label = "aimee-creating-1";
constexpr std::string_view final_label = "aimee-data";

// A UUID that ends with "aimee" and the format version.
std::string our_uuid(unsigned char version = 1);

class Superblock {
 public:
  explicit Superblock(std::string bytes) : bytes_(std::move(bytes)) {}
  static Superblock at(const std::string& device, std::uint64_t offset);

  bool valid() const;  // magic and checksum
  std::string magic() const { return bytes_.substr(64, 8); }
  std::string uuid() const;  // as text
  std::string label() const;
  std::uint64_t generation() const;
  std::uint32_t sector_size() const;

  Superblock with(std::size_t offset, std::string_view bytes) const;  // the checksum is made to fit
  Superblock with_temporary_magic() const { return with(64, "!BHRfS_M"); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

void make_btrfs(const std::string& device, std::string_view label, const std::string& uuid = "");

// A volume as init-storage leaves it, with `content` in its file "marker".
void make_ready(const std::string& device, std::string_view content = "kept");
// Whether the volume still has it.
bool marker_says(const std::string& device, std::string_view content);

}  // namespace looptest

// One sector, one flush; see the header for what a cut leaves.
#include "effects/superblock_sector.h"

#include <array>
#include <span>

#include "plan/superblock.h"
#include "storage/probe.h"

namespace aimee {

namespace {

Result<> write_sector(const Fd& device, SuperblockBytes bytes, std::uint64_t offset, std::string_view subject) {
  TRY(write_exactly(device, bytes.first(superblock_atomic_size), offset, subject));
  return flush(device, subject);
}

}  // namespace

Result<> write_superblock_label(const Fd& device, std::uint64_t from, std::uint64_t to, std::string_view label,
                                std::string_view subject) {
  std::array<std::byte, superblock_size> bytes;
  TRY(read_exactly(device, bytes, from, subject));
  const auto made = relabelled(bytes, to, label);
  if (from != to) {
    const auto rest = std::span(made).subspan(superblock_atomic_size);
    TRY(write_exactly(device, rest, to + superblock_atomic_size, subject));
    TRY(flush(device, subject));
  }
  return write_sector(device, made, to, subject);
}

Result<> confirm_commit(const Fd& device, std::uint64_t size, std::string_view subject) {
  const Superblock primary = TRY(read_superblock(device, superblock_offsets[0], subject));
  for (const std::uint64_t offset : superblock_offsets_on(size).subspan(1)) {
    const Superblock copy = TRY(read_superblock(device, offset, subject));
    if (!says_creating(copy, primary.uuid)) continue;
    TRY(write_superblock_label(device, offset, offset, primary.label, subject));
  }
  return {};
}

Result<> mend_superblock(const Fd& device, std::string_view subject) {
  std::array<std::byte, superblock_size> bytes;
  TRY(read_exactly(device, bytes, superblock_offsets[0], subject));
  return write_sector(device, with_checksum(bytes), superblock_offsets[0], subject);
}

}  // namespace aimee

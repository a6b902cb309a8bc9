// Probing. Reads the head, the superblock copies, what libblkid looks at and, where there may be any, remnants; writes
// nothing.
#include "storage/probe.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "storage/remnants.h"
#include "storage/signatures.h"

namespace aimee {

namespace {

constexpr std::uint64_t mib = 1ULL << 20;
constexpr std::size_t chunk_size = 64 << 10;

using Buffer = std::vector<std::byte>;

Fill combined(Fill a, Fill b) { return a == b ? a : Fill::data; }

// The first MiB is read whole, what follows as long as it looks unused. libblkid takes what it cannot read for absent,
// so a device on which it shall be believed to see nothing must be readable in its first 4 MiB in any case.
Result<> read_head(const Fd& device, std::uint64_t size, bool has_primary, VolumeFacts& facts) {
  const std::uint64_t needed = has_primary ? mib : 4 * mib;
  Buffer chunk(chunk_size);
  std::optional<Fill> first_mib;
  for (std::uint64_t offset = 0; offset < std::min(blank_head, size); offset += chunk_size) {
    if (offset >= needed && facts.head == Fill::data) break;
    std::span<const std::byte> bytes = std::span(chunk).first(std::min<std::uint64_t>(chunk_size, size - offset));
    TRY(read_exactly(device, std::span(chunk).first(bytes.size()), offset, ""));
    facts.head = offset == 0 ? fill_of(bytes) : combined(facts.head, fill_of(bytes));
    if (offset >= mib) continue;
    if (offset == superblock_offsets[0]) bytes = bytes.subspan(superblock_size);
    first_mib = combined(first_mib.value_or(fill_of(bytes)), fill_of(bytes));
  }
  facts.first_mib = *first_mib;
  return {};
}

Result<> read_superblocks(const Fd& device, std::uint64_t size, VolumeFacts& facts) {
  const auto offsets = superblock_offsets_on(size);
  std::array<std::array<std::byte, superblock_size>, superblock_offsets.size()> blocks;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    TRY(read_exactly(device, blocks[i], offsets[i], ""));
    facts.superblocks[i] = parse_superblock(blocks[i], offsets[i]);
  }
  facts.primary_is_torn = offsets.size() > 1 && is_torn_write(blocks[0], blocks[1], size);
  return {};
}

// The end of a device, which libblkid looks at.
Result<> check_end_is_readable(const Fd& device, std::uint64_t size) {
  Buffer bytes(std::min(mib, size));
  return read_exactly(device, bytes, size - bytes.size(), "");
}

Result<> read_facts(const Fd& device, std::uint64_t size, VolumeFacts& facts) {
  const auto magic = TRY(read_superblock(device, superblock_offsets[0], "")).magic;
  const bool has_primary = magic != Superblock::Magic::none;
  TRY(read_head(device, size, has_primary, facts));
  TRY(read_superblocks(device, size, facts));
  if (!has_primary) {
    TRY(check_end_is_readable(device, size));
    facts.backup_table = TRY(backup_table_sector(device, size)) != 0;
  }
  SeenSignatures seen = read_signatures(device, 0, size, true);
  facts.signatures = std::move(seen.found);
  facts.probe_is_certain = seen.certain;
  if (holds_one_btrfs(facts)) return {};
  auto remnants = find_remnants(device, size);
  // Beside a superblock they are only named, so that the advice how to erase the device is whole.
  if (!remnants && !has_primary) return std::unexpected(std::move(remnants).error());
  if (remnants) facts.remnants = *std::move(remnants);
  return {};
}

}  // namespace

Result<Superblock> read_superblock(const Fd& device, std::uint64_t offset, std::string_view subject) {
  std::array<std::byte, superblock_size> bytes;
  TRY(read_exactly(device, bytes, offset, subject));
  return parse_superblock(bytes, offset);
}

std::optional<Superblock> plainly_ready(const Fd& device, std::uint64_t size) {
  auto primary = read_superblock(device, superblock_offsets[0], "");
  if (!primary || !primary->valid()) return std::nullopt;
  if (mark_version(primary->uuid) != volume_format_version) return std::nullopt;
  if (label_meaning(primary->label) != LabelMeaning::committed) return std::nullopt;
  if (primary->label.starts_with(reset_token_prefix)) return std::nullopt;
  for (const std::uint64_t offset : superblock_offsets_on(size).subspan(1)) {
    const auto copy = read_superblock(device, offset, "");
    if (!copy) return std::nullopt;
    if (says_creating(*copy, primary->uuid)) return std::nullopt;
  }
  return *std::move(primary);
}

VolumeFacts probe_volume(const Fd& device, const DeviceIdentity& identity) {
  VolumeFacts facts;
  facts.device = identity;
  if (const auto read = read_facts(device, identity.size, facts); !read) {
    facts.read_error = read.error().message();
  }
  return facts;
}

}  // namespace aimee

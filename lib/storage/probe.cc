// Probing. Reads the first MiB, the superblock copies and what libblkid looks at; writes nothing.
#include "storage/probe.h"

#include <blkid/blkid.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::uint64_t mib = 1ULL << 20;
constexpr std::size_t chunk_size = 64 << 10;

using Probe = std::unique_ptr<blkid_struct_probe, decltype([](blkid_probe probe) { blkid_free_probe(probe); })>;
using Buffer = std::vector<std::byte>;

Fill fill_of(std::span<const std::byte> bytes) {
  const std::byte first = bytes[0];
  if (first != std::byte{0x00} && first != std::byte{0xff}) return Fill::data;
  if (std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) != 0) return Fill::data;
  return first == std::byte{0x00} ? Fill::zeros : Fill::ones;
}

Fill combined(Fill a, Fill b) { return a == b ? a : Fill::data; }

Result<> read_first_mib(const Fd& device, VolumeFacts& facts) {
  Buffer chunk(chunk_size);
  std::optional<Fill> fill;
  for (std::uint64_t offset = 0; offset < mib; offset += chunk_size) {
    TRY(read_exactly(device, chunk, offset, ""));
    std::span<const std::byte> rest = chunk;
    if (offset == superblock_offsets[0]) {
      facts.superblock_area = fill_of(rest.first(superblock_size));
      rest = rest.subspan(superblock_size);
    }
    fill = combined(fill.value_or(fill_of(rest)), fill_of(rest));
  }
  facts.first_mib = *fill;
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

Result<bool> starts_with_zeros(const Fd& device, std::uint64_t length) {
  Buffer chunk(chunk_size);
  for (std::uint64_t offset = 0; offset < length; offset += chunk_size) {
    TRY(read_exactly(device, chunk, offset, ""));
    if (fill_of(chunk) != Fill::zeros) return false;
  }
  return true;
}

// libblkid takes what it cannot read for absent. It looks at the first few MiB and the end of a device, so a
// device on which it shall be believed to see nothing must be readable there.
Result<> check_readable(const Fd& device, std::uint64_t begin, std::uint64_t end) {
  Buffer chunk(chunk_size);
  for (std::uint64_t offset = begin; offset < end; offset += chunk_size) {
    TRY(read_exactly(device, std::span(chunk).first(std::min<std::uint64_t>(chunk_size, end - offset)), offset, ""));
  }
  return {};
}

// A GPT's backup header stands in the last sector, of 512 or 4096 bytes; without the protective MBR libblkid does
// not look there. Source: UEFI specification, "GPT Header".
Result<bool> has_backup_table(const Fd& device, std::uint64_t size) {
  constexpr std::string_view signature = "EFI PART";
  for (const std::uint64_t sector : {512U, 4096U}) {
    std::array<std::byte, signature.size()> start;
    TRY(read_exactly(device, start, size - sector, ""));
    if (std::memcmp(start.data(), signature.data(), start.size()) == 0) return true;
  }
  return false;
}

Result<> read_facts(const Fd& device, std::uint64_t size, VolumeFacts& facts) {
  TRY(read_first_mib(device, facts));
  TRY(read_superblocks(device, size, facts));
  const bool primary = facts.superblocks[0] && facts.superblocks[0]->magic != Superblock::Magic::none;
  if (!primary) {
    TRY(check_readable(device, mib, std::min(4 * mib, size)));
    TRY(check_readable(device, size - std::min(mib, size), size));
  }
  const bool copies = std::ranges::any_of(facts.superblocks, [](const auto& copy) { return copy && copy->valid(); });
  if (!primary) facts.backup_table = TRY(has_backup_table(device, size));
  if (!primary && (copies || facts.backup_table) && size >= 16 * mib)
    facts.first_16_mib_zero = TRY(starts_with_zeros(device, 16 * mib));
  return {};
}

std::string looked_up(blkid_probe probe, const char* name) {
  const char* value = nullptr;
  if (blkid_probe_lookup_value(probe, name, &value, nullptr) != 0 || value == nullptr) return {};
  return value;
}

// Every signature, one after the other; libblkid's own "safe" probing would stop at the second.
void read_signatures(const Fd& device, VolumeFacts& facts) {
  const Probe probe(blkid_new_probe());
  facts.probe_is_certain = false;
  if (!probe || blkid_probe_set_device(probe.get(), device.get(), 0, 0) != 0) return;
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_BADCSUM);
  blkid_probe_enable_partitions(probe.get(), 1);
  int status = 0;
  while ((status = blkid_do_probe(probe.get())) == 0) {
    std::string type = looked_up(probe.get(), "TYPE");
    if (type.empty()) type = concat(looked_up(probe.get(), "PTTYPE"), " partition table");
    facts.signatures.push_back({std::move(type), looked_up(probe.get(), "LABEL")});
  }
  facts.probe_is_certain = status == 1;  // 1 = nothing more; negative = an error
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
    return facts;
  }
  read_signatures(device, facts);
  return facts;
}

}  // namespace aimee

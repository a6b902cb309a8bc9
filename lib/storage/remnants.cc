// Reads only; a place that cannot be read is a failure, since what may stand there is not known.
#include "storage/remnants.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "storage/signatures.h"

namespace aimee {

namespace {

constexpr std::uint64_t mib = 1ULL << 20;
constexpr std::uint64_t tail = 2 * mib;  // bytes; partitions end as far before the end of a disk

using Sector = std::array<std::byte, remnant_size>;

// One search. After the first place that cannot be read it finds nothing more.
class Search {
 public:
  Search(const Fd& device, std::uint64_t size) : device_(device), size_(size) {}

  void look_at_places() {
    Sector sector;
    std::optional<std::uint64_t> at;
    for (const RemnantPlace& place : remnant_places(size_)) {
      if (at != place.offset && !read(sector, place.offset)) return;
      at = place.offset;
      note(remnant_in(sector, place), place.offset);
    }
  }

  void look_at_tail() {
    const std::uint64_t behind_head = size_ - std::min(blank_head, size_);
    std::vector<std::byte> bytes(std::min(tail, behind_head) / remnant_size * remnant_size);
    const std::uint64_t begin = size_ - bytes.size();
    if (!read(bytes, begin)) return;
    for (std::size_t at = 0; at < bytes.size(); at += remnant_size) {
      note(remnant_in(std::span(bytes).subspan(at).first<remnant_size>(), {begin + at, 0}), begin + at);
    }
  }

  void look_at_partition(std::uint64_t begin, std::uint64_t end) {
    if (begin < blank_head || begin >= end || end > size_) return;
    for (const Signature& signature : read_signatures(device_, begin, end - begin, false).found) {
      note(signature.type, signature.offset.value_or(begin));
    }
  }

  // Those that a backup GPT tells. Its checksums do not matter: what is looked for is in the partitions.
  void look_at_listed_partitions(std::uint64_t sector_size) {
    constexpr std::uint64_t most = 128;
    Sector header;
    if (!read(header, size_ - sector_size)) return;
    const std::uint64_t entries = little_endian<8>(header, 72);
    const std::uint64_t count = std::min(little_endian<4>(header, 80), most);
    const std::uint64_t entry_size = little_endian<4>(header, 84);
    const std::uint64_t sectors = size_ / sector_size;
    std::array<std::byte, 48> entry;
    for (std::uint64_t i = 0; entries < sectors && i < count; ++i) {
      const std::uint64_t at = entries * sector_size + i * entry_size;
      if (at + entry.size() > size_ || !read(entry, at)) return;
      const std::uint64_t last = std::min(little_endian<8>(entry, 40), sectors - 1);
      const std::uint64_t first = std::min(little_endian<8>(entry, 32), sectors);
      look_at_partition(first * sector_size, (last + 1) * sector_size);
    }
  }

  Result<Remnants> result() && {
    if (!readable_) return std::unexpected(std::move(readable_).error());
    return std::move(found_);
  }

 private:
  bool read(std::span<std::byte> bytes, std::uint64_t offset) {
    if (readable_) readable_ = read_exactly(device_, bytes, offset, "");
    return readable_.has_value();
  }

  void note(std::string_view what, std::uint64_t offset) {
    if (what.empty()) return;
    if (found_.empty()) found_.first = concat(what, " at ", human_size(offset));
    offset -= offset % remnant_size;
    if (std::ranges::find(found_.offsets, offset) == found_.offsets.end()) found_.offsets.push_back(offset);
  }

  const Fd& device_;
  std::uint64_t size_;
  Result<> readable_;
  Remnants found_;
};

}  // namespace

Result<Remnants> find_remnants(const Fd& device, std::uint64_t size) {
  Search search(device, size);
  search.look_at_places();
  search.look_at_tail();
  for (const std::uint64_t start : partition_starts) search.look_at_partition(start, size);
  if (const auto sector_size = backup_table_sector(device, size); sector_size && *sector_size != 0) {
    search.look_at_listed_partitions(*sector_size);
  }
  return std::move(search).result();
}

Result<std::uint64_t> backup_table_sector(const Fd& device, std::uint64_t size) {
  constexpr std::string_view signature = "EFI PART";
  for (const std::uint64_t sector_size : {512U, 4096U}) {
    std::array<std::byte, signature.size()> start;
    TRY(read_exactly(device, start, size - sector_size, ""));
    if (std::memcmp(start.data(), signature.data(), start.size()) == 0) return sector_size;
  }
  return 0;
}

}  // namespace aimee

// Erasing; see the header for what a cut leaves.
#include "effects/erase.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "base/bytes.h"
#include "base/text.h"
#include "plan/remnant.h"
#include "plan/superblock.h"
#include "storage/probe.h"
#include "storage/remnants.h"

namespace aimee {

namespace {

constexpr std::uint64_t mib = 1ULL << 20;
constexpr std::uint64_t discard_step = 1ULL << 30;  // bytes an ioctl, so that ^C and progress get a turn
constexpr std::size_t step = 1 << 20;               // bytes
constexpr std::uint64_t quick_head = blank_head;
constexpr std::uint64_t quick_tail = 2 * mib;  // bytes; the end is where md, ZFS, GPT and others keep theirs

// A GPT's header is one sector, of 512 or 4096 bytes, and 16 KiB of entries stand before it.
constexpr std::uint64_t backup_table_size = 20ULL << 10;

using Buffer = std::unique_ptr<std::array<std::byte, step>>;

struct Area {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// All that has to read as zeros before the first sector of the primary superblock goes.
std::vector<Area> areas_of(const Fd& device, std::uint64_t size, bool quick) {
  constexpr std::uint64_t token = superblock_offsets[0];
  std::vector<Area> areas = {{0, token}};
  if (!quick) {
    areas.push_back({token + superblock_atomic_size, size});
    return areas;
  }
  const std::uint64_t head = std::min(quick_head, size);
  areas.push_back({token + superblock_atomic_size, head});
  for (const std::uint64_t offset : superblock_offsets_on(size).subspan(1)) {
    if (offset >= head) areas.push_back({offset, offset + superblock_size});
  }
  if (const auto remnants = find_remnants(device, size)) {
    for (const std::uint64_t offset : remnants->offsets) areas.push_back({offset, offset + remnant_size});
  }
  areas.push_back({std::max(size - std::min(quick_tail, size), head), size});
  return areas;
}

std::uint64_t length_of(const std::vector<Area>& areas) {
  std::uint64_t length = 0;
  for (const Area& area : areas) length += area.end - area.begin;
  return length;
}

// Calls work(part, offset) for the areas, in parts that end at each MiB.
Result<> for_each_part(const std::vector<Area>& areas, std::span<std::byte> buffer, Progress& progress, auto work) {
  for (const Area& area : areas) {
    for (std::uint64_t offset = area.begin; offset < area.end;) {
      const auto part = buffer.first(std::min<std::uint64_t>(step - offset % step, area.end - offset));
      TRY(work(part, offset));
      offset += part.size();
      progress.advance(part.size());
    }
  }
  return {};
}

// A block that cannot be read is overwritten too: the device may put another in its place.
Result<> overwrite(const Fd& device, const std::vector<Area>& areas, std::string_view subject, Progress& progress,
                   Erasure& erasure) {
  progress.begin("overwriting with zeros", length_of(areas));
  const Buffer buffer(new std::array<std::byte, step>);
  TRY(for_each_part(areas, *buffer, progress, [&](std::span<std::byte> part, std::uint64_t offset) -> Result<> {
    Result<> read = read_exactly(device, part, offset, subject);
    if (!read && read.error().code != EIO) return read;
    if (read && is_zero(part)) return {};
    std::ranges::fill(part, std::byte{0});
    erasure.overwritten += part.size();
    return write_exactly(device, part, offset, subject);
  }));
  return flush(device, subject);
}

Result<> empty_page_cache(const Fd& device, std::string_view subject) {
  if (ioctl(device.get(), BLKFLSBUF) != 0) return failure(subject, "empty the page cache");
  return {};
}

Result<> read_back(const Fd& device, const std::vector<Area>& areas, std::string_view subject, Progress& progress,
                   Erasure& erasure) {
  TRY(empty_page_cache(device, subject));
  progress.begin("reading back", length_of(areas));
  const Buffer buffer(new std::array<std::byte, step>);
  return for_each_part(areas, *buffer, progress, [&](std::span<std::byte> part, std::uint64_t offset) -> Result<> {
    TRY(read_exactly(device, part, offset, subject));
    if (!is_zero(part)) return failure(subject, concat("is not erased: data read back at byte ", offset), EIO);
    erasure.read_back += part.size();
    return {};
  });
}

Result<> write_zeros(const Fd& device, std::uint64_t begin, std::uint64_t end, std::string_view subject) {
  const std::array<std::byte, superblock_size> zeros{};
  TRY(write_exactly(device, std::span(zeros).first(end - begin), begin, subject));
  return flush(device, subject);
}

Result<> prove_blank(const Fd& device, std::uint64_t size, std::string_view subject) {
  TRY(empty_page_cache(device, subject));
  const VolumeState volume = classify(probe_volume(device, {size, {}}));
  if (volume.state == State::blank && volume.old_copies.empty() && !volume.old_table) return {};
  return failure(subject, concat("is not blank after it was erased: it ", volume.found), 0);
}

// All but the first sector of the primary superblock.
Result<Erasure> erase_but_first_sector(const Fd& device, std::uint64_t size, bool quick, const std::string& subject,
                                       Progress& progress) {
  constexpr std::uint64_t primary = superblock_offsets[0];
  const auto copies = superblock_offsets_on(size).subspan(1);
  const std::vector<Area> areas = areas_of(device, size, quick);
  Erasure erasure{.device = subject, .quick = quick};
  TRY(erase_superblock_copies(device, {copies.begin(), copies.end()}, subject));
  TRY(write_zeros(device, primary + superblock_atomic_size, primary + superblock_size, subject));
  progress.begin("discarding");
  erasure.discarded = TRY(discard_from(device, mib, size, subject, progress));
  TRY(overwrite(device, areas, subject, progress, erasure));
  TRY(read_back(device, areas, subject, progress, erasure));
  return erasure;
}

}  // namespace

Result<> erase_superblock_copies(const Fd& device, const std::vector<std::uint64_t>& offsets,
                                 std::string_view subject) {
  const std::array<std::byte, superblock_size> zeros{};
  for (const std::uint64_t offset : offsets) TRY(write_exactly(device, zeros, offset, subject));
  return flush(device, subject);
}

Result<> erase_backup_table(const Fd& device, std::uint64_t size, std::string_view subject) {
  const std::vector<std::byte> zeros(backup_table_size);
  TRY(write_exactly(device, zeros, size - zeros.size(), subject));
  return flush(device, subject);
}

Result<bool> discard_from(const Fd& device, std::uint64_t begin, std::uint64_t size, std::string_view subject,
                          Progress& progress) {
  for (std::uint64_t offset = begin; offset < size; offset += discard_step) {
    std::uint64_t range[2] = {offset, std::min(discard_step, size - offset)};
    if (ioctl(device.get(), BLKDISCARD, range) != 0) {
      if (errno == ENODEV || errno == ENXIO) return failure(subject, "discard");
      return false;
    }
    progress.tick();
  }
  return true;
}

Result<std::vector<Erasure>> erase_volume(const std::vector<VolumeDevice>& devices, const std::vector<Fd>& opened,
                                          bool quick, Progress& progress) {
  constexpr std::uint64_t primary = superblock_offsets[0];
  std::vector<Erasure> erasures;
  erasures.reserve(devices.size());
  for (std::size_t i = 0; i < devices.size(); ++i) {
    erasures.push_back(
        TRY(erase_but_first_sector(opened[i], devices[i].identity.size, quick, devices[i].device, progress)));
  }
  for (std::size_t i = 0; i < devices.size(); ++i) {
    TRY(write_zeros(opened[i], primary, primary + superblock_atomic_size, devices[i].device));
    TRY(prove_blank(opened[i], devices[i].identity.size, devices[i].device));
    erasures[i].read_back += superblock_atomic_size;  // by the probe
  }
  return erasures;
}

std::string proof_of(const Erasure& erasure) {
  std::string text = concat("read back ", human_size(erasure.read_back), ": zeros; no signature, no superblock copy");
  if (erasure.quick) {
    text += erasure.discarded ? "; the rest was discarded and not overwritten (--quick)"
                              : "; the rest keeps its data: the device cannot discard, and --quick does not overwrite";
  }
  return text;
}

std::string flash_notice(bool can_discard) {
  return concat(
      "on flash, overwriting reaches only the blocks that the device shows at present; those that its controller has "
      "put aside keep their old data until it erases them, which only its own discard or secure erase asks for; this "
      "device ",
      can_discard ? "has discard" : "has no discard");
}

}  // namespace aimee

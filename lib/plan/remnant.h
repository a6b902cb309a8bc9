// What is left of a file system whose beginning is gone: the copies that many keep of what identifies them, deep on
// the device. Pure; storage/remnants.h reads them.
//
// Only what says itself that it belongs where it stands is taken for one, so that the content of some file is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aimee {

// A device whose first bytes, so many, are all 0x00 or all 0xFF (all of it, where it is smaller) looks unused.
inline constexpr std::uint64_t blank_head = 16ULL << 20;

// All that recognises a remnant stands in the first so many bytes of it. Zeros over them take it away.
inline constexpr std::size_t remnant_size = 512;

// Those that were found on a device.
struct Remnants {
  std::string first;                   // "a backup superblock of ext4 at 128 MiB"
  std::vector<std::uint64_t> offsets;  // bytes; of all of them

  [[nodiscard]] bool empty() const { return offsets.empty(); }
};

// Where a file system that begins at byte `begin` would keep a copy.
struct RemnantPlace {
  std::uint64_t offset = 0;
  std::uint64_t begin = 0;
};

// Those on a device of `size` bytes that lie behind its head: of file systems on the whole of it, and on a partition
// that begins where the first one usually does.
std::vector<RemnantPlace> remnant_places(std::uint64_t size);

// What the bytes at this place are: "a backup superblock of ext4"; empty where they are no remnant. For copies at the
// end of a device or partition `begin` does not matter.
std::string_view remnant_in(std::span<const std::byte, remnant_size> bytes, const RemnantPlace& place);

// Where a first partition often begins that does not begin within the head: bytes. Factory-made SD cards, boards whose
// firmware stands in front of it, and disks with Windows' reserved partition have it there.
inline constexpr std::uint64_t partition_starts[] = {16ULL << 20, 17ULL << 20,  32ULL << 20, 33ULL << 20,
                                                     64ULL << 20, 128ULL << 20, 129ULL << 20};

}  // namespace aimee

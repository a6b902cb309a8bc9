// Erasing. Every function checks nothing about what it erases: the plan has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "effects/progress.h"
#include "system/fd.h"

namespace aimee {

// Overwrites 4 KiB at each offset with zeros and empties the device's cache.
Result<> erase_superblock_copies(const Fd& device, const std::vector<std::uint64_t>& offsets, std::string_view subject);

// Overwrites a backup GPT, its header and its entries, at the end of a device of `size` bytes, and empties the device's
// cache.
Result<> erase_backup_table(const Fd& device, std::uint64_t size, std::string_view subject);

// Discards everything from `begin` (bytes) to the device's end where the device can; whether it could.
Result<bool> discard_from(const Fd& device, std::uint64_t begin, std::uint64_t size, std::string_view subject,
                          Progress& progress);

struct ErasureTarget {
  std::uint64_t size = 0;  // bytes; the device's
  // Overwrite nothing but the first 16 MiB, the last two and the places of superblocks, the owner's files' own too
  // where they would be taken for somebody's.
  bool quick = false;
};

// What an erasure did and proved.
struct Erasure {
  std::uint64_t overwritten = 0;  // bytes that did not read as zeros after the discard
  std::uint64_t read_back = 0;    // bytes that were read from the device at the end, zeros all of them
  bool discarded = false;         // the device took the discard
  bool quick = false;
};

// Erases a whole volume, in this order: the superblock's copies; the primary superblock but its first sector (from
// here on nothing mounts the volume); a discard; zeros over whatever does not read as zero; a read-back past the
// page cache that proves it; the primary superblock's first sector (label, and with it the reset token). A cut
// anywhere before that last write leaves the token, so that the next run starts over. Then a probe has to say blank.
// Failed: an I/O error, bytes that do not read back as zero, a probe that finds something.
Result<Erasure> erase_volume(const Fd& device, const ErasureTarget& target, std::string_view subject,
                             Progress& progress);

// "read back 600 MiB: zeros; no signature, no superblock copy"
std::string proof_of(const Erasure& erasure);

// What overwriting can and cannot promise of a device that remaps its blocks; `can_discard` as the device says.
std::string flash_notice(bool can_discard);

}  // namespace aimee

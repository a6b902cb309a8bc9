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
#include "plan/volume_devices.h"
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

// What an erasure did to one device and proved.
struct Erasure {
  std::string device;
  std::uint64_t overwritten = 0;  // bytes that did not read as zeros after the discard
  std::uint64_t read_back = 0;    // bytes that were read from the device at the end, zeros all of them
  bool discarded = false;         // the device took the discard
  bool quick = false;
};

// Erases all devices of a volume, which are open as `opened`; the last of them is the one with the reset token. On each
// in turn: the superblock's copies; the primary superblock but its first sector (from here on nothing mounts the
// volume); a discard; zeros over whatever does not read as zero; a read-back past the page cache that proves it. Then,
// in the same order, the primary superblocks' first sectors, with the token last; after each a probe has to say blank.
// A cut anywhere before that last write leaves the token, so that the next run starts over; and when the token's device
// has lost all but its first sector, nothing is left on the others. `quick`: overwrite nothing but the first 16 MiB,
// the last two and the places of superblocks, the owner's files' own too where they would be taken for somebody's.
// Failed: an I/O error, bytes that do not read back as zero, a probe that finds something.
Result<std::vector<Erasure>> erase_volume(const std::vector<VolumeDevice>& devices, const std::vector<Fd>& opened,
                                          bool quick, Progress& progress);

// "read back 600 MiB: zeros; no signature, no superblock copy"
std::string proof_of(const Erasure& erasure);

// What overwriting can and cannot promise of a device that remaps its blocks; `can_discard` as the device says.
std::string flash_notice(bool can_discard);

}  // namespace aimee

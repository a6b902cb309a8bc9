// Erasing. Every function checks nothing about what it erases: the plan has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "effects/progress.h"
#include "system/fd.h"

namespace aimee {

bool is_zero(std::span<const std::byte> bytes);

// Overwrites 4 KiB at each offset with zeros and empties the device's cache.
Result<> erase_superblock_copies(const Fd& device, const std::vector<std::uint64_t>& offsets, std::string_view subject);

// Discards everything from `begin` (bytes) to the device's end where the device can; where it cannot, that is
// no error.
Result<> discard_from(const Fd& device, std::uint64_t begin, std::uint64_t size, std::string_view subject,
                      Progress& progress);

// Erases a whole volume of `size` bytes: the superblock's copies, a discard, zeros over whatever does not read
// as zero, a read-back past the page cache that proves it, and the primary superblock (label, and with it the
// reset token) last. A cut anywhere before that last step leaves the token, so that the next run starts over.
// Failed: an I/O error, or bytes that do not read back as zero.
Result<> erase_volume(const Fd& device, std::uint64_t size, std::string_view subject, Progress& progress);

}  // namespace aimee

// Changes of a superblock whose volume is not mounted, which take effect with its first sector: a cut leaves the whole
// old one or the whole new one. The caller has the device exclusively.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

// Makes the superblock at byte `to` say what the one at byte `from` says, with `label`, and empties the device's cache.
// Of the superblock at `from` itself only the first 512 bytes are written; of another one those come last, so that a
// first sector that is alone tells an erasure that has begun.
Result<> write_superblock_label(const Fd& device, std::uint64_t from, std::uint64_t to, std::string_view label,
                                std::string_view subject);

// Copies that still say "creating" get the primary superblock's label, each flushed. For btrfs it is no failure when a
// copy cannot be written; but such a copy would speak against the volume, once the primary is torn.
Result<> confirm_commit(const Fd& device, std::uint64_t size, std::string_view subject);

// Gives the primary superblock the checksum of what it holds.
Result<> mend_superblock(const Fd& device, std::string_view subject);

}  // namespace aimee

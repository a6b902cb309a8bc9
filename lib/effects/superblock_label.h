// The label of a volume that is not mounted, written straight into its superblock: one sector, so that a cut leaves
// the whole old label or the whole new one.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

// Makes the superblock at byte `to` say what the one at byte `from` says, with `label`. Only its first 512 bytes are
// written, and the device's cache is emptied. The caller has the device exclusively.
Result<> write_superblock_label(const Fd& device, std::uint64_t from, std::uint64_t to, std::string_view label,
                                std::string_view subject);

}  // namespace aimee

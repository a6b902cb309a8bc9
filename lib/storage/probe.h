// Read-only probing of a volume: the facts from which its state is decided.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "plan/volume_state.h"
#include "system/fd.h"

namespace aimee {

// The everyday boot: the superblock if it is ours and committed and no copy says otherwise. Two reads of 4 KiB
// (three on devices larger than 256 GiB). None means only that the whole probe must decide.
std::optional<Superblock> plainly_ready(const Fd& device, std::uint64_t size);

// Everything that classify() wants to know. A block that cannot be read is a fact, not an error.
VolumeFacts probe_volume(const Fd& device, const DeviceIdentity& identity);

// The primary superblock. Failed: it cannot be read.
Result<Superblock> read_superblock(const Fd& device, std::uint64_t offset, std::string_view subject);

}  // namespace aimee

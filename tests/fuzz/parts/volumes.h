// Superblocks and the facts of a probe, made of an input: every field that decides about a volume's state is chosen
// among the values that matter, or is the input's own.
#pragma once

#include "harness/superblocks.h"
#include "parts/input.h"
#include "plan/volume_state.h"

namespace aimee::fuzz {

Uuid some_uuid(Input& input);
DeviceIdentity some_device(Input& input);
std::string some_label(Input& input, const Uuid& uuid, const DeviceIdentity& device);

// A superblock for this place, perhaps torn or with another one's address; single bytes of it changed.
test::Block some_superblock(Input& input, std::uint64_t offset, const DeviceIdentity& device);

// Facts that one probe could have seen, and some that it could not.
VolumeFacts some_facts(Input& input);

// libblkid saw something else than a btrfs, or did not know.
bool is_somebody_elses(const VolumeFacts& facts);
// The same, but for what is the content of this volume's files.
bool is_shared(const VolumeFacts& facts, const Superblock& volume);

}  // namespace aimee::fuzz

// What a person reads who asked for something that a volume's state forbids; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/volume_devices.h"
#include "plan/volume_state.h"

namespace aimee {

// A foreign, damaged or existing volume: what was found, and what its owner can do on purpose. `refusing` says what
// is not done therefore: "refusing to format".
Error refusal_of(const VolumeState& volume, std::string_view device, std::string_view refusing);

// It is not known which devices hold the volume that is to be erased. `keep`: what keeps it; empty = it is not armed.
Error refusal_of(const Doubt& doubt, std::string_view device, std::string_view refusing, std::string_view keep);

// The shell command that makes a device blank on which remnants were seen at these offsets.
std::string zeroing_command(std::string_view device, const std::vector<std::uint64_t>& remnants);

}  // namespace aimee

// What libblkid sees on a device, every magic number of it.
#pragma once

#include <cstdint>
#include <vector>

#include "plan/volume_state.h"
#include "system/fd.h"

namespace aimee {

struct SeenSignatures {
  std::vector<Signature> found;  // a file system that can be recognised by several places counts at each
  bool certain = false;          // false: libblkid gave an answer other than "found" and "nothing"
};

// On the `length` bytes from `begin`, as if they were a device of their own; partition tables too where `tables`.
// Signature::offset is one of the whole device. Writes nothing.
SeenSignatures read_signatures(const Fd& device, std::uint64_t begin, std::uint64_t length, bool tables);

}  // namespace aimee

// Random bytes from the kernel.
#pragma once

#include <array>
#include <cstddef>

#include "base/result.h"

namespace aimee {

// 16 bytes from getrandom(2); waits for the pool early at boot.
Result<std::array<std::byte, 16>> random_uuid();

}  // namespace aimee

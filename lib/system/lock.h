// BSD locks (flock(2)) with a time limit.
#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

// Locks `fd` exclusively until its last duplicate is closed, those in children included.
// Failed: somebody else held it for longer than `limit`, which is looked at once a second.
Result<> lock_exclusively(const Fd& fd, std::string_view subject, std::chrono::seconds limit);

}  // namespace aimee

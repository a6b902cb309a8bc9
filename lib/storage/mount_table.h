// What is mounted, as this process sees it: /proc/self/mountinfo (proc_pid_mountinfo(5)).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace aimee {

// Paths relative to the folder `path` (absolute, without links) at which something is mounted, each once, in the order
// of the table; what is mounted further down in one of them is left out.
Result<std::vector<std::string>> mounts_below(const std::string& path,
                                              const std::string& mountinfo = "/proc/self/mountinfo");

}  // namespace aimee

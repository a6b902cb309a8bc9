// Gathers what `aimee status` tells. Reads only: mounts nothing, takes no lock, does not wait for a device.
#pragma once

#include <string>
#include <string_view>

#include "plan/status_report.h"

namespace aimee {

// Never fails: what cannot be read, for want of a privilege too, is named in the report. `root`: empty = the running
// system.
StatusReport gather_status(const std::string& root, std::string_view version);

}  // namespace aimee

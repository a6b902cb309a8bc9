// The running kernel's host name: gethostname(2), sethostname(2). Of this UTS namespace.
#pragma once

#include <string>

#include "base/result.h"

namespace aimee {

Result<std::string> running_host_name();
Result<> set_host_name(const std::string& name);  // needs CAP_SYS_ADMIN

}  // namespace aimee

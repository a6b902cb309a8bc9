// Each call is done or not done.
#include "system/host_name.h"

#include <unistd.h>

namespace aimee {

Result<std::string> running_host_name() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0) return failure("host name", "ask for it");
  return std::string(name);
}

Result<> set_host_name(const std::string& name) {
  if (sethostname(name.c_str(), name.size()) != 0) return failure("host name", "set " + name);
  return {};
}

}  // namespace aimee

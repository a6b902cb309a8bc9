// The policy is a copy: a test may change it.
#include "harness/policy.h"

#include <cstdlib>

#include "harness/doctest_main.h"
#include "harness/process.h"

namespace looptest {

bool add_policy(const std::string& root) {
  const char* ready = std::getenv("AIMEE_POLICY_DIR");
  const char* script = std::getenv("AIMEE_MAKE_POLICY");
  if (ready != nullptr) {
    tool({"mkdir", "-p", root + "/etc"});
    tool({"cp", "-a", std::string(ready) + "/etc/selinux", root + "/etc/"});
    return true;
  }
  if (script == nullptr) {
    skip("neither AIMEE_POLICY_DIR nor AIMEE_MAKE_POLICY");
    return false;
  }
  const Outcome made = run({script, root}, {.deadline = std::chrono::seconds(300)});
  if (made.exit != 0) skip("make-policy: " + made.err);
  return made.exit == 0;
}

}  // namespace looptest

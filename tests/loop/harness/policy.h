// A real SELinux policy for a test's image: Debian's refpolicy, made by tests/fixtures/make-policy
// (AIMEE_MAKE_POLICY) or found in AIMEE_POLICY_DIR.
#pragma once

#include <string>

namespace looptest {

// Puts etc/selinux into the image below `root`; false, counted as a skip, where none can be had.
bool add_policy(const std::string& root);

}  // namespace looptest

// The SELinux domain (the type of a process) that an applet does its work in.
//
// All applets are one file, so its label cannot say which domain is meant. A unit names it (SELinuxContext=); what was
// started by a shell or a program asks for it here, and starts itself again. Whether that is allowed the policy
// decides. Source: proc_pid_attr(5), setexeccon(3), security/selinux/hooks.c.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"

namespace aimee {

// Success: the process is in the domain `type`, or nothing keeps it from working elsewhere: SELinux does not run, the
// policy has no such domain, or nothing is enforced. Where another domain has to become this one, it does not return:
// the program starts again, by the name that it was started by and with `argv`.
// Refused: SELinux enforces, and the policy does not let this process change to `type`.
Result<> enter_domain(std::string_view type, std::span<char* const> argv);

}  // namespace aimee

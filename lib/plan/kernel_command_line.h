// The kernel command line's word in a reset: aimee.factory_reset=UUID, for a device that nobody can log in to.
//
// Words are separated by white space and may be quoted as the kernel and systemd let them be (kernel
// Documentation/admin-guide/kernel-parameters.rst; systemd's proc-cmdline.c): a quote may begin anywhere and is taken
// away, '-' and '_' are the same in a name, and of several the last one counts. The argument may stay there
// forever: the reset itself gives the volume another UUID.
#pragma once

#include <string>
#include <string_view>

#include "plan/volume_mark.h"

namespace aimee {

// Names a volume by its UUID or by at least the first eight hexadecimal digits of it.
struct ResetRequest {
  std::string digits;  // lower case, without dashes; empty = no request

  [[nodiscard]] bool names(const Uuid& uuid) const;
};

ResetRequest request_for(const Uuid& uuid);

struct KernelCommandLine {
  ResetRequest reset;
  std::string warning;  // why the argument that is there is not obeyed; empty = it is, or there is none
};

// Never fails. An argument that is no UUID and no beginning of one (fewer than eight digits, dashes elsewhere than a
// UUID has them) is no request, and hides those before it.
KernelCommandLine parse_kernel_command_line(std::string_view line);

// The shortest argument that erases the volume: "aimee.factory_reset=1234abcd".
std::string kernel_argument(const Uuid& uuid);

}  // namespace aimee

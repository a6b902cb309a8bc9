// SIGINT, SIGTERM and SIGHUP while work is under way.
#pragma once

#include <string>

namespace aimee {

// From now on one of these signals prints `line` (with the newline it ends with) on stderr and ends the process with
// exit code 1; one that who started it wants to be ignored stays ignored. The private mount namespace, locks and
// children go with the process, so there is nothing to clean up. The last call wins; `line` is copied.
void on_interrupt(const std::string& line);

}  // namespace aimee

// sd_notify(3) without libsystemd: tells the service manager what is going on.
#pragma once

#include <string_view>

namespace aimee {

// Sends e.g. "STATUS=copying 40 %" to $NOTIFY_SOCKET (path or abstract). Nobody listening is no error, and
// a lost datagram is none either.
void notify_manager(std::string_view state);

}  // namespace aimee

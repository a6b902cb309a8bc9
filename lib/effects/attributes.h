// Everything of a file but its content: owner, mode, extended attributes, ACLs, capabilities, times.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

// A file as the xattr system calls reach it: "/proc/self/fd/N" for an open one, "/proc/self/fd/N/NAME" for
// one that must not be opened (a device, a symbolic link).
std::string path_in(const Fd& folder, const std::string& name);

// Copies all extended attributes but the SELinux label. The source's namespaces that the destination does
// not have are an error: nothing is lost silently.
Result<> copy_attributes(const std::string& source, const std::string& destination, std::string_view subject);
Result<> copy_attributes(const Fd& source, const Fd& destination, std::string_view subject);

// The SELinux label that a file has; none where it has none.
std::optional<std::string> stored_label(const std::string& path);
std::optional<std::string> stored_label(const Fd& fd);

// Owner, then mode (set-user-id and the like survive a change of owner in this order only).
Result<> set_owner_and_mode(const Fd& fd, const struct stat& status, mode_t present_mode, std::string_view subject);

// Access and modification times, to the nanosecond.
Result<> set_times(const Fd& fd, const struct stat& status, std::string_view subject);
Result<> set_times_at(const Fd& folder, const std::string& name, const struct stat& status, std::string_view subject);

}  // namespace aimee

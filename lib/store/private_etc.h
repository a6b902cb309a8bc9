// A writable /etc for programs that replace files there, such as passwd(1), on a system whose own is read-only.
#pragma once

#include <string>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

// Mounts a tmpfs over /etc below `root`: a copy of the image's /etc with its labels, what is mounted further down in
// /etc on top of that, and the accounts of `shadow` (the stored one) as a plain file with its owner, mode and label.
// The result is the root of that tmpfs, by which the caller sees what the program has left. Only in a private mount
// namespace, in which it stays.
Result<Fd> mount_private_etc(const std::string& root, const Fd& shadow);

}  // namespace aimee

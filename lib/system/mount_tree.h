// Mounts by descriptor: made detached, filled, and only then put into the tree.
// Source: fsopen(2), fsmount(2), open_tree(2), move_mount(2). Needs CAP_SYS_ADMIN and a private mount namespace.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

// An empty tmpfs of at most `size` bytes, mode 0755, nosuid and nodev, which is mounted nowhere yet: an O_PATH
// descriptor of its root. It goes with the last descriptor and mount of it.
Result<Fd> make_tmpfs(std::uint64_t size);

// What is mounted at `place` and further down, as a detached tree of mounts of its own.
Result<Fd> view_with_submounts(const Fd& place, std::string_view subject);

// Puts a detached tree of mounts over `place`.
Result<> attach_tree(const Fd& tree, const Fd& place, std::string_view subject);

}  // namespace aimee

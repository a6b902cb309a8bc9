// Detached mounts. A failure midway leaves nothing but descriptors.
#include "system/mount_tree.h"

#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

namespace aimee {

Result<Fd> make_tmpfs(std::uint64_t size) {
  const Fd context(static_cast<int>(syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC)));
  if (!context.is_open()) return failure("tmpfs", "open");
  const auto set = [&](const char* key, const char* value) {
    return syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, key, value, 0) == 0;
  };
  if (!set("mode", "0755") || !set("size", concat(size).c_str()) ||
      syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return failure("tmpfs", "create");
  }
  Fd mount(
      static_cast<int>(syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)));
  if (!mount.is_open()) return failure("tmpfs", "mount");
  return mount;
}

Result<Fd> view_with_submounts(const Fd& place, std::string_view subject) {
  constexpr unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_EMPTY_PATH;
  Fd view(static_cast<int>(syscall(SYS_open_tree, place.get(), "", flags)));
  if (!view.is_open()) return failure(subject, "open_tree");
  return view;
}

Result<> attach_tree(const Fd& tree, const Fd& place, std::string_view subject) {
  constexpr unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  if (syscall(SYS_move_mount, tree.get(), "", place.get(), "", flags) != 0) return failure(subject, "move_mount");
  return {};
}

}  // namespace aimee

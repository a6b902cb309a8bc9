// Private mounts. A failure midway leaves at most mounts that end with this process.
#include "system/mount.h"

#include <linux/mount.h>

#include <sched.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

// linux/mount.h (open_tree flags) and sys/mount.h cannot be included together on every libc; these two are
// all that is needed of the latter (mount(2), umount2(2)).
extern "C" {
int mount(const char* source, const char* target, const char* type, unsigned long flags, const void* data);
int umount2(const char* target, int flags);
}

namespace aimee {

namespace {

constexpr int detach = 2;                     // MNT_DETACH
constexpr std::uint64_t mount_root = 0x2000;  // STATX_ATTR_MOUNT_ROOT, which musl does not know

}  // namespace

Result<> enter_private_mount_namespace() {
  if (unshare(CLONE_NEWNS) != 0) return failure("mount namespace", "create (this needs root)");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failure("/", "make mounts private");
  return {};
}

Result<Fd> view_without_submounts(const std::string& path) {
  const long number = syscall(SYS_open_tree, AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (number < 0) return failure(path, "open_tree");
  return Fd(static_cast<int>(number));
}

Result<bool> is_mount_point(const Fd& folder, std::string_view subject) { return is_mount_point(folder, "", subject); }

Result<bool> is_mount_point(const Fd& folder, const std::string& name, std::string_view subject) {
  struct statx status{};
  const int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
  if (statx(folder.get(), name.c_str(), flags, STATX_TYPE, &status) != 0) return failure(subject, "stat");
  return (status.stx_attributes & mount_root) != 0;
}

Result<bool> is_mounted_read_only(const Fd& folder, std::string_view subject) {
  struct statvfs status{};
  if (fstatvfs(folder.get(), &status) != 0) return failure(subject, "stat");
  return (status.f_flag & ST_RDONLY) != 0;
}

Result<Fd> clone_of(const Fd& file, std::string_view subject) {
  constexpr unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
  const long number = syscall(SYS_open_tree, file.get(), "", flags);
  if (number < 0) return failure(subject, "open_tree");
  return Fd(static_cast<int>(number));
}

Result<> mount_on(const Fd& clone, const Fd& target, std::string_view subject) {
  constexpr unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  if (syscall(SYS_move_mount, clone.get(), "", target.get(), "", flags) != 0) return failure(subject, "mount");
  return {};
}

Result<> unmount_from(const Fd& file, std::string_view subject) {
  if (umount2(path_of(file).c_str(), detach) != 0) return failure(subject, "unmount");
  return {};
}

Result<Mounted> Mounted::at(const std::string& source, const std::string& target, const std::string& type,
                            unsigned long flags, const std::string& options) {
  if (mount(source.c_str(), target.c_str(), type.c_str(), flags, options.c_str()) != 0) {
    const int code = errno;
    return failure(source, "mount as " + type + (options.empty() ? "" : " with options " + options), code);
  }
  return Mounted(target);
}

Mounted::~Mounted() {
  if (!target_.empty()) umount2(target_.c_str(), detach);
}

Result<> Mounted::unmount() {
  const std::string target = std::exchange(target_, {});
  if (umount2(target.c_str(), 0) != 0) {
    const auto error = failure(target, "unmount");
    umount2(target.c_str(), detach);
    return error;
  }
  return {};
}

}  // namespace aimee

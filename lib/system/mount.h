// Mounts that only this process and its children see, gone with them however they end.
// Source: mount(2), open_tree(2), mount_namespaces(7). Needs CAP_SYS_ADMIN.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

// A mount namespace of our own from which nothing propagates back.
Result<> enter_private_mount_namespace();

// `path` and what is below it on the same mount, seen through a mount of its own: nothing that is mounted
// further down is there, only what it covers. The result is an O_PATH descriptor of the root of that view.
Result<Fd> view_without_submounts(const std::string& path);

// Whether `folder`, or folder/name, is where something is mounted; whether that mount, or the file system in it, is
// read-only. Source: statx(2) (STATX_ATTR_MOUNT_ROOT, kernel 5.8), statvfs(3).
Result<bool> is_mount_point(const Fd& folder, std::string_view subject);
Result<bool> is_mount_point(const Fd& folder, const std::string& name, std::string_view subject);
Result<bool> is_mounted_read_only(const Fd& folder, std::string_view subject);

// The mount that the open `file` is on (O_PATH suffices), once more, with `file` as its root and attached nowhere.
Result<Fd> clone_of(const Fd& file, std::string_view subject);

// Mounts what clone_of() gave on top of the open `target`, a folder on a folder or a file on a file. No path is
// looked up, so nothing can be exchanged in between. Stays, in this mount namespace and where it propagates to.
Result<> mount_on(const Fd& clone, const Fd& target, std::string_view subject);

// Takes away the mount whose root is the open `file`; whoever uses it keeps it until he lets go.
Result<> unmount_from(const Fd& file, std::string_view subject);

// A mount that is undone when it goes out of scope. Only inside a private namespace.
class Mounted {
 public:
  // mount(2). `flags` are MS_*, `options` the file system's own.
  static Result<Mounted> at(const std::string& source, const std::string& target, const std::string& type,
                            unsigned long flags, const std::string& options);
  Mounted(Mounted&& other) noexcept : target_(std::exchange(other.target_, {})) {}
  Mounted& operator=(Mounted&&) = delete;
  ~Mounted();

  // Unmounts and reports; afterwards there is nothing to undo.
  Result<> unmount();

 private:
  explicit Mounted(std::string target) : target_(std::move(target)) {}
  std::string target_;
};

}  // namespace aimee

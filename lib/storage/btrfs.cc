// btrfs ioctls. Each is one transaction, so a cut leaves it done or not done.
#include "storage/btrfs.h"

#include <btrfsutil.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace aimee {

Result<> set_btrfs_label(const Fd& inside, const std::string& label) {
  char buffer[BTRFS_LABEL_SIZE] = {};
  if (label.size() >= sizeof buffer) return failure("btrfs", "set label", EINVAL);
  std::ranges::copy(label, buffer);
  if (ioctl(inside.get(), BTRFS_IOC_SET_FSLABEL, buffer) != 0) return failure("btrfs", "set label");
  return {};
}

Result<Uuid> btrfs_uuid(const Fd& inside) {
  btrfs_ioctl_fs_info_args info{};
  if (ioctl(inside.get(), BTRFS_IOC_FS_INFO, &info) != 0) return failure("btrfs", "ask for the UUID");
  Uuid uuid{};
  static_assert(sizeof uuid == sizeof info.fsid);
  std::memcpy(uuid.data(), info.fsid, sizeof uuid);
  return uuid;
}

Result<> create_subvolume(const Fd& parent, const std::string& name) {
  const btrfs_util_error status = btrfs_util_create_subvolume_fd(parent.get(), name.c_str(), 0, nullptr, nullptr);
  if (status != BTRFS_UTIL_OK) return failure(name, "create subvolume");
  return {};
}

Result<bool> is_subvolume(const std::string& path) {
  switch (btrfs_util_is_subvolume(path.c_str())) {
    case BTRFS_UTIL_OK:
      return true;
    case BTRFS_UTIL_ERROR_NOT_BTRFS:
    case BTRFS_UTIL_ERROR_NOT_SUBVOLUME:
      return false;
    default:
      return failure(path, "look for subvolume");
  }
}

}  // namespace aimee

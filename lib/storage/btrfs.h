// btrfs, mounted: label, identity, subvolumes.
// Source: btrfs-ioctl(2) (BTRFS_IOC_SET_FSLABEL, BTRFS_IOC_FS_INFO), libbtrfsutil.
#pragma once

#include <string>

#include "base/result.h"
#include "plan/volume_mark.h"
#include "system/fd.h"

namespace aimee {

// Sets the label by a transaction of its own: when this returns, the primary superblock with it is on the
// disk. It does not write file data; sync first.
Result<> set_btrfs_label(const Fd& inside, const std::string& label);

Result<Uuid> btrfs_uuid(const Fd& inside);

// A subvolume `name` in the folder `parent`, mode 0755, owned by the caller.
Result<> create_subvolume(const Fd& parent, const std::string& name);

// Whether `path` is the top of a subvolume; false also on other file systems, and for what is no folder.
Result<bool> is_subvolume(const std::string& path);

}  // namespace aimee

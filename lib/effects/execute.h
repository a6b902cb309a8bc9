// Carries a plan out, one operation after the other, on the real device.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "effects/progress.h"
#include "plan/operation.h"
#include "plan/volume_devices.h"
#include "selinux/labels.h"
#include "system/block.h"

namespace aimee {

// Where a volume is mounted while it is made, in a mount namespace of our own. The name is fixed so that
// the SELinux policy can label it.
inline constexpr const char* staging_mount_point = "/run/aimee/storage";

struct Workplace {
  BlockNode device;
  std::uint64_t size = 0;  // bytes
  std::string root;        // of the image, empty = the running system
  Fd image_var;            // the image's /var, without what is mounted over it
  const FileContexts& contexts;
  Progress& progress;
  std::vector<VolumeDevice> devices{};  // all of the volume's, the one above last, where the plan writes to them
};

// The caller has the devices' disks locked with `locks`, and has entered a private mount namespace; `opened` are
// the devices, opened with O_EXCL and for writing where the plan makes a file system. They are closed when the volume
// is first mounted, since btrfs wants the device for itself, and the locks when it is, so that nobody can come in
// between; copying must not keep udev waiting.
Result<> execute(const Plan& plan, Workplace& workplace, std::vector<Fd> locks, std::vector<Fd> opened);

}  // namespace aimee

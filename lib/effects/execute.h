// Carries a plan out, one operation after the other, on the real device.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "effects/progress.h"
#include "plan/operation.h"
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
};

// The caller has the device's disk locked with `lock`, and has entered a private mount namespace; `device` is
// the device, opened with O_EXCL and for writing where the plan makes a file system. Both are closed when the
// volume is first mounted: btrfs wants the device for itself, and copying must not keep udev waiting.
Result<> execute(const Plan& plan, Workplace& workplace, Fd lock, Fd device);

}  // namespace aimee

// From what fstab says to the one device that is meant.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/reset_token.h"
#include "plan/volume_source.h"
#include "system/block.h"
#include "system/clock.h"

namespace aimee {

struct DataDevice {
  BlockNode node;
  // Another device has the same name, so /dev/disk's link, by which /var is mounted, leads to it, or may at any moment.
  // The link to put right and keep right; empty where there is no other.
  std::string misleading_link;
};

// Waits up to `limit` for the device. Of several with the same partition label (or UUID) the one on the
// disk that `root` is on is meant; without such a one, or with two there, it is refused and all are named.
// Source: /dev/disk's links where udev makes them, else the kernel's partitions and the tables on the disks.
// Failed: not there within the limit. Refused: ambiguous, not a block device.
Result<DataDevice> wait_for_device(const VolumeSource& source, const std::string& root, std::chrono::seconds limit);

// Whether udev runs, which makes links and may still bring devices.
bool udev_runs();

// Tells that something below /dev appeared or changed: inotify(7).
class DeviceWatcher {
 public:
  // Watches every folder on the way to `path`, so that no appearance is missed.
  static Result<DeviceWatcher> of(std::string path);

  // False: the time is over. A folder that has come meanwhile is watched from then on.
  Result<bool> wait(const Deadline& deadline) const;

 private:
  DeviceWatcher(Fd watcher, std::string path) : watcher_(std::move(watcher)), path_(std::move(path)) {}
  void watch() const;
  Fd watcher_;
  std::string path_;
};

// What a reset token is bound to.
Result<DeviceIdentity> identity_of(const BlockNode& node, const Fd& device);

}  // namespace aimee

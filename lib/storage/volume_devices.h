// All devices of a volume, on a system where it may be mounted or not. Reads only.
#pragma once

#include <chrono>
#include <vector>

#include "plan/volume_devices.h"
#include "storage/device.h"

namespace aimee {

struct VolumeDevices {
  // The volume's other devices, by their id; none where it is not known for sure that they belong to it.
  std::vector<VolumeDevice> others;
  std::vector<BlockNode> in_use;  // those of the mounted volume; none where it is not mounted
  Doubt doubt;
};

VolumeDevice describe(const BlockNode& node, const DeviceIdentity& identity, const Superblock& primary);

// Looks at every block device, for `own`'s UUID. `node` is the device that fstab names, and `own` the superblock that
// says whose it is. A device that cannot be read is not there. Source: /sys/class/block, /sys/fs/btrfs.
VolumeDevices find_other_devices(const BlockNode& node, const Superblock& own);

// The same; at a boot, where udev still brings devices, waits up to `limit` for those that are missing.
VolumeDevices wait_for_other_devices(const BlockNode& node, const Superblock& own, std::chrono::seconds limit);

// Whether another volume of ours is mounted on `var` than one to which `node` belongs: it has moved, or fstab is wrong.
Doubt doubt_about_mount(const std::string& var, const BlockNode& node);

std::vector<BlockNode> nodes_of(const std::vector<VolumeDevice>& devices);

// The devices, when their disks are locked, each opened with O_EXCL and proven to be what was `found`, and nothing but
// a device of that volume. Refused: one is in use, read-only, something else meanwhile, or has another signature;
// `refusing` says what is not done therefore.
Result<std::vector<Fd>> hold_devices(const std::vector<VolumeDevice>& found, bool for_writing,
                                     std::string_view refusing);

}  // namespace aimee

// The data volume, as every applet that may change it comes to it: fstab → device → lock → probe. Nothing here writes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/volume_state.h"
#include "storage/device.h"
#include "storage/fstab.h"

namespace aimee {

// mkfs.btrfs with duplicated metadata wants about 110 MiB; below this nothing useful fits.
inline constexpr std::uint64_t smallest_volume = 128ULL << 20;

// A device without a whole first MiB is not even looked at.
inline constexpr std::uint64_t smallest_probed = 1ULL << 20;

struct DataVolume {
  DataDevice found;
  VolumeOptions options;
  Fd device;               // opened for reading
  std::uint64_t size = 0;  // bytes
};

// The device that ROOT/etc/fstab names for /var; waits for it. Errors as read_fstab_volume() and wait_for_device() say;
// refused too: the volume is not looked after.
Result<DataVolume> find_data_volume(const std::string& root, std::chrono::seconds limit);
Result<DataVolume> find_data_volume(FstabVolume fstab, const std::string& root, std::chrono::seconds limit);

// What /proc/cmdline asks for; a malformed argument is a warning in the log.
ResetRequest requested_reset();

// A volume whose disk is locked, as it was found under the lock.
struct ProbedVolume {
  std::vector<Fd> locks;
  Fd device;  // opened for reading
  DeviceIdentity identity;
  ResetRequest request;
  VolumeState state;
  Superblock primary;
  Superblock own;  // the one that says whose volume it is: a copy where the primary is broken
};

// The disks of `others`, the volume's other devices, are locked too. Failed: somebody else held a lock for longer than
// `limit`. Refused: smaller than smallest_probed.
Result<ProbedVolume> probe_locked(const BlockNode& node, ResetRequest request, std::chrono::seconds limit,
                                  std::vector<BlockNode> others = {});

// The device for this process alone: nobody can mount it meanwhile. Refused: it is in use; `refusing` says what is
// not done therefore: "refusing to format".
Result<Fd> open_exclusively(const BlockNode& node, bool for_writing, std::string_view refusing);

// The exclusive open, which keeps everybody else out, came after the first probe: `device` must be what was probed
// then, in state, UUID, size and serial number. Refused: it is not.
Result<> check_unchanged(const BlockNode& node, const Fd& device, const ProbedVolume& before,
                         std::string_view refusing);

// Where the file system on `devices`, any of which may stand for it, is mounted, as far as this mount namespace sees
// it; `preferred` first.
Result<std::vector<std::string>> mount_points_of(const std::vector<BlockNode>& devices, const std::string& preferred);

Result<> check_is_writable(const BlockNode& node);

Error changed_refusal(const BlockNode& node, std::string_view refusing);
Error in_use_refusal(const BlockNode& node, std::string_view refusing);
Error too_small_refusal(const BlockNode& node, std::uint64_t size);

}  // namespace aimee

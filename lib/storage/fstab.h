// The /var line of fstab(5), read as systemd and mount(8) read it.
#pragma once

#include <string>

#include "base/result.h"
#include "plan/volume_source.h"

namespace aimee {

struct FstabVolume {
  VolumeSource source;
  VolumeOptions options;
  // Where fstab has no line for /var and something else mounts it (a unit of the image, systemd's own generator): why
  // that volume is not looked after. Then there is no source.
  std::string unattended;
};

// From ROOT/etc/fstab. Refused: no line for /var, and nothing else that mounts it; more than one, a type other than
// btrfs or auto, a source or an option that cannot serve a blank volume, a line that mount(8) would pass over. Another
// such line is a warning in the log. Failed: the file cannot be read.
Result<FstabVolume> read_fstab_volume(const std::string& root);

}  // namespace aimee

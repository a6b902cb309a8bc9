// The /var line of fstab(5), read as systemd and mount(8) read it.
#pragma once

#include <string>

#include "base/result.h"
#include "plan/volume_source.h"

namespace aimee {

struct FstabVolume {
  VolumeSource source;
  VolumeOptions options;
};

// From ROOT/etc/fstab. Refused: no such file, no line for /var, more than one, a type other than btrfs or
// auto, a source or an option that cannot serve a blank volume, a line that mount(8) would pass over. Another such line
// is a warning in the log. Failed: the file cannot be read.
Result<FstabVolume> read_fstab_volume(const std::string& root);

}  // namespace aimee

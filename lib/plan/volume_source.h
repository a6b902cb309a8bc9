// What /etc/fstab says of the data volume: which device, and how it is mounted.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace aimee {

struct VolumeSource {
  enum class Kind { partition_label, partition_uuid, path };
  Kind kind = Kind::path;
  std::string value;  // the label, the UUID in lower case, or the absolute path below /dev
};

// The first field of the line: PARTLABEL=, PARTUUID= (each also as /dev/disk/by-part…) or a /dev path.
// UUID=, LABEL= and their links name a file system, which a blank volume does not have: refused.
Result<VolumeSource> parse_volume_source(std::string_view fstab, std::string_view source);

// "PARTLABEL=aimee-data" or the path, for messages.
std::string source_text(const VolumeSource& source);

struct VolumeOptions {
  std::string staging;    // comma-separated btrfs options for the staging mount
  std::string subvolume;  // subvol= as a path without leading slash, empty = the top level
};

// btrfs's own options of the line (the generic and user-space ones already taken out), quotes and escapes as libmount
// reads them. Those that would keep the volume from being written or labelled while it is made (subvol, subvolid,
// SELinux contexts, rescue) are left out of `staging`.
Result<VolumeOptions> parse_volume_options(std::string_view fstab, std::string_view options);

}  // namespace aimee

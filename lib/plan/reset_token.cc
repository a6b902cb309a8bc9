// The reset token; pure.
#include "plan/reset_token.h"

#include "base/text.h"
#include "plan/superblock.h"

namespace aimee {

std::string reset_token(const Uuid& uuid, const DeviceIdentity& device) {
  const std::string token = concat(reset_token_prefix, volume_format_version, ":", uuid_text(uuid), ":", device.size,
                                   ":", printable(device.serial));
  // It must fit into the superblock's first sector with the rest of what identifies a volume.
  return token.substr(0, longest_atomic_label);
}

bool is_reset_token(std::string_view label, const Uuid& uuid, const DeviceIdentity& device) {
  return label == reset_token(uuid, device);
}

}  // namespace aimee

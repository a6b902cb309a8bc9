// The reset token; pure.
#include "plan/reset_token.h"

#include "base/text.h"
#include "plan/superblock.h"

namespace aimee {

namespace {

// The token must fit into the superblock's first sector with the rest of what identifies a volume: the label
// starts at byte 299 and ends with a zero byte.
constexpr std::size_t longest_token = superblock_atomic_size - 299 - 1;

}  // namespace

std::string reset_token(const Uuid& uuid, const DeviceIdentity& device) {
  const std::string token = concat(reset_token_prefix, volume_format_version, ":", uuid_text(uuid), ":", device.size,
                                   ":", printable(device.serial));
  return token.substr(0, longest_token);
}

bool is_reset_token(std::string_view label, const Uuid& uuid, const DeviceIdentity& device) {
  return label == reset_token(uuid, device);
}

}  // namespace aimee

// The reset token: the volume label that says "erase me". One btrfs transaction sets it, the superblock shows it,
// and the last write of the erasure removes it.
//
//   aimee-reset-1:UUID:SIZE:SERIAL
//
// bound to the volume (UUID), the device's size in bytes and its serial number (empty where it has none), so
// that a token on a copied disk does nothing. A version above ours is a newer aimee's and is not obeyed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plan/volume_mark.h"

namespace aimee {

inline constexpr std::string_view reset_token_prefix = "aimee-reset-";

struct DeviceIdentity {
  std::uint64_t size = 0;  // bytes
  std::string serial;      // as sysfs tells it; may be empty
  bool operator==(const DeviceIdentity&) const = default;
};

std::string reset_token(const Uuid& uuid, const DeviceIdentity& device);

// Whether `label` is the token for exactly this volume on this device.
bool is_reset_token(std::string_view label, const Uuid& uuid, const DeviceIdentity& device);

}  // namespace aimee

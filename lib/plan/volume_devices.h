// Which devices belong to a volume, decided from what their superblocks say; pure.
//
// Nothing but the mounted file system knows its devices by name. Each superblock tells the volume's UUID, how many
// devices the volume has, and which of them it stands on. The devices are known for sure where just so many say that
// they belong to the volume, each another one of them, and all are of the same time. Doubt is a refusal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/reset_token.h"
#include "plan/superblock.h"

namespace aimee {

// A device of the volume, or one that says so.
struct VolumeDevice {
  std::string device;        // "/dev/vda3"
  std::uint64_t number = 0;  // the kernel's own
  std::string disk;          // the whole disk's
  std::string model;         // the disk's, may be empty
  DeviceIdentity identity;
  bool can_discard = false;
  Superblock superblock;  // the primary one
  bool torn = false;      // the last write of that was cut in the middle (is_torn_write())
  bool in_use = false;    // the mounted volume has it
};

std::vector<std::string> paths_of(const std::vector<VolumeDevice>& devices);

// Why the volume's devices are not known for sure.
struct Doubt {
  enum class Kind {
    none,
    missing,  // not all of them are there, and nothing else is wrong
    beside,   // the volume has one device, which is known; but another one has its UUID too
    unsure,
  };
  Kind kind = Kind::none;
  std::string what;    // "has 2 devices, and 1 of them is missing"
  std::string remedy;  // what to do about it

  // Whether it is not known which devices hold the volume.
  [[nodiscard]] bool forbids_erasing() const { return kind == Kind::missing || kind == Kind::unsure; }
};

// `named` is the device that fstab names; `others` have its UUID and are ordered by their id. Where nothing is left on
// the named device but its superblock's first sector, the others were erased before: then none of them is missed.
Doubt doubt_about(const VolumeDevice& named, const std::vector<VolumeDevice>& others);

// Whether the token stands on another device and not yet on the named one: the transaction that set it was cut between
// its superblocks. btrfs goes by the newest superblock, so the volume is armed. `identity` is the named device's.
bool is_armed_elsewhere(const Superblock& named, const DeviceIdentity& identity,
                        const std::vector<VolumeDevice>& others);

// What keeps one of the others from being mounted as the volume that the named device says it is.
enum class Flaw {
  none,
  torn,       // its checksum is wrong, and nothing else
  old_token,  // it says that the volume is armed, and missed that this was cancelled
};
Flaw flaw_of(const VolumeDevice& other, const Superblock& named, const DeviceIdentity& identity);

}  // namespace aimee

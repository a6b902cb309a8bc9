// Whose device is whose; pure.
#include "plan/volume_devices.h"

#include <algorithm>

#include "base/text.h"

namespace aimee {

namespace {

// A transaction writes the superblocks one device after the other, so a cut leaves some of them older by one.
bool is_of_the_same_time(const Superblock& a, const Superblock& b) {
  return std::max(a.generation, b.generation) - std::min(a.generation, b.generation) <= 1;
}

Doubt twice(const VolumeDevice& a, const VolumeDevice& b) {
  return {Doubt::Kind::unsure,
          concat("its device ", a.superblock.device_id, " is there twice, ", a.device, " and ", b.device),
          "detach the one that is a copy"};
}

Doubt not_part(const VolumeDevice& device, const VolumeDevice& named) {
  return {Doubt::Kind::unsure,
          concat(device.device, " says that it belongs to the volume, and it does not (a copy, or taken out of it)"),
          device.device == named.device ? "name the right device in fstab"
                                        : concat("detach it, or wipe it: wipefs -a ", device.device)};
}

Doubt missing(const VolumeDevice& named, const std::vector<VolumeDevice>& others, std::uint64_t count) {
  std::string here = concat(named.device, " is device ", named.superblock.device_id);
  for (const VolumeDevice& other : others) here += concat(", ", other.device, " ", other.superblock.device_id);
  const std::uint64_t absent = count - others.size() - 1;
  return {Doubt::Kind::missing,
          concat("has ", count, " devices, of which ", absent, absent == 1 ? " is" : " are", " missing (", here, ")"),
          concat("attach what is missing, or erase what is here on purpose: wipefs -a ", named.device)};
}

// The one that has missed the most transactions.
const VolumeDevice& oldest(const VolumeDevice& named, const std::vector<VolumeDevice>& others) {
  const VolumeDevice* found = &named;
  for (const VolumeDevice& other : others) {
    if (other.superblock.generation < found->superblock.generation) found = &other;
  }
  return *found;
}

Doubt doubt_about_any(const VolumeDevice& named, const std::vector<VolumeDevice>& others, bool mounted) {
  if (mounted && !named.in_use) return not_part(named, named);
  std::uint64_t count = named.superblock.device_count;
  const VolumeDevice* before = &named;
  for (const VolumeDevice& other : others) {
    const Superblock& superblock = other.superblock;
    if (superblock.device_id == 0) {
      return {Doubt::Kind::unsure, concat(other.device, " is being made one of its devices by btrfs replace"),
              "let that end first"};
    }
    for (const VolumeDevice* earlier : {&named, before}) {
      if (superblock.device_id == earlier->superblock.device_id) return twice(*earlier, other);
    }
    if (mounted && !other.in_use) return not_part(other, named);
    if (!mounted && !is_of_the_same_time(named.superblock, superblock)) return not_part(oldest(named, others), named);
    if (superblock.generation > named.superblock.generation) count = superblock.device_count;
    before = &other;
  }
  if (others.size() + 1 > count) return not_part(oldest(named, others), named);
  if (others.size() + 1 < count && !named.superblock.begun) return missing(named, others, count);
  return {};
}

}  // namespace

std::vector<std::string> paths_of(const std::vector<VolumeDevice>& devices) {
  std::vector<std::string> paths;
  paths.reserve(devices.size());
  for (const VolumeDevice& device : devices) paths.push_back(device.device);
  return paths;
}

Doubt doubt_about(const VolumeDevice& named, const std::vector<VolumeDevice>& others) {
  if (named.superblock.seeding) {
    return {Doubt::Kind::unsure, "is a seed: other volumes may have grown from it, and have what it has",
            "make it a volume of its own again: btrfstune -S 0"};
  }
  const bool others_in_use = std::ranges::any_of(others, &VolumeDevice::in_use);
  Doubt doubt = doubt_about_any(named, others, named.in_use || others_in_use);
  const bool shares = std::ranges::any_of(others, [&](const VolumeDevice& other) {
    const bool newer_has_more =
        other.superblock.device_count > 1 && other.superblock.generation > named.superblock.generation;
    return other.in_use || other.superblock.device_id == 0 || newer_has_more;
  });
  const bool alone = named.superblock.device_count == 1 && !shares;
  if (doubt.kind == Doubt::Kind::unsure && alone) doubt.kind = Doubt::Kind::beside;
  return doubt;
}

bool is_armed_elsewhere(const Superblock& named, const DeviceIdentity& identity,
                        const std::vector<VolumeDevice>& others) {
  return std::ranges::any_of(others, [&](const VolumeDevice& other) {
    return other.superblock.generation > named.generation &&
           is_reset_token(other.superblock.label, named.uuid, identity);
  });
}

Flaw flaw_of(const VolumeDevice& other, const Superblock& named, const DeviceIdentity& identity) {
  if (is_reset_token(other.superblock.label, named.uuid, identity)) return Flaw::old_token;
  return other.torn ? Flaw::torn : Flaw::none;
}

}  // namespace aimee

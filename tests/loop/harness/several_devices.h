// Volumes of several devices, grown as their owner grows them: btrfs device add.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/reset.h"

namespace looptest {

// A ready volume of ours on the first of the devices, with all the others added, the secret on each of them, and with
// raid1 whole on each of two.
void make_grown(const std::vector<std::string>& devices, const std::string& profile = "raid1");

// The kernel remembers devices that it has seen, and would use them for a later mount.
void forget_devices();

// btrfs's own number of a device, from its superblock; and a superblock that says another one.
std::uint64_t device_id_of(const std::string& device);

bool is_all_zeros(const LoopDisk& disk);

}  // namespace looptest

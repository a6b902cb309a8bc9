// Volumes of several devices, grown as their owner grows them: btrfs device add.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/reset.h"

namespace looptest {

// A ready volume of ours on the first of the devices, with all the others added, and the secret in many blocks; raid1
// has it whole on each of two.
void make_grown(const std::vector<std::string>& devices, const std::string& profile = "raid1");

// The kernel remembers devices that it has seen, and would use them for a later mount. Only these: other tests run
// beside. One that it does not remember is none to forget.
void forget_devices(const std::vector<const LoopDisk*>& disks);

bool is_all_zeros(const LoopDisk& disk);

// Done, and each of the disks was erased as a whole, with its own line of proof.
void check_proven(const Outcome& outcome, const std::vector<const LoopDisk*>& disks);

}  // namespace looptest

// Facts of a probe, written down by hand, and what classify() should make of them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "harness/superblocks.h"
#include "plan/volume_state.h"

namespace aimee::test {

// A device of 1 GiB, with a serial number, that reads as zeros everywhere.
VolumeFacts zeros();

// That device with this primary superblock, and the copy at 64 MiB if there is one.
VolumeFacts volume(const Superblock& primary, const std::optional<Superblock>& copy = {});

Superblock ours(std::string_view label);
Superblock newer(std::string_view label);  // of a newer aimee
Superblock others(std::string_view label);

Superblock torn(Superblock superblock);       // the checksum is wrong
Superblock temporary(Superblock superblock);  // as mkfs.btrfs leaves it until it is done

// `facts` after `change(facts)`.
VolumeFacts with(VolumeFacts facts, auto change) {
  change(facts);
  return facts;
}

struct StateRow {
  std::string_view what;
  VolumeFacts facts;
  State state;
  std::string_view found;
};

// Checks each row: its state, what a person reads, and that there are no copies to care for.
void check_states(const std::vector<StateRow>& rows);

}  // namespace aimee::test

#include "harness/facts.h"

#include "harness/test.h"

namespace aimee::test {

VolumeFacts zeros() {
  VolumeFacts facts;
  facts.device = {1ULL << 30, "SERIAL1"};
  facts.first_mib = Fill::zeros;
  facts.head = Fill::zeros;
  facts.superblocks[0].emplace();
  facts.superblocks[1].emplace();
  return facts;
}

VolumeFacts volume(const Superblock& primary, const std::optional<Superblock>& copy) {
  VolumeFacts facts = zeros();
  facts.signatures = {{"btrfs", primary.label}};
  facts.head = Fill::data;
  facts.superblocks[0] = primary;
  if (copy) facts.superblocks[1] = copy;
  return facts;
}

Superblock ours(std::string_view label) { return parsed(our_uuid(), label); }
Superblock newer(std::string_view label) { return parsed(our_uuid_of_version(2), label); }
Superblock others(std::string_view label) { return parsed(plain_uuid(), label); }

Superblock torn(Superblock superblock) {
  superblock.intact = false;
  return superblock;
}

Superblock temporary(Superblock superblock) {
  superblock.magic = Superblock::Magic::temporary;
  return superblock;
}

void check_states(const std::vector<StateRow>& rows) {
  for (const StateRow& row : rows) {
    CAPTURE(row.what);
    const VolumeState volume = classify(row.facts);
    CHECK(state_name(volume.state) == state_name(row.state));
    CHECK(volume.found == row.found);
    CHECK_FALSE(volume.copies_are_stale);
    CHECK(volume.old_copies.empty());
    CHECK(volume.not_obeyed.empty());
  }
}

}  // namespace aimee::test

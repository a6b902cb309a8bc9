// The table of states, asked the other way round: for each state, what must have been seen. The design's promises are
// written down here once more; classify() has to keep them for whatever a probe sees.
#include "plan/volume_state.h"

#include <algorithm>

#include "parts/oracle.h"
#include "parts/volumes.h"
#include "plan/operation.h"
#include "plan/reset_plan.h"

namespace aimee::fuzz {

namespace {

bool is_of_us(const Superblock& superblock) { return mark_version(superblock.uuid) == volume_format_version; }

bool some_copy(const VolumeFacts& facts, auto matches) {
  return std::ranges::any_of(facts.superblocks.begin() + 1, facts.superblocks.end(),
                             [&](const auto& copy) { return copy && copy->valid() && matches(*copy); });
}

bool has_copy(const VolumeFacts& facts, const Uuid& uuid, LabelMeaning meaning) {
  return some_copy(facts,
                   [&](const Superblock& copy) { return copy.uuid == uuid && label_meaning(copy.label) == meaning; });
}

void check_blank(const VolumeFacts& facts, const Superblock& primary) {
  HOLDS(facts.signatures.empty() && facts.probe_is_certain);
  HOLDS(facts.head != Fill::data && facts.remnants.empty());
  HOLDS(primary.magic == Superblock::Magic::none);
  HOLDS(facts.head == Fill::zeros ||
        (!facts.backup_table && !some_copy(facts, [](const Superblock&) { return true; })));
}

void check_unfinished(const VolumeFacts& facts, const Superblock& primary) {
  HOLDS(!is_somebody_elses(facts) && facts.first_mib != Fill::data);
  HOLDS(is_of_us(primary) && primary.magic != Superblock::Magic::none);
  const bool says_creating = label_meaning(primary.label) == LabelMeaning::creating;
  HOLDS(says_creating || (!primary.valid() && has_copy(facts, primary.uuid, LabelMeaning::creating)));
}

void check_armed(const VolumeFacts& facts, const Superblock& primary, const VolumeState& volume) {
  HOLDS(volume.not_obeyed.empty());
  if (volume.token_to_write.empty()) {
    HOLDS(!is_shared(facts, primary));
    HOLDS(is_of_us(primary) && primary.magic != Superblock::Magic::none);
    HOLDS(is_reset_token(primary.label, primary.uuid, facts.device));
    return;
  }
  HOLDS(volume.resettable && facts.request.names(volume.resettable->uuid));
  HOLDS(is_reset_token(volume.token_to_write, volume.resettable->uuid, facts.device));
}

void check_ready(const VolumeFacts& facts, const Superblock& primary, const VolumeState& volume) {
  HOLDS(primary.magic == Superblock::Magic::real && mark_version(primary.uuid) != 0);
  HOLDS(primary.intact || has_copy(facts, primary.uuid, LabelMeaning::committed));
  HOLDS(label_meaning(primary.label) == LabelMeaning::committed);
  if (volume.copies_are_stale) HOLDS(has_copy(facts, primary.uuid, LabelMeaning::creating));
}

void check_resettable(const VolumeFacts& facts, const Superblock& primary, const VolumeState& volume) {
  if (!volume.resettable) return;
  HOLDS(volume.state == State::ready || volume.state == State::reset_armed || volume.state == State::damaged);
  HOLDS(facts.read_error.empty());
  HOLDS(mark_version(volume.resettable->uuid) == volume_format_version);
  const auto place = std::ranges::find(superblock_offsets, volume.resettable->superblock);
  HOLDS(!is_shared(facts, *facts.superblocks[static_cast<std::size_t>(place - superblock_offsets.begin())]));
  if (volume.resettable->superblock == superblock_offsets[0]) {
    HOLDS(volume.resettable->uuid == primary.uuid);
    return;
  }
  HOLDS(some_copy(facts, [&](const Superblock& copy) { return copy.uuid == volume.resettable->uuid; }));
  HOLDS(primary.magic == Superblock::Magic::none || primary.uuid == volume.resettable->uuid);
}

void check_old_copies(const VolumeFacts& facts, const VolumeState& volume) {
  HOLDS(volume.old_table == (volume.state == State::blank && facts.backup_table));
  HOLDS(volume.state == State::blank || volume.old_copies.empty());
  for (std::size_t i = 1; i < facts.superblocks.size(); ++i) {
    if (volume.state != State::blank) continue;
    const bool is_there = facts.superblocks[i] && facts.superblocks[i]->magic != Superblock::Magic::none;
    HOLDS(is_there == (std::ranges::find(volume.old_copies, superblock_offsets[i]) != volume.old_copies.end()));
  }
}

bool is_made_anew(State state) {
  return state == State::blank || state == State::unfinished || state == State::reset_armed;
}

// Only what the superblock itself and its copy prove.
void check_torn(const VolumeFacts& facts, const Superblock& primary, const VolumeState& volume) {
  HOLDS(volume.state == State::ready && facts.primary_is_torn && !is_shared(facts, primary));
  HOLDS(primary.magic == Superblock::Magic::real && mark_version(primary.uuid) == volume_format_version);
  HOLDS(!primary.valid() && !volume.copies_are_stale);
}

// A token, or a request that names the volume, is obeyed or it is said why not.
void check_told(const VolumeFacts& facts, const Superblock& primary, const VolumeState& volume) {
  HOLDS(volume.not_obeyed.empty() || is_one_line(volume.not_obeyed));
  const bool has_token = primary.magic != Superblock::Magic::none && primary.label.starts_with(reset_token_prefix);
  const bool named = primary.magic != Superblock::Magic::none && facts.request.names(primary.uuid);
  if ((has_token || named) && !is_made_anew(volume.state)) HOLDS(!volume.not_obeyed.empty());
}

void check_state(const VolumeFacts& facts, const VolumeState& volume) {
  const Superblock primary = facts.superblocks[0].value_or(Superblock{});
  HOLDS(is_one_line(volume.found) && !volume.found.empty());
  if (!facts.read_error.empty()) HOLDS(volume.state == State::damaged && !volume.resettable);
  HOLDS(volume.state == State::reset_armed || volume.token_to_write.empty());
  HOLDS(volume.state == State::ready || !volume.copies_are_stale);
  if (volume.state == State::blank) check_blank(facts, primary);
  if (volume.state == State::unfinished) check_unfinished(facts, primary);
  if (volume.state == State::reset_armed) check_armed(facts, primary, volume);
  if (volume.superblock_is_torn) check_torn(facts, primary, volume);
  if (volume.state == State::ready && !volume.superblock_is_torn) check_ready(facts, primary, volume);
  if (volume.state == State::existing)
    HOLDS(primary.valid() && mark_version(primary.uuid) == 0 && primary.device_count == 1 &&
          !is_shared(facts, primary));
  if (volume.state == State::damaged && volume.has_valid_copy)
    HOLDS(some_copy(facts, [](const Superblock&) { return true; }));
  check_resettable(facts, primary, volume);
  check_old_copies(facts, volume);
  check_told(facts, primary, volume);
}

// What stands beside it, or cannot be read, takes every right to write away.
void check_doubt(const VolumeFacts& facts) {
  VolumeFacts with_other = facts;
  with_other.signatures.push_back({"xfs", "somebody"});
  with_other.signatures.back().offset = 0;
  HOLDS(!is_made_anew(classify(with_other).state));
  VolumeFacts uncertain = facts;
  uncertain.probe_is_certain = false;
  HOLDS(!is_made_anew(classify(uncertain).state));
  VolumeFacts broken = facts;
  broken.read_error = "read at byte 0: Input/output error";
  HOLDS(classify(broken).state == State::damaged);
  VolumeFacts filled = facts;
  filled.first_mib = filled.head = Fill::data;
  const State state = classify(filled).state;
  HOLDS(state != State::blank && state != State::unfinished);
  VolumeFacts head_filled = facts;
  head_filled.head = Fill::data;
  HOLDS(classify(head_filled).state != State::blank);
  VolumeFacts remains = facts;
  remains.remnants = {"ext4 at 16.0 MiB", {16ULL << 20}};
  HOLDS(classify(remains).state != State::blank);
  VolumeFacts unasked = facts;
  unasked.request = {};
  HOLDS(classify(unasked).token_to_write.empty());
}

template <class Kind>
bool has(const Plan& plan) {
  return std::ranges::any_of(plan, [](const Operation& step) { return std::holds_alternative<Kind>(step); });
}

void check_plan(const VolumeState& volume) {
  PlanInput input;
  input.volume = volume;
  input.uuid = marked_uuid({});
  input.subvolumes = {{"/var/log", 0755, "0", "0"}};
  input.ready_label = "aimee-data";
  const Plan plan = make_plan(input);
  HOLDS(has<MakeFilesystem>(plan) == is_made_anew(volume.state));
  HOLDS(has<EraseVolume>(plan) == (volume.state == State::reset_armed));
  HOLDS(has<WriteToken>(plan) == !volume.token_to_write.empty());
  HOLDS(has<MendSuperblock>(plan) == volume.superblock_is_torn);
  HOLDS(has<EraseOldRemains>(plan) == (!volume.old_copies.empty() || volume.old_table));
  if (has<EraseOldRemains>(plan)) HOLDS(std::holds_alternative<EraseOldRemains>(plan[0]));
  if (has<WriteToken>(plan)) HOLDS(std::holds_alternative<WriteToken>(plan[0]));
  for (const Operation& step : plan) HOLDS(is_one_line(describe(step)));
}

}  // namespace

void try_input(std::string_view bytes) {
  Input input(bytes);
  const VolumeFacts facts = some_facts(input);
  const VolumeState volume = classify(facts);
  check_state(facts, volume);
  check_doubt(facts);
  check_plan(volume);
}

}  // namespace aimee::fuzz

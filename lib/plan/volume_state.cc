// The table of states; pure.
#include "plan/volume_state.h"

#include <algorithm>

#include "base/text.h"

namespace aimee {

namespace {

bool is_ours(const Superblock& superblock) { return mark_version(superblock.uuid) != 0; }

// "ext4 (label "home")", for people.
std::string description(const Signature& signature) {
  std::string text = signature.type;
  if (!signature.label.empty()) text += concat(" (label \"", printable(signature.label), "\")");
  return text;
}

std::string description(const std::vector<Signature>& signatures) {
  if (signatures.empty()) return "signatures that contradict each other";
  std::string text;
  for (const Signature& signature : signatures) {
    if (!text.empty()) text += " and ";
    text += description(signature);
  }
  return text;
}

std::string several(const std::vector<Signature>& signatures) {
  return concat(signatures.size() > 1 ? "holds several signatures: " : "holds ", description(signatures));
}

bool only_btrfs(const VolumeFacts& facts) {
  return facts.probe_is_certain &&
         std::ranges::all_of(facts.signatures, [](const Signature& found) { return found.type == "btrfs"; });
}

// The first superblock copy (not the primary) that `matches`.
std::optional<std::size_t> find_copy(const VolumeFacts& facts, auto matches) {
  for (std::size_t i = 1; i < facts.superblocks.size(); ++i) {
    if (facts.superblocks[i] && facts.superblocks[i]->valid() && matches(*facts.superblocks[i])) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> find_valid_copy(const VolumeFacts& facts) {
  return find_copy(facts, [](const Superblock&) { return true; });
}

// A copy from the same creation that was never told of a commit. Every copy is brought up to date before a
// committed volume is used for the first time, so such a copy proves that this volume never was.
bool has_creating_copy(const VolumeFacts& facts, const Uuid& uuid) {
  return find_copy(facts, [&](const Superblock& copy) { return says_creating(copy, uuid); }).has_value();
}

VolumeState damaged(const VolumeFacts& facts) {
  const auto copy = find_valid_copy(facts);
  if (!copy) return {State::damaged, "holds a btrfs superblock that is broken, and no valid copy of it", false, {}};
  return {State::damaged,
          concat("has no valid btrfs superblock, but a valid copy at ", human_size(superblock_offsets[*copy]),
                 " (UUID ", uuid_text(facts.superblocks[*copy]->uuid), ")"),
          false,
          {},
          true};
}

// A creation of ours that was cut short, unless something else moved in since: btrfs leaves the first MiB
// alone but for its superblock, and libblkid must see nothing beside it.
VolumeState unfinished(const VolumeFacts& facts) {
  if (!only_btrfs(facts)) {
    return {State::foreign, concat("holds an unfinished aimee volume and ", description(facts.signatures)), false, {}};
  }
  if (facts.first_mib == Fill::data) {
    return {State::foreign, "holds an unfinished aimee volume and other data in its first MiB", false, {}};
  }
  return {State::unfinished, "holds an aimee volume whose creation was cut short", false, {}};
}

// Only a volume of ours has a token, and nothing else may have moved in since.
bool is_armed(const VolumeFacts& facts, const Superblock& primary) {
  return mark_version(primary.uuid) == volume_format_version && only_btrfs(facts) &&
         is_reset_token(primary.label, primary.uuid, facts.device);
}

VolumeState reset_armed() {
  return {State::reset_armed, "holds a data volume that is to be erased (factory reset)", false, {}};
}

VolumeState classify_ours(const VolumeFacts& facts, const Superblock& primary) {
  const LabelMeaning label = label_meaning(primary.label);
  if (mark_version(primary.uuid) > volume_format_version || label == LabelMeaning::creating_by_newer) {
    return {State::ready, "holds the data volume of a newer aimee", false, {}};
  }
  if (label == LabelMeaning::creating) return unfinished(facts);
  if (is_armed(facts, primary)) return reset_armed();
  return {State::ready, "holds the data volume", has_creating_copy(facts, primary.uuid), {}};
}

VolumeState classify_btrfs_of_others(const VolumeFacts& facts, const Superblock& primary) {
  if (!only_btrfs(facts)) {
    return {State::foreign, several(facts.signatures), false, {}};
  }
  if (primary.device_count != 1) {
    return {State::foreign, concat("holds one device of a btrfs of ", primary.device_count, " devices"), false, {}};
  }
  return {State::existing,
          concat("holds ", description(Signature{"btrfs", primary.label}), " that aimee did not make"),
          false,
          {}};
}

// A superblock with one of btrfs's magics that is not valid: mkfs's temporary one, or a torn write. The
// label and the UUID stand in its first 512 bytes, which reach the disk as one.
VolumeState classify_broken(const VolumeFacts& facts, const Superblock& primary) {
  if (mark_version(primary.uuid) == volume_format_version) {
    if (label_meaning(primary.label) == LabelMeaning::creating) return unfinished(facts);
    if (has_creating_copy(facts, primary.uuid)) return unfinished(facts);
    if (is_armed(facts, primary)) return reset_armed();  // an erasure that was cut at its last step
    if (facts.primary_is_torn && only_btrfs(facts)) {
      return {.state = State::ready,
              .found = "holds the data volume, whose superblock was being written when the power was cut",
              .superblock_is_torn = true};
    }
  }
  return damaged(facts);
}

VolumeState classify_no_superblock(const VolumeFacts& facts) {
  if (!facts.signatures.empty()) {
    return {State::foreign, several(facts.signatures), false, {}};
  }
  if (!facts.probe_is_certain) return {State::foreign, concat("holds ", description(facts.signatures)), false, {}};
  if (find_valid_copy(facts) && !facts.first_16_mib_zero) return damaged(facts);
  if (facts.backup_table && !facts.first_16_mib_zero) {
    return {State::foreign, "holds the backup of a partition table (GPT) whose primary is gone", false, {}};
  }
  if (facts.first_mib == Fill::data || facts.superblock_area != facts.first_mib) {
    return {State::foreign, "holds data without a known signature (encrypted, or wiped by wipefs?)", false, {}};
  }
  VolumeState blank{State::blank, "is blank", false, {}};
  for (std::size_t i = 1; i < facts.superblocks.size(); ++i) {
    const auto& copy = facts.superblocks[i];
    if (copy && copy->magic != Superblock::Magic::none) blank.old_copies.push_back(superblock_offsets[i]);
  }
  return blank;
}

}  // namespace

namespace {

VolumeState classify_as_it_is(const VolumeFacts& facts) {
  if (!facts.read_error.empty()) return {State::damaged, concat("cannot be read: ", facts.read_error), false, {}};
  const Superblock primary = facts.superblocks[0].value_or(Superblock{});
  if (primary.valid())
    return is_ours(primary) ? classify_ours(facts, primary) : classify_btrfs_of_others(facts, primary);
  if (primary.magic != Superblock::Magic::none) return classify_broken(facts, primary);
  return classify_no_superblock(facts);
}

bool is_of_this_version(const Superblock& superblock) {
  return mark_version(superblock.uuid) == volume_format_version &&
         label_meaning(superblock.label) != LabelMeaning::creating_by_newer;
}

// The volume that a reset may erase. Of a damaged one a valid copy has to say whose it is, and what is left of the
// primary must not say otherwise.
std::optional<Resettable> find_resettable(const VolumeFacts& facts, State state) {
  if (!facts.read_error.empty() || !only_btrfs(facts) || facts.backup_table) return std::nullopt;
  const Superblock primary = facts.superblocks[0].value_or(Superblock{});
  if (state == State::ready || state == State::reset_armed) {
    if (!is_of_this_version(primary)) return std::nullopt;
    return Resettable{primary.uuid, superblock_offsets[0], primary.bytes_used};
  }
  if (state != State::damaged) return std::nullopt;
  const auto copy = find_copy(facts, [&](const Superblock& found) {
    return is_of_this_version(found) && (primary.magic == Superblock::Magic::none || primary.uuid == found.uuid);
  });
  if (!copy) return std::nullopt;
  return Resettable{facts.superblocks[*copy]->uuid, superblock_offsets[*copy], facts.superblocks[*copy]->bytes_used};
}

}  // namespace

VolumeState classify(const VolumeFacts& facts) {
  VolumeState volume = classify_as_it_is(facts);
  volume.resettable = find_resettable(facts, volume.state);
  const bool requested = volume.resettable && facts.request.names(volume.resettable->uuid);
  if (!requested || volume.state == State::reset_armed) return volume;
  VolumeState armed = reset_armed();
  armed.resettable = volume.resettable;
  armed.token_to_write = reset_token(volume.resettable->uuid, facts.device);
  return armed;
}

bool holds_only_btrfs(const VolumeFacts& facts) { return only_btrfs(facts); }

std::string_view state_name(State state) {
  switch (state) {
    case State::ready:
      return "ready";
    case State::existing:
      return "existing";
    case State::blank:
      return "blank";
    case State::unfinished:
      return "unfinished";
    case State::reset_armed:
      return "reset-armed";
    case State::foreign:
      return "foreign";
    case State::damaged:
      return "damaged";
  }
  return "unknown";
}

}  // namespace aimee

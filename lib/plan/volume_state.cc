// The table of states; pure.
#include "plan/volume_state.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace aimee {

namespace {

constexpr std::uint64_t first_mib_end = 1ULL << 20;

bool is_ours(const Superblock& superblock) { return mark_version(superblock.uuid) != 0; }

// "ext4 (label "home")", for people.
std::string description(const Signature& signature) {
  std::string text = signature.type;
  if (!signature.label.empty()) text += concat(" (label \"", printable(signature.label), "\")");
  return text;
}

// What stands between the first MiB and the end of the volume that `volume` describes is in its files, and whoever may
// write a file can make it look like anything. An empty `volume` has no content, and neither has one that is larger
// than its device: somebody else may have got the rest.
bool is_content(const VolumeFacts& facts, const Signature& found, const Superblock& volume) {
  return volume.device_size <= facts.device.size && found.offset && *found.offset >= first_mib_end &&
         *found.offset < volume.device_size;
}

// All but the content of `volume`, each once, though libblkid may have seen it in several places.
std::vector<std::string> descriptions(const VolumeFacts& facts, const Superblock& volume) {
  std::vector<std::string> told;
  for (const Signature& found : facts.signatures) {
    std::string one = description(found);
    if (!is_content(facts, found, volume) && std::ranges::find(told, one) == told.end()) told.push_back(std::move(one));
  }
  return told;
}

std::string signatures(const VolumeFacts& facts, const Superblock& volume) {
  std::string text;
  for (const std::string& one : descriptions(facts, volume)) text += concat(text.empty() ? "" : " and ", one);
  return text.empty() ? "signatures that contradict each other" : text;
}

std::string several(const VolumeFacts& facts, const Superblock& volume) {
  const bool more_than_one = descriptions(facts, volume).size() > 1;
  return concat(more_than_one ? "holds several signatures: " : "holds ", signatures(facts, volume));
}

std::string description(const Remnants& remnants) {
  const std::size_t others = remnants.offsets.size() - 1;
  return others == 0 ? remnants.first : concat(remnants.first, " and ", others, " more");
}

bool is_alone(const VolumeFacts& facts, const Superblock& volume) {
  return facts.probe_is_certain && std::ranges::all_of(facts.signatures, [&](const Signature& found) {
           return found.type == "btrfs" || is_content(facts, found, volume);
         });
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

VolumeState foreign(std::string found) { return {.state = State::foreign, .found = std::move(found)}; }

VolumeState damaged(const VolumeFacts& facts) {
  VolumeState volume{.state = State::damaged};
  const auto copy = find_valid_copy(facts);
  volume.has_valid_copy = copy.has_value();
  volume.found =
      copy ? concat("has no valid btrfs superblock, but a valid copy at ", human_size(superblock_offsets[*copy]),
                    " (UUID ", uuid_text(facts.superblocks[*copy]->uuid), ")")
           : std::string("holds a btrfs superblock that is broken, and no valid copy of it");
  return volume;
}

// A creation of ours that was cut short, unless something else moved in since: btrfs leaves the first MiB
// alone but for its superblock, and libblkid must see nothing beside it.
VolumeState unfinished(const VolumeFacts& facts) {
  if (!is_alone(facts, {})) return foreign(concat("holds an unfinished aimee volume and ", signatures(facts, {})));
  if (facts.first_mib == Fill::data) return foreign("holds an unfinished aimee volume and other data in its first MiB");
  return {.state = State::unfinished, .found = "holds an aimee volume whose creation was cut short"};
}

// A creation by a newer aimee that was cut short: only that one knows how to start it over.
bool is_newer_creation(const Superblock& primary) {
  const LabelMeaning label = label_meaning(primary.label);
  return label == LabelMeaning::creating_by_newer ||
         (label == LabelMeaning::creating && mark_version(primary.uuid) > volume_format_version);
}

VolumeState newer_creation() {
  return {.state = State::foreign,
          .found = "holds a volume of a newer aimee, whose creation was cut short",
          .advice = "boot the newer image, which starts it over"};
}

// Only a volume of ours has a token, and nothing else may have moved in since.
bool is_armed(const VolumeFacts& facts, const Superblock& primary) {
  return mark_version(primary.uuid) == volume_format_version && is_alone(facts, primary) &&
         is_reset_token(primary.label, primary.uuid, facts.device);
}

VolumeState reset_armed() {
  return {.state = State::reset_armed, .found = "holds a data volume that is to be erased (factory reset)"};
}

VolumeState classify_ours(const VolumeFacts& facts, const Superblock& primary) {
  if (is_newer_creation(primary)) return newer_creation();
  if (mark_version(primary.uuid) > volume_format_version) {
    return {.state = State::ready, .found = "holds the data volume of a newer aimee"};
  }
  if (label_meaning(primary.label) == LabelMeaning::creating) return unfinished(facts);
  if (is_armed(facts, primary)) return reset_armed();
  return {.state = State::ready,
          .found = "holds the data volume",
          .copies_are_stale = has_creating_copy(facts, primary.uuid)};
}

VolumeState classify_btrfs_of_others(const VolumeFacts& facts, const Superblock& primary) {
  if (!is_alone(facts, primary)) return foreign(several(facts, primary));
  if (primary.device_count != 1) {
    return foreign(concat("holds one device of a btrfs of ", primary.device_count, " devices"));
  }
  return {.state = State::existing,
          .found = concat("holds ", description(Signature{"btrfs", primary.label}), " that aimee did not make")};
}

// A superblock with one of btrfs's magics that is not valid: mkfs's temporary one, or a torn write. The
// label and the UUID stand in its first 512 bytes, which reach the disk as one.
VolumeState classify_broken(const VolumeFacts& facts, const Superblock& primary) {
  if (is_ours(primary) && is_newer_creation(primary)) return newer_creation();
  if (mark_version(primary.uuid) == volume_format_version) {
    if (label_meaning(primary.label) == LabelMeaning::creating) return unfinished(facts);
    if (has_creating_copy(facts, primary.uuid)) return unfinished(facts);
    if (is_armed(facts, primary)) return reset_armed();  // an erasure that was cut at its last step
    if (facts.primary_is_torn && is_alone(facts, primary)) {
      return {.state = State::ready,
              .found = "holds the data volume, whose superblock was being written when the power was cut",
              .superblock_is_torn = true};
    }
  }
  return damaged(facts);
}

// What a re-flashed image leaves of an older volume, 16 MiB of zeros in front of it, is overridden by them, and only
// that: copies of a btrfs superblock, and the backup of a partition table.
VolumeState classify_no_superblock(const VolumeFacts& facts) {
  const bool is_flashed_anew = facts.head == Fill::zeros;
  if (!facts.signatures.empty() || !facts.probe_is_certain) return foreign(several(facts, {}));
  if (find_valid_copy(facts) && !is_flashed_anew) return damaged(facts);
  const std::string remnants = facts.remnants.empty() ? std::string() : description(facts.remnants);
  if (facts.head != Fill::data && !remnants.empty()) {
    return foreign(concat("holds ", remnants, ", though its beginning is gone"));
  }
  if (facts.backup_table && !is_flashed_anew) {
    return foreign("holds the backup of a partition table (GPT) whose primary is gone");
  }
  if (facts.head == Fill::data) {
    return foreign(concat("holds data without a known signature (encrypted, or wiped by wipefs?)",
                          remnants.empty() ? "" : " and ", remnants));
  }
  VolumeState blank{.state = State::blank, .found = "is blank", .old_table = facts.backup_table};
  for (std::size_t i = 1; i < facts.superblocks.size(); ++i) {
    const auto& copy = facts.superblocks[i];
    if (copy && copy->magic != Superblock::Magic::none) blank.old_copies.push_back(superblock_offsets[i]);
  }
  return blank;
}

VolumeState classify_as_it_is(const VolumeFacts& facts) {
  if (!facts.read_error.empty()) {
    return {.state = State::damaged, .found = concat("cannot be read: ", facts.read_error)};
  }
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
  if (!facts.read_error.empty() || facts.backup_table) return std::nullopt;
  const Superblock primary = facts.superblocks[0].value_or(Superblock{});
  if (state == State::ready || state == State::reset_armed) {
    if (!is_of_this_version(primary) || !is_alone(facts, primary)) return std::nullopt;
    return Resettable{primary.uuid, superblock_offsets[0], primary.bytes_used};
  }
  if (state != State::damaged) return std::nullopt;
  const auto copy = find_copy(facts, [&](const Superblock& found) {
    return is_of_this_version(found) && (primary.magic == Superblock::Magic::none || primary.uuid == found.uuid);
  });
  if (!copy || !is_alone(facts, *facts.superblocks[*copy])) return std::nullopt;
  return Resettable{facts.superblocks[*copy]->uuid, superblock_offsets[*copy], facts.superblocks[*copy]->bytes_used};
}

// Why nothing is erased of a volume that a token or the kernel's argument is for.
std::string why_kept(const VolumeFacts& facts, const VolumeState& volume, const Superblock& primary) {
  if (!facts.read_error.empty()) return "it cannot be read";
  if (!is_alone(facts, primary)) return concat("the device also holds ", signatures(facts, primary));
  if (facts.backup_table) return "the device ends with the backup of a partition table";
  if (!facts.remnants.empty()) return concat("the device also holds ", description(facts.remnants));
  if (primary.magic != Superblock::Magic::none && !is_ours(primary)) return "aimee did not make this volume";
  if (mark_version(primary.uuid) > volume_format_version) return "the volume is a newer aimee's";
  return concat("the device ", volume.found);
}

// What of the token does not fit, where nothing else speaks against it.
std::string why_token_is_void(const VolumeFacts& facts, const Superblock& primary) {
  const std::string_view token = std::string_view(primary.label).substr(reset_token_prefix.size());
  const auto fields = split(token, ':');
  if (parse_number(fields[0]).value_or(0) > volume_format_version) return "it is a newer aimee's";
  if (fields.size() < 4) return "it is not complete";
  if (fields[1] != uuid_text(primary.uuid)) return concat("it is for the volume ", printable(fields[1]));
  const auto size = parse_number(fields[2]);
  if (size && *size != facts.device.size) {
    return concat("it is for a device of ", *size, " bytes, and this one has ", facts.device.size);
  }
  const auto named = [](std::string_view serial) { return serial.empty() ? std::string("none") : printable(serial); };
  const std::string_view serial = token.substr(static_cast<std::size_t>(fields[3].data() - token.data()));
  return concat("it is for a device with the serial number ", named(serial), ", and this one's is ",
                named(facts.device.serial));
}

std::string why_not_obeyed(const VolumeFacts& facts, const VolumeState& volume) {
  const Superblock primary = facts.superblocks[0].value_or(Superblock{});
  const bool fits = is_reset_token(primary.label, primary.uuid, facts.device);
  std::string text;
  if (primary.magic != Superblock::Magic::none && primary.label.starts_with(reset_token_prefix)) {
    const bool nothing_else = volume.resettable && !fits;
    text = concat("the reset token on it is not obeyed: ",
                  nothing_else ? why_token_is_void(facts, primary) : why_kept(facts, volume, primary));
  }
  const bool asked = std::ranges::any_of(facts.superblocks, [&](const auto& superblock) {
    return superblock && superblock->magic != Superblock::Magic::none && facts.request.names(superblock->uuid);
  });
  if (asked && volume.state != State::blank && volume.state != State::unfinished) {
    text +=
        concat(text.empty() ? "" : "; ",
               "the kernel command line asks for its reset, which is not obeyed: ", why_kept(facts, volume, primary));
  }
  return text;
}

}  // namespace

bool holds_one_btrfs(const VolumeFacts& facts) {
  const Superblock primary = facts.superblocks[0].value_or(Superblock{});
  return primary.valid() && (is_ours(primary) || primary.device_count == 1) && is_alone(facts, primary);
}

VolumeState classify(const VolumeFacts& facts) {
  VolumeState volume = classify_as_it_is(facts);
  volume.resettable = find_resettable(facts, volume.state);
  const bool requested = volume.resettable && facts.request.names(volume.resettable->uuid);
  if (requested && volume.state != State::reset_armed) {
    VolumeState armed = reset_armed();
    armed.resettable = volume.resettable;
    armed.token_to_write = reset_token(volume.resettable->uuid, facts.device);
    return armed;
  }
  if (volume.state == State::foreign || volume.state == State::damaged) volume.remnants = facts.remnants.offsets;
  if (volume.state != State::reset_armed) volume.not_obeyed = why_not_obeyed(facts, volume);
  volume.seeding = facts.superblocks[0] && facts.superblocks[0]->seeding &&
                   (volume.state == State::ready || volume.state == State::existing);
  return volume;
}

bool holds_only_btrfs(const VolumeFacts& facts) { return is_alone(facts, facts.superblocks[0].value_or(Superblock{})); }

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

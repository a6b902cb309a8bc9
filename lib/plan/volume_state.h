// The data volume's state, decided from what a probe read. This is the design's table of states.
//
// The rule behind every line: only what is provably blank, or provably a creation of ours that was never
// committed, may be formatted. Doubt is a refusal.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "plan/kernel_command_line.h"
#include "plan/remnant.h"
#include "plan/reset_token.h"
#include "plan/superblock.h"

namespace aimee {

// What libblkid found: a file system, RAID or LUKS member, or a partition table.
struct Signature {
  std::string type;   // libblkid's name: "ext4", "crypto_LUKS", "gpt"
  std::string label;  // empty where there is none
  // Of the magic number, in bytes; none where libblkid does not tell.
  std::optional<std::uint64_t> offset{};
};

// What one pass of read-only probing saw.
struct VolumeFacts {
  DeviceIdentity device;
  ResetRequest request;               // the reset that the kernel command line or a person asks for
  std::string read_error;             // "read at byte 65536: Input/output error"; empty = all was read
  std::vector<Signature> signatures;  // every one that libblkid finds
  bool probe_is_certain = true;       // false: libblkid gave an answer other than "found" and "nothing"
  Fill first_mib = Fill::data;        // the first MiB without the superblock's 4 KiB
  Fill head = Fill::data;             // the first 16 MiB, or the whole device where it is smaller
  Remnants remnants;                  // of file systems other than a whole btrfs that is there
  bool backup_table = false;          // the backup header of a GPT stands in the last sector
  bool primary_is_torn = false;       // is_torn_write() of the superblock and its copy at 64 MiB
  // The superblock and its copies; none where the device ends before.
  std::array<std::optional<Superblock>, superblock_offsets.size()> superblocks;
};

// A btrfs of one device, ours or another's, and nothing else: what lies behind the first MiB and before the end of the
// volume is the content of its files, and nobody's signature, whatever it looks like.
bool holds_one_btrfs(const VolumeFacts& facts);

enum class State { ready, existing, blank, unfinished, reset_armed, foreign, damaged };

// A volume of ours that a reset may erase: what to call it by, and the superblock that says so.
struct Resettable {
  Uuid uuid{};
  std::uint64_t superblock = superblock_offsets[0];  // bytes; a copy's where the primary is broken
  std::uint64_t used = 0;                            // bytes, as that superblock says
};

struct VolumeState {
  State state = State::foreign;
  std::string found;  // what a person should read: "holds ext4 (label \"home\")"
  // Ready, but a copy of the superblock still says "creating": the cut came between the commit's writes.
  // It must be brought up to date before the volume is used; see docs/architecture.md.
  bool copies_are_stale = false;
  std::vector<std::uint64_t> old_copies{};  // blank: offsets of superblock copies to erase first
  bool old_table = false;                   // blank: the backup of a partition table is to be erased first
  bool has_valid_copy = false;              // damaged: a superblock copy from which the volume can be repaired
  std::string_view advice{};                // refused: what helps besides erasing; empty = nothing
  std::vector<std::uint64_t> remnants{};    // refused: offsets of what has to be erased besides the head
  std::optional<Resettable> resettable{};   // ready, reset armed, damaged; none where anything else was seen too
  std::string token_to_write{};  // reset armed by the request alone: the token is to be put on the volume first
  // Ready, but the superblock's checksum is wrong, since its last write was cut in the middle. It must be mended
  // before the volume can be mounted.
  bool superblock_is_torn = false;
  // Why a reset token on the volume, or the kernel's argument that names it, is not obeyed; empty where it is, or where
  // there is none. Whoever meets it says so.
  std::string not_obeyed{};
  bool seeding = false;  // ready, existing: a seed device, which can only be read
};

VolumeState classify(const VolumeFacts& facts);

// Nothing that is anybody's was seen, but btrfs.
bool holds_only_btrfs(const VolumeFacts& facts);

std::string_view state_name(State state);

// Of one with `seeding`, after its device's name.
inline constexpr std::string_view seed_warning = "is a seed device of btrfs: it can only be read";

}  // namespace aimee

// A plan is data: a list of operations, each with a description that serves the dry run, the log and the
// tests alike. Making a plan reads nothing and changes nothing; lib/effects executes it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "plan/subvolume_list.h"
#include "plan/volume_mark.h"
#include "plan/volume_source.h"
#include "plan/volume_state.h"

namespace aimee {

// The token on a volume that a request alone has armed, so that a cut after it leaves it armed whatever the next
// boot's command line says.
struct WriteToken {
  std::uint64_t superblock = 0;  // bytes; the valid one, the primary's or a copy's
  std::string token;
};
// The checksum of a superblock whose last write was cut in the middle.
struct MendSuperblock {
  std::string device{};  // another one of the volume's; empty = the one that fstab names
  std::string label{};   // in place of a reset token that no longer counts; empty = the label stays
};
struct EraseVolume {
  bool quick = false;                 // no overwriting beyond the places where something could recognise the volume
  std::vector<std::string> others{};  // the volume's other devices
};
// What would speak against the volume if its making were cut short.
struct EraseOldRemains {
  std::vector<std::uint64_t> copies;  // of a superblock; their offsets in bytes
  bool table = false;                 // the backup of a partition table at the end
};
struct MakeFilesystem {
  Uuid uuid{};
  std::string label;
};
struct MountStaging {
  std::string options;
};
struct CreateSubvolume {
  SubvolumeLine line;
  std::string path;  // inside the volume, without leading slash
};
struct CopyTemplate {
  std::string destination;  // inside the volume, empty = its top level
  std::string policy;       // the SELinux policy that gives the labels; empty = those of the image's files are kept
};
struct SyncFilesystem {};
struct CommitLabel {
  std::string label;
};
struct UnmountStaging {};
struct PreferLink {
  std::string link;    // udev's, "/dev/disk/by-partlabel/…"
  std::string device;  // to which it has to lead
};

using Operation = std::variant<WriteToken, MendSuperblock, EraseVolume, EraseOldRemains, MakeFilesystem, MountStaging,
                               CreateSubvolume, CopyTemplate, SyncFilesystem, CommitLabel, UnmountStaging, PreferLink>;
using Plan = std::vector<Operation>;

std::string describe(const Operation& operation);

struct PlanInput {
  VolumeState volume;
  VolumeOptions options;
  std::vector<SubvolumeLine> subvolumes;
  Uuid uuid{};                                // of the volume to be made
  std::string policy;                         // the image's SELinux policy, empty = none
  std::string ready_label;                    // of a volume that is ready, to be confirmed in its superblock copies
  PreferLink misled;                          // empty link: what mounts /var finds the right device already
  std::vector<std::string> others{};          // the volume's other devices
  std::vector<MendSuperblock> mend_others{};  // what is to be done to them before a ready volume can be mounted
};

// Erasing of an armed volume: the token first where the state says so.
Plan erasing_plan(const VolumeState& volume, EraseVolume erase);

// The operations that lead from the state to a ready volume: none where there is nothing to do. For foreign
// and damaged volumes there is no plan: they are refused before.
Plan make_plan(const PlanInput& input);

}  // namespace aimee

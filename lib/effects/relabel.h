// Gives the files of a mounted data volume the labels of a newer image's policy, once.
//
// What was done is noted in /var/lib/aimee/labels on the volume, last and atomically: a run that was cut short has
// left some files with their new labels and no note, and the next one does the rest.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "effects/progress.h"

namespace aimee {

struct LabelChange {
  std::string path;
  std::string from;  // empty = it had none
  std::string to;
};

inline constexpr std::size_t most_listed_changes = 20;

struct Relabelling {
  std::string policy;       // of the image; empty = it has none, and nothing is to be done
  bool needed = false;      // the volume was last labelled by another policy, or by another version of it
  std::uint64_t files = 0;  // looked at, of every kind
  std::uint64_t changed = 0;
  std::uint64_t passed_over = 0;     // immutable, in read-only subvolumes, or deeper than a path can be long
  std::string first_passed_over;     // a path, empty = none
  std::vector<LabelChange> changes;  // the first of them
};

// Whether the volume at ROOT/var still has to be relabelled: `policy` and `needed` alone. Reads the policy's text
// and the note, and loads no library. Failed: one of them is there and cannot be read.
Result<Relabelling> relabelling_of(const std::string& root);

// The same into `report`, which is filled as far as a failed run came, and does it where it is needed. Sees the mounted
// volume only, not what is mounted over it; follows no link; labels a file with several names once, by the first one
// found. Subvolumes are entered. Read-only ones (snapshots) keep their labels, and so does what chattr(1) has made
// immutable or append-only: a flag taken away for a moment would be lost in a cut. `dry_run` counts and changes
// nothing. Refused: nothing is mounted at ROOT/var, or it is mounted read-only. Failed: a file could not be labelled
// (the others are, and the next run tries again).
Result<> relabel_volume(const std::string& root, bool dry_run, Progress& progress, Relabelling& report);

}  // namespace aimee

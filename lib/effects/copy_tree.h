// The image's /var into the new volume: complete and exact, with labels from the image's policy.
//
// One thread walks the source tree and makes folders, links and special files; all threads copy regular files
// from a bounded queue. A folder gets its owner, mode, ACLs and times when everything in
// it exists, so nothing inherits from it and nothing changes its times afterwards. Names are always looked
// up one component at a time below an open folder and never followed through a symbolic link.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "effects/progress.h"
#include "selinux/labels.h"
#include "system/fd.h"

namespace aimee {

struct TreeSize {
  std::uint64_t files = 0;  // of every kind, folders included
  std::uint64_t bytes = 0;  // of regular files, without their holes; hard links counted once each
};

// What a copy of `source` will have to copy.
Result<TreeSize> measure_tree(const Fd& source, std::string_view hollow = {});

// Copies everything in the folder `source` into the existing folder `destination`, whose own attributes
// become the source's. Folders that exist already in the destination (subvolumes) are filled, not made.
// `path` is how the running system will name `source` ("/var"): labels and messages use it. Without a policy
// the source's labels are kept. The folder `hollow` right below the top (a name) is made and stays empty. Hard links
// across subvolumes cannot exist; the second name becomes a copy. Failed: any file that could not be copied in full;
// the copy stops at the first.
Result<> copy_tree(const Fd& source, const Fd& destination, const std::string& path, const FileContexts& contexts,
                   Progress& progress, std::string_view hollow = {});

}  // namespace aimee

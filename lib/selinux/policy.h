// The SELinux policy that an image names, as files: which one, whether it is another than before, and which types
// an owner may give to files. Nothing here needs libselinux or a kernel that runs SELinux.
// Source: selinux_config(5), customizable_types(5), selabel_file(5).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace aimee {

struct ImagePolicy {
  std::string name;    // "default", "targeted", …
  std::string folder;  // its folder, ROOT included
};

// From ROOT/etc/selinux/config. None: the image has no policy, or has SELINUX=disabled.
// Failed: the config is there and cannot be read.
Result<std::optional<ImagePolicy>> image_policy(const std::string& root);

// A short text that is another one whenever the content of the policy's file contexts (file_contexts, .homedirs,
// .local, .subs, .subs_dist, and a compiled one that has no text beside it), its customizable types or its name is
// another. It tells two versions of an image apart, no more: it is no protection against somebody who chooses them.
// Failed: a file that is there cannot be read.
Result<std::string> policy_digest(const ImagePolicy& policy);

// The paths of those file contexts, each of which can be read to its end: libselinux takes one that cannot for one that
// ends there, and labels by the half. Opens nothing else of the policy, which is all that most domains may read.
// Failed: names what cannot.
Result<std::vector<std::string>> readable_contexts(const ImagePolicy& policy);

// The types that an owner gives to files by hand and a relabelling leaves alone; none where the policy has no list.
Result<std::set<std::string, std::less<>>> customizable_types(const ImagePolicy& policy);

}  // namespace aimee

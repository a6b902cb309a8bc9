// What an image has to say about a volume that is to be made: its /var, the subvolumes, the labels.
#pragma once

#include <string>

#include "base/result.h"
#include "effects/copy_tree.h"
#include "plan/subvolume_list.h"
#include "selinux/labels.h"
#include "system/fd.h"

namespace aimee {

struct ImageTemplate {
  Fd var;         // the image's own /var, whatever is mounted on it
  TreeSize size;  // of a copy of it
  FileContexts contexts;
  SubvolumeList list;
};

// What is wrong with tmpfiles.d's lines is a warning in the log. Refused: the image has no folder /var.
Result<ImageTemplate> read_image_template(const std::string& root);

}  // namespace aimee

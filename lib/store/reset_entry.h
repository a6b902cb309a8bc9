// Back to the image's version of one entry; the owner's is kept.
#pragma once

#include <string>

#include "base/result.h"
#include "selinux/labels.h"
#include "store/places.h"

namespace aimee {

// Puts the image's version in the place of the store's in one atomic step, keeps the old one as
// .aimee/backup/PATH.YYYYMMDD-HHMMSS (UTC; with .2, .3, … where that is taken; a name that is too long for that is cut
// short and gets ~HASH), notes the image's version and mounts the new one over /etc/PATH. Shadow keeps its inode: its
// backup is a copy, and the accounts are renewed in place. The result is the backup's path in the store, empty where
// there was nothing to keep: the store had no version, or the image's already. A cut leaves the old version or the new
// one; before the step a backup may stay that is the image's version. Refused: machine-id, which is never the image's;
// a type that does not fit in the image; an immutable file in the store.
Result<std::string> reset_entry(const Places& places, const WritableEntry& entry, const FileContexts& contexts);

// The checks of reset_entry(), for a dry run.
Result<> check_can_be_reset(const Places& places, const WritableEntry& entry);

}  // namespace aimee

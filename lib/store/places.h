// Where an entry of /etc is to be found: in the image, in the store, and as programs see it now.
//
// Nothing here follows a symbolic link: the store is written by others, and an entry that is reached through a
// link is refused.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "base/result.h"
#include "plan/entry_plan.h"
#include "plan/writable_list.h"
#include "store/place.h"
#include "system/fd.h"

namespace aimee {

struct Places {
  std::string root;  // empty = the running system
  Fd image;          // the root without anything that is mounted in it: the image's own files
  Fd seen;           // the root with its mounts
  Fd store;          // not open where there is none

  [[nodiscard]] bool has_store() const { return store.is_open(); }
};

// Needs CAP_SYS_ADMIN. No store is no error; a store that is a link or no folder is a refusal.
Result<Places> open_places(const std::string& root);

// The image's list; no file is an empty one, and what is wrong with the file itself is a problem of line 0.
Result<WritableList> read_writable_list(const Places& places);

struct Look : Sight {
  struct stat status{};
  Fd fd;  // O_PATH, of what is there

  [[nodiscard]] bool is(EntryKind kind) const { return fits(found, kind); }
};

// What is at `path` below `folder`, a link itself included. Failed: the look itself could not be made (EIO, …).
Result<Look> look_at(const Fd& folder, const std::string& path);         // mounts are entered
Result<Look> look_at_inside(const Fd& folder, const std::string& path);  // what is mounted there obstructs

// The image's version of an entry. Of a shadow that the image ships as a link into the store it is the one in the
// image's own /var/etc.
Result<Look> look_at_image(const Places& places, const WritableEntry& entry);

// The store's note of the image's version.
Result<Look> look_at_note(const Places& places, const WritableEntry& entry);

// Whether the image ships /etc/shadow as a symbolic link to the store's: nothing is mounted then.
Result<bool> shadow_is_link_to_store(const Places& places);

bool same_file(const Look& one, const Look& other);

// Whether programs see the store's version at /etc/PATH.
Result<bool> is_bound(const Places& places, const WritableEntry& entry, const Look& stored);

}  // namespace aimee

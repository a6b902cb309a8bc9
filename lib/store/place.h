// The store: /var/etc, a subvolume of its own, with the persistent copies of the writable parts of /etc.
//
//   /var/etc/PATH                 the owner's version of /etc/PATH, bind-mounted over it
//   /var/etc/.aimee/image/PATH    the image's version as it was when PATH was seeded
//   /var/etc/.aimee/backup/       what --reset replaced
//
// /var/etc/shadow keeps its inode for ever: every mount namespace has it mounted, so new content is put into it
// and never beside it (store/shadow.h).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

inline constexpr std::string_view store_path = "/var/etc";
inline constexpr std::string_view store_notes = ".aimee";         // in the store, mode 0700
inline constexpr std::string_view store_images = ".aimee/image";  // in the store
inline constexpr std::string_view store_backups = ".aimee/backup";

// The store below `root` (empty = the running system), opened without following a link.
// Refused: it is not there, or is no folder; says that /var has to be mounted and writable-etc run.
Result<Fd> open_store(const std::string& root);

}  // namespace aimee

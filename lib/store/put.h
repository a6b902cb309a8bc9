// Things appear in the store whole or not at all.
//
// A copy is made under the name ".aimee-new" beside the name it is to get, with its label, owner, mode and times, and
// is on the disk before one rename puts it there. What a cut leaves under that name is removed by whoever makes the
// next one in the same folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "selinux/labels.h"
#include "store/places.h"

namespace aimee {

// The copy of `source`, a file or a folder, as ".aimee-new" in `folder`, complete and on the disk. `path` is how
// the running system names it ("/etc/hostname"): labels and messages use it. With `content`, that is what the copy of
// a file contains.
Result<> prepare(const Look& source, const Fd& folder, const std::string& path, const FileContexts& contexts,
                 std::optional<std::string_view> content = std::nullopt);

// Gives what prepare() made its name, which nothing may have yet (EEXIST).
Result<> put(const Fd& folder, const std::string& name, std::string_view subject);

// The same; what has the name now is removed afterwards.
Result<> put_over(const Fd& folder, const std::string& name, std::string_view subject);

// Makes `one` in `folder` and `another` in `other` each the other, in one step that is on the disk.
Result<> exchange(const Fd& folder, const std::string& one, const Fd& other, const std::string& another,
                  std::string_view subject);

// Removes a file, or a folder with all in it; follows no link and enters no mount. Nothing there is no error.
Result<> remove_tree(const Fd& folder, const std::string& name, std::string_view subject);

// Of an entry: folders on the way are like the image's.
Result<Fd> folder_of_entry(const Places& places, const std::string& path, const FileContexts& contexts);

// Of a note or a backup, ".aimee/image/PATH": folders on the way are root's alone.
Result<Fd> folder_of_note(const Places& places, const std::string& path, const FileContexts& contexts);

// Removes what a cut left where versions of the entry `path` are made.
Result<> clear_leftovers(const Places& places, const std::string& path);

// "a/b/c" → "c"
std::string last_name(const std::string& path);

// Exclusive, until the descriptor is closed; waits for another run's end.
Result<> lock_folder(const Fd& folder, std::string_view subject);

// Refused: /var is no mount of its own: what were put there would be part of the root, and hidden when /var is mounted.
Result<> check_var_is_mounted(const Places& places);

// Makes /var/etc: a subvolume where that can be, else a folder.
Result<> make_store(Places& places, const FileContexts& contexts);

}  // namespace aimee

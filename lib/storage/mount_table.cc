// Reading of the mount table; changes nothing.
#include "storage/mount_table.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/text.h"
#include "storage/libmount.h"

namespace aimee {

namespace {

bool is_at_or_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace

Result<std::vector<std::string>> mounts_below(const std::string& path, const std::string& mountinfo) {
  const Table table(mnt_new_table());
  if (const int status = mnt_table_parse_file(table.get(), mountinfo.c_str()); status < 0) {
    return failure(mountinfo, "read", -status);
  }
  std::vector<std::string> found;
  const Iterator iterator(mnt_new_iter(MNT_ITER_FORWARD));
  for (libmnt_fs* mount = nullptr; mnt_table_next_fs(table.get(), iterator.get(), &mount) == 0;) {
    const char* target = mnt_fs_get_target(mount);
    if (target == nullptr || !std::string_view(target).starts_with(path + "/")) continue;
    const std::string_view below = std::string_view(target).substr(path.size() + 1);
    if (std::ranges::any_of(found, [&](const std::string& other) { return is_at_or_below(below, other); })) continue;
    std::erase_if(found, [&](const std::string& other) { return is_at_or_below(other, below); });
    found.emplace_back(below);
  }
  return found;
}

}  // namespace aimee

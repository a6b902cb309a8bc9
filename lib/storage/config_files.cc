// Reading of drop-in folders; changes nothing.
#include "storage/config_files.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <map>
#include <optional>

#include "base/text.h"
#include "system/folder.h"

namespace aimee {

namespace {

constexpr std::string_view folders[] = {"/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/local/lib/tmpfiles.d",
                                        "/usr/lib/tmpfiles.d"};

// The file's content; none for what is not a file, a link that leads nowhere in the image among them.
Result<std::optional<std::string>> read_in_root(const std::string& root, const std::string& path) {
  const auto file = open_in_root(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!file && file.error().code == ENOENT) return std::nullopt;
  if (!file) return std::unexpected(file.error());
  if (!S_ISREG(TRY(status_of(*file, root + path)).st_mode)) return std::nullopt;
  return TRY(read_all(*file, root + path));
}

bool is_mask(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = readlink(path.c_str(), target, sizeof target);
  return length > 0 && std::string_view(target, static_cast<std::size_t>(length)) == "/dev/null";
}

}  // namespace

Result<std::vector<ConfigFile>> read_tmpfiles_configuration(const std::string& root) {
  std::map<std::string, std::string> paths;  // by base name; in the image
  for (const std::string_view folder : folders) {
    Fd opened;
    if (auto found = open_in_root(root, std::string(folder), O_RDONLY | O_DIRECTORY)) {
      opened = std::move(*found);
    } else if (found.error().code == ENOENT) {
      continue;
    } else {
      return std::unexpected(found.error());
    }
    const std::string subject = concat(root, folder);
    const FolderStream stream = TRY(list_folder(std::move(opened), subject));
    for (;;) {
      const std::string name = TRY(next_name(stream, subject));
      if (name.empty()) break;
      if (name.ends_with(".conf") && name[0] != '.') paths.emplace(name, concat(folder, "/", name));
    }
  }
  std::vector<ConfigFile> files;
  for (const auto& [name, path] : paths) {
    if (is_mask(root + path)) continue;
    const auto content = TRY(read_in_root(root, path));
    if (content) files.push_back({root + path, *content});
  }
  return files;
}

}  // namespace aimee

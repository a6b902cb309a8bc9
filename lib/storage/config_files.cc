// Reading of drop-in folders; changes nothing.
#include "storage/config_files.h"

#include <dirent.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <map>
#include <memory>

#include "base/text.h"
#include "system/fd.h"

namespace aimee {

namespace {

constexpr std::string_view folders[] = {"/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/local/lib/tmpfiles.d",
                                        "/usr/lib/tmpfiles.d"};

bool is_mask(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = readlink(path.c_str(), target, sizeof target);
  return length > 0 && std::string_view(target, static_cast<std::size_t>(length)) == "/dev/null";
}

}  // namespace

Result<std::vector<ConfigFile>> read_tmpfiles_configuration(const std::string& root) {
  std::map<std::string, std::string> paths;  // by base name
  for (const std::string_view folder : folders) {
    const std::string path = concat(root, folder);
    const std::unique_ptr<DIR, decltype([](DIR* stream) { closedir(stream); })> stream(opendir(path.c_str()));
    if (!stream && errno == ENOENT) continue;
    if (!stream) return failure(path, "list");
    while (const dirent* entry = readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name.ends_with(".conf") && name[0] != '.') paths.emplace(name, concat(path, "/", name));
    }
  }
  std::vector<ConfigFile> files;
  for (const auto& [name, path] : paths) {
    if (is_mask(path)) continue;
    files.push_back({path, TRY(read_file(path))});
  }
  return files;
}

}  // namespace aimee

// Making of the applets' links. A failure midway leaves the links made so far; running again completes them.
#include "cli/install.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <vector>

#include "base/text.h"

namespace aimee {

namespace {

Result<std::string> read_link(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t length = readlink(path.c_str(), target, sizeof target);
  if (length < 0) return failure(path, "read link");
  return std::string(target, static_cast<std::size_t>(length));
}

Result<std::string> link_target(const std::string& folder) {
  struct stat status{};
  const bool beside = stat(concat(folder, "/aimee").c_str(), &status) == 0 && S_ISREG(status.st_mode);
  if (beside) return std::string("aimee");
  return read_link("/proc/self/exe");
}

}  // namespace

Result<> install_links(const std::string& folder, std::span<const std::string_view> names) {
  const std::string target = TRY(link_target(folder));
  std::vector<std::string> missing;
  for (const std::string_view name : names) {
    std::string path = concat(folder, "/", name);
    struct stat status{};
    if (lstat(path.c_str(), &status) != 0) {
      if (errno != ENOENT) return failure(path, "stat");
      missing.push_back(std::move(path));
      continue;
    }
    const auto present = S_ISLNK(status.st_mode) ? TRY(read_link(path)) : std::string();
    if (present != target) return refusal(path, concat("exists and is not a link to ", target, "; remove it first"));
  }
  for (const std::string& path : missing) {
    if (symlink(target.c_str(), path.c_str()) != 0) return failure(path, "make link");
  }
  return {};
}

}  // namespace aimee

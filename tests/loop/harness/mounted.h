// Mounts of the test's own, in its private mount namespace, undone with the object.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/files.h"

namespace looptest {

class Mounted {
 public:
  explicit Mounted(const std::string& device, const std::string& options = "defaults",
                   const std::string& type = "auto");
  // On an existing folder.
  static Mounted tmpfs_on(const std::string& folder) { return Mounted("none", "defaults", "tmpfs", folder); }
  static Mounted on(const std::string& folder, const std::string& device, const std::string& options = "defaults") {
    return Mounted(device, options, "auto", folder);
  }
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;
  ~Mounted();

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  // Paths of the subvolumes below the mounted one, sorted.
  std::vector<std::string> subvolumes() const;

 private:
  Mounted(const std::string& device, const std::string& options, const std::string& type, const std::string& folder);

  TemporaryFolder folder_;
  std::string path_;
};

}  // namespace looptest

// mount(8) and umount(8), which know the options that fstab knows.
#include "harness/mounted.h"

#include <algorithm>
#include <sstream>

#include "harness/doctest_main.h"
#include "harness/process.h"

namespace looptest {

Mounted::Mounted(const std::string& device, const std::string& options, const std::string& type)
    : Mounted(device, options, type, "") {}

Mounted::Mounted(const std::string& device, const std::string& options, const std::string& type,
                 const std::string& folder)
    : path_(folder.empty() ? folder_.path() : folder) {
  tool({"mount", "-t", type, "-o", options, device, path_});
}

Mounted::~Mounted() {
  const Outcome outcome = run({"umount", path_});
  if (outcome.exit != 0) FAIL_CHECK(outcome.err);
}

std::vector<std::string> Mounted::subvolumes() const {
  std::istringstream lines(tool({"btrfs", "subvolume", "list", path_}));
  std::vector<std::string> paths;
  for (std::string line; std::getline(lines, line);) paths.push_back(line.substr(line.find(" path ") + 6));
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace looptest

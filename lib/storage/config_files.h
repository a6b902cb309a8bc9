// Drop-in configuration folders with systemd's precedence.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "plan/subvolume_list.h"

namespace aimee {

// The *.conf files of tmpfiles.d(5) below `root`, sorted by name: of files with the same name only the one in
// the first of /etc, /run, /usr/local/lib, /usr/lib is read, and one that is empty or a link to /dev/null
// masks the others. Links in an image lead to files of the image; what is not a file
// in the end is passed over. Failed: a file that is there but cannot be read.
Result<std::vector<ConfigFile>> read_tmpfiles_configuration(const std::string& root);

}  // namespace aimee

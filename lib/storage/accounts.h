// User and group names as the image knows them: ROOT/etc/passwd and ROOT/etc/group, read directly because the
// running system's name service knows nothing of an image.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace aimee {

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

// Names or numbers. Failed: a name that is not in the file, a file that cannot be read.
Result<Owner> find_owner(const std::string& root, const std::string& user, const std::string& group);

// ROOT/etc/passwd; empty where there is none.
Result<std::string> passwd_text(const std::string& root);

}  // namespace aimee

// aimee --install: symbolic links named like the applets.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aimee {

// Makes FOLDER/NAME for each name: a link to "aimee" where there is a FOLDER/aimee (so that an image can be built
// in any place and for another machine), to this program's absolute path elsewhere. Links that are right already
// stay; anything else under one of the names refuses the whole call before a link is made.
Result<> install_links(const std::string& folder, std::span<const std::string_view> names);

}  // namespace aimee

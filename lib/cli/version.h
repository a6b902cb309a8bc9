// The version that git gave when the build was configured; see the top CMakeLists.txt.
#pragma once

#include <string_view>

namespace aimee {

extern const std::string_view version;

}  // namespace aimee

// What a command prints on standard output.
#pragma once

#include <string_view>

#include "base/result.h"

namespace aimee {

// All of `text`. Failed: standard output is closed, full or a broken pipe.
Result<> print_output(std::string_view text);

}  // namespace aimee

// What a command prints on standard output.
#pragma once

#include <string_view>

#include "base/result.h"

namespace aimee {

// All of `text`, or as much as its reader wants: a pipe whose reader has gone is no failure. Failed: standard output is
// closed or full.
Result<> print_output(std::string_view text);

}  // namespace aimee

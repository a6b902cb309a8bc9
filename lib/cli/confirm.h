// A question that only a person can answer.
#pragma once

#include <string_view>

#include "base/result.h"

namespace aimee {

// Whether there is a person to ask: standard input is a terminal.
bool can_ask();

// Shows `question` on standard error and reads one line; whether it says exactly `word`. What was typed before the
// question does not count. Failed: standard error cannot be written to.
Result<bool> confirmed(std::string_view question, std::string_view word);

}  // namespace aimee

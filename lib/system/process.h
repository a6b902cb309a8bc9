// Child processes: an argument vector, no shell; the child dies with its parent.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace aimee {

struct Variable {
  std::string name;
  std::string value;
};

// Runs arguments[0], looked up in PATH, with standard input from /dev/null, LC_ALL=C and `environment`, and waits.
// Success: exit status 0. Errors name the program and give the last line it printed: not found, exit status,
// signal, or `limit` passed (then it is killed and reaped first). Call from the main thread only: the
// kernel's parent-death signal follows the thread that forked.
Result<> run_program(const std::vector<std::string>& arguments, std::chrono::seconds limit,
                     const std::vector<Variable>& environment = {});

}  // namespace aimee

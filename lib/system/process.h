// Child processes: an argument vector, no shell; the child dies with its parent.
//
// Call from the main thread only: the kernel's parent-death signal follows the thread that forked.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

struct Variable {
  std::string name;
  std::string value;
};

struct Program {
  std::vector<std::string> arguments;   // arguments[0] is looked up in PATH
  std::chrono::seconds limit{};         // not used by run_on_terminal()
  std::vector<Variable> environment{};  // added to ours
  std::string root{};                   // chroot(2) there first, empty = none
  const Fd* folder = nullptr;           // then its working folder, fchdir(2)
  std::vector<const Fd*> inherited{};   // descriptors that stay open in it under the same number
  bool interrupt_kills = false;         // run_on_terminal() only
};

// Whether PATH has the program.
bool can_be_run(const std::string& program);

// Runs a program with standard input from /dev/null and LC_ALL=C, and waits.
// Success: exit status 0. Errors name the program and give the last line it printed: not found, exit status,
// signal, or `limit` passed (then it is killed and reaped first).
Result<> run_program(const std::vector<std::string>& arguments, std::chrono::seconds limit,
                     const std::vector<Variable>& environment = {});
Result<> run_program(const Program& program);

// The same; what it wrote to standard output (at most 1 MiB; more is an error). Its standard error only explains a
// failure.
Result<std::string> output_of(const Program& program);

// How a program ended that may say no.
struct Ended {
  int status = 0;          // exit status
  std::string output;      // standard output, at most 1 MiB; more is an error
  std::string last_words;  // the last line of its standard error
};

// The same as output_of() where the exit status is an answer. Failed: the program could not be started or is not there
// (exit status 127), was ended by a signal, or `limit` passed.
Result<Ended> end_of(const Program& program);

// Runs a program with our own standard files and locale, and waits without a limit; the terminal's signals
// (SIGINT, SIGQUIT) are the child's alone meanwhile. Its exit status; 128 + number where a signal ended it, as
// shells say it. Failed: it could not be started (a program that is not found ends with 127).
// `interrupt_kills` is for a program that ignores SIGINT, as passwd(1) does, and whose work can be thrown away: SIGINT
// to us kills it, and the result is 128 + SIGINT.
Result<int> run_on_terminal(const Program& program);

}  // namespace aimee

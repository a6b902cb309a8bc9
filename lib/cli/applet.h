// What an applet is: a row of data and a function. applets/NAME.cc defines one; CMake's list of names makes
// the table that dispatch, --help, symlinks (and, from it, the man page and completions) use.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/options.h"

namespace aimee {

struct Applet {
  std::string_view name;
  std::string_view summary;      // one line, no full stop
  std::string_view operands;     // synopsis of what follows the options, may be empty
  std::string_view description;  // paragraphs of help text, each line ends with a newline
  std::span<const Option> options;
  Outcome (*run)(const Arguments& arguments);
  std::string_view domain = {};  // the SELinux domain that it works in; empty: any
  bool linked = true;            // has a symbolic link of its own; else it runs as "aimee NAME" only
};

// Every applet, in the order of the list in applets/CMakeLists.txt.
std::span<const Applet* const> all_applets();

// aimee itself, called by its own name; run is null.
extern const Applet program_applet;

std::string applet_help(const Applet& applet);

// The whole program: picks the applet, parses, runs. Returns the exit code.
int dispatch(std::span<char* const> argv);

}  // namespace aimee

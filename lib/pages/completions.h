// Completions for bash, zsh and fish from the option tables. Pure.
//
// What an option's value or an operand is, its placeholder says: DIR folders, PATH and FILE files, USER users;
// NAME_manual.operand_words is a fixed list; nothing is offered for any other.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/applet.h"
#include "cli/manual.h"

namespace aimee {

struct Command {
  const Applet* applet;
  const Manual* manual;
};

// One file for `program` ("aimee APPLET …") and all its applets: bash loads it by any of their names through links,
// zsh through its first line.
std::string bash_completion(const Command& program, std::span<const Command> applets);
std::string zsh_completion(const Command& program, std::span<const Command> applets);

// fish wants a file for each command: that of one applet, and that of the program, with the applets as subcommands.
std::string fish_completion(const Command& applet);
std::string fish_completion(const Command& program, std::span<const Command> applets);

}  // namespace aimee

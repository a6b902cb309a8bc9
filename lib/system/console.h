// A terminal that a person may or may not be in front of: the console of a device.
#pragma once

#include <optional>
#include <string>

namespace aimee {

// From now on ^C, ^\ and a lost line (SIGINT, SIGQUIT, SIGHUP) do not end this process; its children get the defaults.
void ignore_terminal_signals();

// Standard input in the state that reading lines needs, whatever ran on it before: canonical, echoing, CR and NL alike.
// What was typed so far is dropped, so that it cannot answer a question that was not there yet. No terminal: nothing.
void prepare_console();

// One line of standard input without its end, at most 255 bytes of it. None: the input ended, the terminal is gone.
std::optional<std::string> read_console_line();

}  // namespace aimee

// A terminal that a person may or may not be in front of: the console of a device.
#pragma once

namespace aimee {

// From now on ^C, ^\ and a lost line (SIGINT, SIGQUIT, SIGHUP) do not end this process; its children get the defaults.
void ignore_terminal_signals();

// Standard input in the state that reading lines needs, whatever ran on it before: canonical, echoing, CR and NL alike.
// What was typed so far is dropped, so that it cannot answer a question that was not there yet. No terminal: nothing.
void prepare_console();

}  // namespace aimee

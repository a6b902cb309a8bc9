// The terminal on standard input, for programs that ask there for a password.
// Source: termios(3), signal-safety(7).
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <string_view>

namespace aimee {

// Puts the terminal's settings back as they were when it goes out of scope, and before SIGTERM or SIGHUP does
// what it did before: whoever turned the echo off may have been killed. One at a time; nothing where there is no
// terminal.
class TerminalKept {
 public:
  TerminalKept();
  ~TerminalKept();
  TerminalKept(const TerminalKept&) = delete;
  TerminalKept& operator=(const TerminalKept&) = delete;
};

bool has_terminal();

// A line of standard input without its end, of which at most 255 bytes are kept.
struct TypedLine {
  std::string text;
  bool is_whole = false;  // its end came, and not that of the input
};

// `waiting` is the signal mask while it waits; a signal that comes through ends the line.
TypedLine read_line(const sigset_t* waiting = nullptr);

// Asks on standard error, the terminal, and gives the line that is typed, without its end. None: end of input, ^C.
std::optional<std::string> ask(std::string_view question);

}  // namespace aimee

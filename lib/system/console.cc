// Console input. Every failure to read ends the input: who asks must not ask again at once.
#include "system/console.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace aimee {

namespace {

constexpr std::size_t longest_line = 255;  // bytes

}  // namespace

void ignore_terminal_signals() {
  for (const int number : {SIGINT, SIGQUIT, SIGHUP}) std::signal(number, SIG_IGN);
}

void prepare_console() {
  termios settings{};
  if (tcgetattr(STDIN_FILENO, &settings) != 0) return;
  settings.c_iflag |= ICRNL;
  settings.c_iflag &= ~static_cast<tcflag_t>(IGNCR | INLCR);
  settings.c_oflag |= OPOST | ONLCR;
  settings.c_lflag |= ICANON | ECHO | ECHOE | ECHOK | ISIG;
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings);
}

std::optional<std::string> read_console_line() {
  std::string line;
  for (;;) {
    char c = 0;
    const ssize_t got = read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    if (c == '\n' || c == '\r') return line;
    if (line.size() < longest_line) line += c;
  }
}

}  // namespace aimee

// Preparing of the console; where it is no terminal nothing is done.
#include "system/console.h"

#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace aimee {

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

}  // namespace aimee

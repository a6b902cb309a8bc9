// Terminal settings and questions. The handler only uses tcsetattr(3), sigaction(2) and raise(3), which are
// async-signal-safe.
#include "system/terminal.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iterator>

namespace aimee {

namespace {

constexpr int ending[] = {SIGTERM, SIGHUP};

termios settings;
bool is_kept = false;
struct sigaction handled_before[std::size(ending)];

void put_back() {
  if (is_kept) tcsetattr(STDIN_FILENO, TCSANOW, &settings);
}

void put_handlers_back() {
  for (std::size_t i = 0; i < std::size(ending); ++i) sigaction(ending[i], &handled_before[i], nullptr);
}

void put_back_and_end(int number) {
  put_back();
  put_handlers_back();
  std::raise(number);
}

}  // namespace

TerminalKept::TerminalKept() {
  is_kept = tcgetattr(STDIN_FILENO, &settings) == 0;
  // Known before the handler may need it: a signal can come before sigaction() has said what was there.
  for (std::size_t i = 0; i < std::size(ending); ++i) sigaction(ending[i], nullptr, &handled_before[i]);
  struct sigaction action{};
  action.sa_handler = put_back_and_end;
  for (const int number : ending) sigaction(number, &action, nullptr);
}

TerminalKept::~TerminalKept() {
  put_handlers_back();
  put_back();
  is_kept = false;
}

bool has_terminal() { return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0; }

std::optional<std::string> ask(std::string_view question) {
  struct sigaction only_interrupt{};
  only_interrupt.sa_handler = [](int) {};
  struct sigaction previous{};
  sigaction(SIGINT, &only_interrupt, &previous);
  sigset_t interrupt;
  sigset_t before;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  sigprocmask(SIG_BLOCK, &interrupt, &before);  // but while ppoll waits, so that ^C is never missed

  std::string line;
  char key = 0;
  pollfd waiting{STDIN_FILENO, POLLIN, 0};
  bool going_on = write(STDERR_FILENO, question.data(), question.size()) > 0;
  while (going_on) {
    going_on = ppoll(&waiting, 1, nullptr, &before) > 0 && read(STDIN_FILENO, &key, 1) == 1 && key != '\n';
    if (going_on) line += key;
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  sigaction(SIGINT, &previous, nullptr);
  if (key == '\n') return line;
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, "\n", 1);
  return std::nullopt;
}

}  // namespace aimee

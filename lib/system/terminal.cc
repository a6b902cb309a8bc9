// Terminal settings and questions. The handler only uses tcsetattr(3), sigaction(2) and raise(3), which are
// async-signal-safe.
#include "system/terminal.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <iterator>
#include <utility>

#include "system/inherited.h"

namespace aimee {

namespace {

constexpr int ending[] = {SIGTERM, SIGHUP};
constexpr std::size_t longest_line = 255;  // bytes

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
  for (const int number : ending) {
    if (!was_ignored(number)) sigaction(number, &action, nullptr);
  }
}

TerminalKept::~TerminalKept() {
  put_handlers_back();
  put_back();
  is_kept = false;
}

bool has_terminal() { return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0; }

TypedLine read_line(const sigset_t* waiting) {
  TypedLine line;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  for (;;) {
    if (waiting != nullptr && ppoll(&input, 1, nullptr, waiting) <= 0) return line;
    char key = 0;
    const ssize_t got = read(STDIN_FILENO, &key, 1);
    if (got < 0 && errno == EINTR && waiting == nullptr) continue;
    if (got <= 0) return line;
    line.is_whole = key == '\n' || key == '\r';
    if (line.is_whole) return line;
    if (line.text.size() < longest_line) line.text += key;
  }
}

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

  TypedLine line;
  if (write(STDERR_FILENO, question.data(), question.size()) > 0) line = read_line(&before);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  sigaction(SIGINT, &previous, nullptr);
  if (line.is_whole) return std::move(line.text);
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, "\n", 1);
  return std::nullopt;
}

}  // namespace aimee

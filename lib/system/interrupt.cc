// The handler only uses write(2) and _exit(2), which are async-signal-safe (signal-safety(7)).
#include "system/interrupt.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "system/inherited.h"

namespace aimee {

namespace {

char stored[512];
volatile std::sig_atomic_t length = 0;

void leave(int) {
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, stored, static_cast<std::size_t>(length));
  _exit(1);
}

}  // namespace

void on_interrupt(const std::string& line) {
  length = 0;
  const std::size_t used = std::min(line.size(), sizeof stored);
  std::copy_n(line.begin(), used, stored);
  length = static_cast<std::sig_atomic_t>(used);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (was_ignored(number)) continue;
    struct sigaction action{};
    action.sa_handler = leave;
    sigaction(number, &action, nullptr);
  }
}

}  // namespace aimee

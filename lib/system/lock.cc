// Waiting for a lock: flock(2) has no time limit of its own, so a timer interrupts it every second.
#include "system/lock.h"

#include <sys/file.h>
#include <sys/time.h>

#include <cerrno>
#include <csignal>

#include "base/text.h"
#include "system/clock.h"

namespace aimee {

namespace {

void ignore_alarm(int) {}

// Interrupts blocking system calls every second, so that a time limit can be looked at.
class Ticker {
 public:
  Ticker() {
    struct sigaction action{};
    action.sa_handler = ignore_alarm;  // without SA_RESTART
    sigaction(SIGALRM, &action, &previous_);
    const itimerval every_second{{1, 0}, {1, 0}};
    setitimer(ITIMER_REAL, &every_second, nullptr);
  }
  ~Ticker() {
    const itimerval off{};
    setitimer(ITIMER_REAL, &off, nullptr);
    sigaction(SIGALRM, &previous_, nullptr);
  }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  struct sigaction previous_{};
};

}  // namespace

Result<> lock_exclusively(const Fd& fd, std::string_view subject, std::chrono::seconds limit) {
  if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK && errno != EINTR) return failure(subject, "lock");
  const Deadline deadline = Deadline::after(limit);
  const Ticker ticker;
  while (flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return failure(subject, "lock");
    if (deadline.passed()) {
      return failure(subject, concat("is locked by another process for longer than ", limit.count(), " s"), 0);
    }
  }
  return {};
}

}  // namespace aimee

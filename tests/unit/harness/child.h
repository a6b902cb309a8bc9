// Code that runs in a process of its own: what it prints, how it ends, and nothing of it left in the tests'.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

namespace aimee::test {

struct Ended {
  int exit = -1;    // exit code, -1 where a signal ended it
  int signal = 0;   // 0 where it exited
  std::string out;  // all of its standard output
  std::string err;  // all of its standard error
};

class Child {
 public:
  // The child's exit code is what `body` returns. Call with no thread running.
  explicit Child(const std::function<int()>& body);
  ~Child();  // kills and reaps it unless it was waited for
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  Ended wait();

 private:
  pid_t pid_;
  int out_;
  int err_;
};

Ended run_in_child(const std::function<int()>& body);

// The same with mounts of its own, gone with the child; none, and a skip noted, where that is not permitted.
std::optional<Ended> run_with_own_mounts(const std::function<int()>& body);

// A pipe that a child says "ready" on, so that nobody has to sleep.
class Signal {
 public:
  Signal();
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void raise() const;
  void await() const;  // ends too where all who could raise it have ended

 private:
  int ends_[2];
};

}  // namespace aimee::test

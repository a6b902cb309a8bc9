// A program on a pseudo-terminal of its own, and a person in front of it.
//
// What is typed may be typed before the program asks for it, as on a real one; expect() is for the order.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>

#include "harness/process.h"

namespace looptest {

class Terminal {
 public:
  // The program is the leader of a session whose controlling terminal is its standard input, output and error.
  // Of the options `environment`, `program_name` and `deadline` count.
  // Throws std::runtime_error where there is nothing to start.
  explicit Terminal(const Arguments& arguments, RunOptions options = {});
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();  // kills and reaps what still runs

  pid_t pid() const { return pid_; }

  // Waits until the screen shows `text` after what the last expect() found; false when the program ended or
  // `limit` passed first.
  bool expect(std::string_view text, std::chrono::milliseconds limit = std::chrono::seconds(20));

  // Keys as they come: "\n" is Enter, "\x03" is Ctrl-C, "\x04" is Ctrl-D.
  void type(std::string_view keys);

  // Waits for the program's end: its exit status and all that the screen showed (in `out`). Past the deadline the
  // program is killed and the outcome says 128 + SIGKILL.
  Outcome finish();

  // All that the screen has shown so far; lines end with "\r\n".
  const std::string& screen() const { return screen_; }

 private:
  bool read_more(std::chrono::milliseconds limit);
  void reap(bool kill_first);

  pid_t pid_ = -1;
  int master_ = -1;
  int status_ = -1;
  bool reaped_ = false;
  std::string screen_;
  std::size_t expected_up_to_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::chrono::seconds deadline_;
};

}  // namespace looptest

// Programs under test and the tools that judge them: argument vectors, no shell, always a deadline.
//
// Output is collected in memory files, so that a grandchild that keeps the descriptor cannot hang a test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace looptest {

struct Outcome {
  int exit = -1;  // exit status, or 128 + signal
  std::string out;
  std::string err;
  std::chrono::milliseconds took{};
};

struct RunOptions {
  std::map<std::string, std::string> environment{};  // added to ours
  std::string stdout_file{};                         // instead of being collected
  std::string stderr_file{};
  bool close_standard_files = false;  // start with descriptors 0, 1 and 2 closed; nothing is collected
  std::string program_name{};         // argv[0], where it is to differ from the program's path
  std::string input{};
  std::chrono::seconds deadline{60};
};

using Arguments = std::vector<std::string>;

class Process {
 public:
  // Throws std::runtime_error where there is nothing to start.
  Process(const Arguments& arguments, RunOptions options = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();  // kills and reaps what still runs

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  // Waits; past the deadline the process is killed and the outcome says 128 + SIGKILL.
  Outcome wait();
  // What it has printed so far.
  std::string out_so_far() const;
  std::string err_so_far() const;

 private:
  bool exited_within(std::chrono::milliseconds limit);

  pid_t pid_ = -1;
  int pidfd_ = -1;
  int out_ = -1;
  int err_ = -1;
  int status_ = -1;
  bool reaped_ = false;
  std::chrono::seconds deadline_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::milliseconds took_{};
};

Outcome run(const Arguments& arguments, RunOptions options = {});

// Runs a tool that must succeed; its standard output. Throws std::runtime_error with all it said otherwise.
std::string tool(const Arguments& arguments, const std::string& input = "");

// The shell is only for what a person would type: the command that a refusal prints.
Outcome shell(const std::string& command);

// Whether PATH (with the sbin folders) has the program.
bool on_path(const std::string& program);

// Processes whose parent is this one.
std::vector<pid_t> children();

// Polls until `condition` holds; false when `limit` passes first. For events that nothing announces.
template <class Condition>
bool wait_until(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(20));

}  // namespace looptest

#include <thread>

template <class Condition>
bool looptest::wait_until(Condition condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

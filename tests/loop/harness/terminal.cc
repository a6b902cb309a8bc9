// The pseudo-terminal of forkpty(3). Its end is the program's end: reading the master then gives EIO (pty(7)).
#include "harness/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "harness/files.h"

namespace looptest {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

milliseconds until(steady_clock::time_point end) {
  const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
  return std::max(left, milliseconds(0));
}

[[noreturn]] void become(const Arguments& arguments, const RunOptions& options) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  if (!options.program_name.empty()) argv[0] = const_cast<char*>(options.program_name.c_str());
  argv.push_back(nullptr);
  execvp(arguments[0].c_str(), argv.data());
  _exit(127);
}

}  // namespace

Terminal::Terminal(const Arguments& arguments, RunOptions options)
    : started_(steady_clock::now()), deadline_(options.deadline) {
  const winsize size{.ws_row = 24, .ws_col = 200, .ws_xpixel = 0, .ws_ypixel = 0};
  pid_ = checked(forkpty(&master_, nullptr, nullptr, &size), "forkpty");
  if (pid_ == 0) become(arguments, options);
  checked(fcntl(master_, F_SETFD, FD_CLOEXEC), "pseudo-terminal");
}

Terminal::~Terminal() {
  reap(true);
  close(master_);
}

// False at the end: nothing can come any more, or nothing came within `limit`.
bool Terminal::read_more(milliseconds limit) {
  pollfd waiting{master_, POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) return false;
  char buffer[4096];
  const ssize_t got = read(master_, buffer, sizeof buffer);
  if (got <= 0) return false;
  screen_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

bool Terminal::expect(std::string_view text, milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  for (;;) {
    const std::size_t found = screen_.find(text, expected_up_to_);
    if (found != std::string::npos) {
      expected_up_to_ = found + text.size();
      return true;
    }
    if (!read_more(until(end))) return false;
  }
}

void Terminal::type(std::string_view keys) {
  while (!keys.empty()) {
    const int put = checked(static_cast<int>(write(master_, keys.data(), keys.size())), "type");
    keys.remove_prefix(static_cast<std::size_t>(put));
  }
}

void Terminal::reap(bool kill_first) {
  if (reaped_) return;
  if (kill_first) kill(pid_, SIGKILL);
  while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) continue;
  reaped_ = true;
}

Outcome Terminal::finish() {
  const auto end = started_ + deadline_;
  while (read_more(until(end))) continue;
  // The screen is closed, or time is up.
  const bool ended = wait_until(
      [&] {
        reaped_ = reaped_ || waitpid(pid_, &status_, WNOHANG) == pid_;
        return reaped_;
      },
      until(end) + milliseconds(1));
  reap(!ended);
  const int exit = WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
  return {exit, screen_, "", std::chrono::duration_cast<milliseconds>(steady_clock::now() - started_)};
}

}  // namespace looptest

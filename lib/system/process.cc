// Running of child processes. Every way out of run_program has reaped the child.
#include "system/process.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "base/text.h"
#include "system/clock.h"
#include "system/fd.h"

namespace aimee {

namespace {

constexpr std::size_t kept_output = 4096;

struct Pipe {
  Fd read_end;
  Fd write_end;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return failure("pipe", "create");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

[[noreturn]] void become(const std::vector<std::string>& arguments, const std::vector<Variable>& environment,
                         const Pipe& output, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  dup2(output.write_end.get(), STDOUT_FILENO);
  dup2(output.write_end.get(), STDERR_FILENO);
  setenv("LC_ALL", "C", 1);
  for (const Variable& variable : environment) setenv(variable.name.c_str(), variable.value.c_str(), 1);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  const std::string why = concat("cannot be run: ", Error{.code = errno}.message(), "\n");
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, why.data(), why.size());
  _exit(127);
}

// Collects output until the child closes it; false when `deadline` passes first.
bool drain(const Fd& output, std::string& last, Deadline deadline) {
  for (;;) {
    pollfd waiting{output.get(), POLLIN, 0};
    const int ready = poll(&waiting, 1, deadline.milliseconds_left());
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return false;
    char buffer[1024];
    const ssize_t got = read(output.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    last.append(buffer, static_cast<std::size_t>(got));
    if (last.size() > kept_output) last.erase(0, last.size() - kept_output);
  }
}

// Waits for the child's end; false when `deadline` passes first.
bool await_end(pid_t child, Deadline deadline) {
  const Fd handle(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (!handle.is_open()) return true;  // kernel without pidfds: the wait below is without a limit
  for (;;) {
    pollfd waiting{handle.get(), POLLIN, 0};
    const int ready = poll(&waiting, 1, deadline.milliseconds_left());
    if (ready < 0 && errno == EINTR) continue;
    return ready != 0;
  }
}

std::string last_line(std::string_view output) {
  output = trimmed(output);
  const std::size_t end = output.rfind('\n');
  return printable(trimmed(end == std::string_view::npos ? output : output.substr(end + 1)));
}

}  // namespace

Result<> run_program(const std::vector<std::string>& arguments, std::chrono::seconds limit,
                     const std::vector<Variable>& environment) {
  Pipe output = TRY(make_pipe());
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return failure(arguments[0], "fork");
  if (child == 0) become(arguments, environment, output, parent);
  output.write_end.reset();

  const Deadline deadline = Deadline::after(limit);
  std::string printed;
  const bool ended = drain(output.read_end, printed, deadline) && await_end(child, deadline);
  if (!ended) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!ended) return failure(arguments[0], concat("did not end within ", limit.count(), " s and was killed"), 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  std::string why = WIFSIGNALED(status) ? concat("was killed by signal ", WTERMSIG(status))
                                        : concat("failed with exit status ", WEXITSTATUS(status));
  const std::string said = last_line(printed);
  if (!said.empty()) why += concat(": ", said);
  return failure(arguments[0], why, 0);
}

}  // namespace aimee

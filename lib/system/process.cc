// Running of child processes. Every way out of run_program has reaped the child.
#include "system/process.h"

#include <poll.h>
#include <sys/mman.h>
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

constexpr std::size_t kept_output = 4096;     // bytes, of which the last line is told
constexpr std::size_t most_output = 1 << 20;  // bytes, of output_of()

struct Pipe {
  Fd read_end;
  Fd write_end;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return failure("pipe", "create");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// What a child does before the program takes over; only the files it starts with differ.
struct Child {
  const Program& program;
  pid_t parent;
};

void open_nothing_as(int number) {
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing >= 0) dup2(nothing, number);
}

[[noreturn]] void end_with(const std::string& why) {
  const std::string line = concat(why, ": ", Error(errno).message(), "\n");
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
  _exit(127);
}

[[noreturn]] void become(const Child& child) {
  const Program& program = child.program;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != child.parent) _exit(127);
  for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) std::signal(number, SIG_DFL);
  for (const Fd* kept : program.inherited) fcntl(kept->get(), F_SETFD, 0);
  if (!program.root.empty() && (chroot(program.root.c_str()) != 0 || chdir("/") != 0)) end_with("chroot");
  if (program.folder != nullptr && fchdir(program.folder->get()) != 0) end_with("change folder");
  for (const Variable& variable : program.environment) setenv(variable.name.c_str(), variable.value.c_str(), 1);
  std::vector<char*> argv;
  argv.reserve(program.arguments.size() + 1);
  for (const std::string& argument : program.arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  end_with("cannot be run");
}

void keep_end(std::string& text, std::size_t kept) {
  if (text.size() > kept) text.erase(0, text.size() - kept);
}

// Collects the last `kept` bytes of the program's output until the child closes it; false when `deadline` passes first,
// also when there is always more to read.
Result<bool> drain(const std::string& program, const Fd& output, std::string& last, Deadline deadline,
                   std::size_t kept) {
  for (;;) {
    pollfd waiting{output.get(), POLLIN, 0};
    const int left = deadline.milliseconds_left();
    const int ready = poll(&waiting, 1, left);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return failure(program, "wait for its output");
    if (ready == 0) return false;
    char buffer[1024];
    const ssize_t got = read(output.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(program, "read its output");
    if (got == 0) {
      keep_end(last, kept);
      return true;
    }
    if (left == 0) return false;
    last.append(buffer, static_cast<std::size_t>(got));
    if (last.size() > 2 * kept) keep_end(last, kept);  // not at every read: all of it moves
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

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

struct End {
  bool in_time;
  int status;  // waitpid(2)
};

// Takes in what the child prints until it ends or its limit kills it; whatever happens, it has ended.
Result<End> take_in(const Program& program, pid_t child, const Fd& output, std::string& printed, std::size_t kept) {
  const Deadline deadline = Deadline::after(program.limit);
  const auto drained = drain(program.arguments[0], output, printed, deadline, kept);
  const bool in_time = drained && *drained && await_end(child, deadline);
  if (!in_time) kill(child, SIGKILL);
  const int status = wait_for(child);
  if (!drained) return std::unexpected(drained.error());
  return End{in_time, status};
}

// What a run without a terminal leaves: an error, or nothing.
Result<> judged(const Program& program, const End& end, std::string_view printed) {
  const std::string& name = program.arguments[0];
  const int status = end.status;
  if (!end.in_time) return failure(name, concat("did not end within ", program.limit.count(), " s and was killed"), 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  std::string why = WIFSIGNALED(status) ? concat("was killed by signal ", WTERMSIG(status))
                                        : concat("failed with exit status ", WEXITSTATUS(status));
  const std::string said = last_line(printed);
  if (!said.empty()) why += concat(": ", said);
  return failure(name, why, 0);
}

volatile pid_t child_to_kill = 0;
volatile std::sig_atomic_t was_interrupted = 0;

void kill_child(int) {
  if (child_to_kill <= 0) return;
  was_interrupted = 1;
  kill(child_to_kill, SIGKILL);
}

// The terminal's signals are the child's while this exists.
class TerminalSignalsIgnored {
 public:
  explicit TerminalSignalsIgnored(bool interrupt_kills) {
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGQUIT, &ignore, &quit_);
    if (interrupt_kills) ignore.sa_handler = kill_child;
    sigaction(SIGINT, &ignore, &interrupt_);
  }
  ~TerminalSignalsIgnored() {
    sigaction(SIGINT, &interrupt_, nullptr);
    sigaction(SIGQUIT, &quit_, nullptr);
  }
  TerminalSignalsIgnored(const TerminalSignalsIgnored&) = delete;
  TerminalSignalsIgnored& operator=(const TerminalSignalsIgnored&) = delete;

 private:
  struct sigaction interrupt_{};
  struct sigaction quit_{};
};

}  // namespace

bool can_be_run(const std::string& program) {
  const char* path = std::getenv("PATH");
  const auto has = [&](std::string_view folder) { return access(concat(folder, "/", program).c_str(), X_OK) == 0; };
  return std::ranges::any_of(split(path != nullptr ? path : "/usr/bin:/bin", ':'), has);
}

Result<> run_program(const std::vector<std::string>& arguments, std::chrono::seconds limit,
                     const std::vector<Variable>& environment) {
  return run_program(Program{.arguments = arguments, .limit = limit, .environment = environment});
}

Result<> run_program(const Program& program) {
  Pipe output = TRY(make_pipe());
  const Child child{program, getpid()};
  const pid_t id = fork();
  if (id < 0) return failure(program.arguments[0], "fork");
  if (id == 0) {
    open_nothing_as(STDIN_FILENO);
    dup2(output.write_end.get(), STDOUT_FILENO);
    dup2(output.write_end.get(), STDERR_FILENO);
    setenv("LC_ALL", "C", 1);
    become(child);
  }
  output.write_end.reset();

  std::string printed;
  return judged(program, TRY(take_in(program, id, output.read_end, printed, kept_output)), printed);
}

namespace {

// What a child that was run for its output left behind.
struct Remains {
  End end;
  std::string output;
  std::string words;  // standard error
};

Result<Remains> run_for_output(const Program& program) {
  Pipe output = TRY(make_pipe());
  const Fd words(memfd_create("standard error", MFD_CLOEXEC));  // read afterwards: nothing can block on it
  if (!words.is_open()) return failure(program.arguments[0], "make a file for its messages");
  const Child child{program, getpid()};
  const pid_t id = fork();
  if (id < 0) return failure(program.arguments[0], "fork");
  if (id == 0) {
    open_nothing_as(STDIN_FILENO);
    dup2(output.write_end.get(), STDOUT_FILENO);
    dup2(words.get(), STDERR_FILENO);
    setenv("LC_ALL", "C", 1);
    become(child);
  }
  output.write_end.reset();

  std::string printed;
  const End end = TRY(take_in(program, id, output.read_end, printed, most_output + 1));
  if (lseek(words.get(), 0, SEEK_SET) < 0) return failure(program.arguments[0], "read its messages");
  return Remains{end, std::move(printed), TRY(read_all(words, program.arguments[0]))};
}

Result<> check_size(const Program& program, const Remains& remains) {
  if (remains.output.size() > most_output) return failure(program.arguments[0], "printed too much", EFBIG);
  return {};
}

}  // namespace

Result<std::string> output_of(const Program& program) {
  Remains remains = TRY(run_for_output(program));
  TRY(judged(program, remains.end, remains.words));
  TRY(check_size(program, remains));
  return std::move(remains.output);
}

Result<Ended> end_of(const Program& program) {
  Remains remains = TRY(run_for_output(program));
  const int status = WIFEXITED(remains.end.status) ? WEXITSTATUS(remains.end.status) : 127;
  if (!remains.end.in_time || status == 127) TRY(judged(program, remains.end, remains.words));
  TRY(check_size(program, remains));
  return Ended{status, std::move(remains.output), last_line(remains.words)};
}

Result<int> run_on_terminal(const Program& program) {
  was_interrupted = 0;
  const TerminalSignalsIgnored ignored(program.interrupt_kills);
  const Child child{program, getpid()};
  sigset_t interrupt;
  sigset_t before;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  sigprocmask(SIG_BLOCK, &interrupt, &before);  // until it is known whom to kill
  const pid_t id = fork();
  const int fork_error = errno;
  child_to_kill = id;
  sigprocmask(SIG_SETMASK, &before, nullptr);
  if (id < 0) return failure(program.arguments[0], "fork", fork_error);
  if (id == 0) become(child);
  const int status = wait_for(id);
  child_to_kill = 0;
  if (was_interrupted != 0) return 128 + SIGINT;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace aimee

// Starting, watching and reaping of child processes. Nothing outlives its Process object.
#include "harness/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "harness/files.h"

namespace looptest {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string joined(const Arguments& arguments) {
  std::string line;
  for (const std::string& argument : arguments) line += (line.empty() ? "" : " ") + argument;
  return line;
}

int memory_file(const char* name) { return checked(memfd_create(name, MFD_CLOEXEC), "memfd_create"); }

std::string content_of(int memory) {
  std::string text;
  char buffer[65536];
  off_t offset = 0;
  for (ssize_t got; (got = pread(memory, buffer, sizeof buffer, offset)) > 0; offset += got)
    text.append(buffer, static_cast<std::size_t>(got));
  return text;
}

int output_for(const std::string& file, int memory) {
  return file.empty() ? memory : open(file.c_str(), O_WRONLY | O_CLOEXEC);
}

// Between fork and exec; only the calling thread exists.
[[noreturn]] void become(const Arguments& arguments, const RunOptions& options, int in, int out, int err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
  if (options.close_standard_files) {
    for (int standard : {0, 1, 2}) close(standard);
  } else {
    dup2(in, 0);
    dup2(output_for(options.stdout_file, out), 1);
    dup2(output_for(options.stderr_file, err), 2);
  }
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  if (!options.program_name.empty()) argv[0] = const_cast<char*>(options.program_name.c_str());
  argv.push_back(nullptr);
  // With PATH replaced for the program under test it is still found: tests name it by its path.
  execvp(arguments[0].c_str(), argv.data());
  _exit(127);
}

int exit_code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace

Process::Process(const Arguments& arguments, RunOptions options)
    : out_(memory_file("stdout")), err_(memory_file("stderr")), deadline_(options.deadline) {
  const int in = memory_file("stdin");
  if (write(in, options.input.data(), options.input.size()) < 0 || lseek(in, 0, SEEK_SET) < 0)
    throw std::runtime_error("cannot prepare standard input");
  started_ = steady_clock::now();
  pid_ = checked(fork(), "fork");
  if (pid_ == 0) become(arguments, options, in, out_, err_);
  close(in);
  pidfd_ = checked(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)), "pidfd_open");
}

Process::~Process() {
  if (running()) {
    signal(SIGKILL);
    exited_within(milliseconds(20000));
  }
  for (int fd : {pidfd_, out_, err_}) close(fd);
}

bool Process::exited_within(milliseconds limit) {
  if (reaped_) return true;
  pollfd waiting{pidfd_, POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) return false;
  waitpid(pid_, &status_, 0);
  took_ = std::chrono::duration_cast<milliseconds>(steady_clock::now() - started_);
  return reaped_ = true;
}

bool Process::running() { return !exited_within(milliseconds(0)); }

void Process::signal(int number) {
  if (!reaped_) kill(pid_, number);
}

Outcome Process::wait() {
  const auto spent = std::chrono::duration_cast<milliseconds>(steady_clock::now() - started_);
  if (!exited_within(std::max(milliseconds(0), milliseconds(deadline_) - spent))) {
    signal(SIGKILL);
    exited_within(milliseconds(20000));
  }
  return {exit_code(status_), out_so_far(), err_so_far(), took_};
}

std::string Process::out_so_far() const { return content_of(out_); }
std::string Process::err_so_far() const { return content_of(err_); }

Outcome run(const Arguments& arguments, RunOptions options) { return Process(arguments, std::move(options)).wait(); }

std::string tool(const Arguments& arguments, const std::string& input) {
  const Outcome outcome = run(arguments, {.input = input});
  if (outcome.exit != 0)
    throw std::runtime_error(joined(arguments) + ": exit " + std::to_string(outcome.exit) + "\n" + outcome.out +
                             outcome.err);
  return outcome.out;
}

Outcome shell(const std::string& command) { return run({"sh", "-c", command}); }

bool on_path(const std::string& program) {
  std::stringstream path(std::getenv("PATH"));
  for (std::string folder; std::getline(path, folder, ':');)
    if (access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

std::vector<pid_t> children() {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream stat(entry.path() / "stat");
    std::string line;
    std::getline(stat, line);
    const std::size_t after_name = line.rfind(')');
    if (after_name == std::string::npos) continue;
    char state = 0;
    long parent = 0;
    std::istringstream(line.substr(after_name + 1)) >> state >> parent;
    if (parent == getpid()) found.push_back(std::stoi(name));
  }
  return found;
}

}  // namespace looptest

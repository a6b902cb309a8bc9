// The first thing that the program does. Nothing here can fail in a way that keeps it from its work.
#include "system/inherited.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <initializer_list>

namespace aimee {

namespace {

constexpr const char* usual_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

sigset_t ignored;  // empty until settle_inherited_state()

// Opened the wrong way round. Where /dev is not there yet, any file does that can be neither read nor written.
void open_standard_files() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(number, F_GETFD) >= 0) continue;
    const int opened = open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (opened < 0) open("/", O_PATH);
  }
}

void note_if_ignored(int number) {
  struct sigaction action{};
  if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) sigaddset(&ignored, number);
}

void settle_signals() {
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) note_if_ignored(number);
  std::signal(SIGCHLD, SIG_DFL);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void lift_file_size_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_FSIZE, &unlimited) != 0) setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace

void settle_inherited_state() {
  open_standard_files();
  settle_signals();
  umask(022);
  lift_file_size_limit();
  const char* path = std::getenv("PATH");
  if (path == nullptr || *path == '\0') setenv("PATH", usual_path, 1);
}

bool was_ignored(int signal) { return sigismember(&ignored, signal) == 1; }

}  // namespace aimee

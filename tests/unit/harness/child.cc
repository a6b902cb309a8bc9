// Children write to files in memory, so that no amount of output blocks them.
#include "harness/child.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "harness/temporary_folder.h"
#include "harness/test.h"
#include "system/mount.h"

namespace aimee::test {

namespace {

std::string all_of(int file) {
  std::string content;
  char buffer[4096];
  for (off_t offset = 0;;) {
    const ssize_t got = pread(file, buffer, sizeof buffer, offset);
    if (got <= 0) break;
    content.append(buffer, static_cast<std::size_t>(got));
    offset += got;
  }
  close(file);
  return content;
}

int memory_file(const char* name) {
  const int file = memfd_create(name, MFD_CLOEXEC);
  prepared(file >= 0, name);
  return file;
}

}  // namespace

Child::Child(const std::function<int()>& body) : pid_(-1), out_(memory_file("stdout")), err_(memory_file("stderr")) {
  std::fflush(nullptr);
  pid_ = fork();
  prepared(pid_ >= 0, "fork");
  if (pid_ == 0) {
    dup2(out_, STDOUT_FILENO);
    dup2(err_, STDERR_FILENO);
    _exit(body());
  }
}

Child::~Child() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  (void)wait();
}

Ended Child::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  Ended ended;
  if (WIFEXITED(status)) ended.exit = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  ended.out = all_of(out_);
  ended.err = all_of(err_);
  return ended;
}

Ended run_in_child(const std::function<int()>& body) { return Child(body).wait(); }

std::optional<Ended> run_with_own_mounts(const std::function<int()>& body) {
  constexpr int not_permitted = 99;
  const Ended ended = run_in_child([&] {
    const auto entered = enter_private_mount_namespace();
    if (!entered && entered.error().code == EPERM) return not_permitted;
    return entered ? body() : 98;
  });
  if (ended.exit != not_permitted) return ended;
  skip("no privilege to make a mount namespace");
  return std::nullopt;
}

Signal::Signal() : ends_{} { prepared(pipe2(ends_, O_CLOEXEC) == 0, "pipe"); }

Signal::~Signal() {
  close(ends_[0]);
  close(ends_[1]);
}

void Signal::raise() const { prepared(write(ends_[1], "!", 1) == 1, "raise a signal"); }

void Signal::await() const {
  char byte = 0;
  while (read(ends_[0], &byte, 1) < 0 && errno == EINTR) {
  }
}

}  // namespace aimee::test

// What whoever starts the program may leave it with, and what becomes of that.
#include "system/inherited.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"
#include "system/fd.h"
#include "system/process.h"

namespace aimee::test {

namespace {

// The exit code of a child that `spoil`s what it has, settles, and then looks.
int settled(const std::function<void()>& spoil, const std::function<bool()>& is_right) {
  return run_in_child([&] {
           spoil();
           settle_inherited_state();
           return is_right() ? 0 : 1;
         })
      .exit;
}

// What `script` prints as a child of the program.
std::string child_says(const std::string& script) {
  const auto output = output_of(Program{.arguments = {"/bin/sh", "-c", script}, .limit = std::chrono::seconds(60)});
  return output ? *output : told(output);
}

}  // namespace

TEST_CASE("standard files that were closed are open, and can be neither read nor written") {
  for (const int closed : {0b001, 0b010, 0b100, 0b011, 0b101, 0b110, 0b111}) {
    CAPTURE(closed);
    const TemporaryFolder folder;
    const std::string path = folder.file("disk", "untouched");
    const int exit = settled(
        [&] {
          for (int number = 0; number < 3; ++number) {
            if ((closed >> number & 1) != 0) close(number);
          }
        },
        [&] {
          const auto disk = open_file(path, O_RDWR);
          if (!disk || disk->get() < 3) return false;
          for (int number = 0; number < 3; ++number) {
            if ((closed >> number & 1) == 0) continue;
            char byte = 'x';
            const ssize_t done = number == 0 ? read(number, &byte, 1) : write(number, &byte, 1);
            if (done >= 0 || errno != EBADF) return false;
          }
          return true;
        });
    CHECK(exit == 0);
    CHECK(content_of(path) == "untouched");
  }
}

TEST_CASE("standard files that are open stay what they are") {
  const Ended ended = run_in_child([] {
    settle_inherited_state();
    return write(STDOUT_FILENO, "out", 3) == 3 && write(STDERR_FILENO, "err", 3) == 3 ? 0 : 1;
  });
  CHECK(ended.exit == 0);
  CHECK(ended.out == "out");
  CHECK(ended.err == "err");
}

TEST_CASE("the end of a child is noticed where SIGCHLD was ignored") {
  const int exit = settled([] { std::signal(SIGCHLD, SIG_IGN); },
                           [] {
                             const auto result = run_program({"/bin/sh", "-c", "exit 3"}, std::chrono::seconds(60));
                             return told(result) == "failed: /bin/sh: failed with exit status 3";
                           });
  CHECK(exit == 0);
}

TEST_CASE("no signal is blocked, also in a child") {
  const auto block_all = [] {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
  };
  CHECK(settled(block_all, [] {
          sigset_t now;
          return sigprocmask(SIG_SETMASK, nullptr, &now) == 0 && sigisemptyset(&now) == 1;
        }) == 0);
  CHECK(settled(block_all,
                [] { return child_says("kill -TERM $$; echo alive").find("signal 15") != std::string::npos; }) == 0);
}

TEST_CASE("a reader that has gone is an error of write(2) for the program, and a signal for its children") {
  const int exit = settled([] { std::signal(SIGPIPE, SIG_DFL); },
                           [] {
                             int ends[2];
                             if (pipe2(ends, O_CLOEXEC) != 0) return false;
                             close(ends[0]);
                             return write(ends[1], "x", 1) < 0 && errno == EPIPE;
                           });
  CHECK(exit == 0);
  CHECK(settled([] { std::signal(SIGPIPE, SIG_IGN); },
                [] { return child_says("kill -PIPE $$; echo alive").find("signal 13") != std::string::npos; }) == 0);
}

TEST_CASE("what who started the program wants to be ignored is, by children too") {
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
    CAPTURE(number);
    const std::string script = concat("kill -", number, " $$; echo alive");
    CHECK(settled([&] { std::signal(number, SIG_IGN); },
                  [&] { return was_ignored(number) && child_says(script) == "alive\n"; }) == 0);
    CHECK(settled([] {},
                  [&] {
                    std::signal(number, SIG_IGN);  // by the program itself
                    return !was_ignored(number) && child_says(script).find("signal") != std::string::npos;
                  }) == 0);
  }
}

TEST_CASE("the umask is 022 whatever it was") {
  for (const mode_t before : {mode_t{0}, mode_t{077}, mode_t{0777}}) {
    CHECK(settled([&] { umask(before); }, [] { return umask(0) == 022; }) == 0);
  }
}

TEST_CASE("a file may become as large as it is permitted to") {
  const TemporaryFolder folder;
  const auto limited = [] {
    const rlimit small{4096, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &small);
  };
  const auto grows = [&] {
    const auto file = open_file(folder / "file", O_WRONLY | O_CREAT, 0600);
    return file && ftruncate(file->get(), 8192) == 0;
  };
  CHECK(settled(limited, grows) == 0);
  CHECK(settled(limited, [] { return child_says("ulimit -f") == "unlimited\n"; }) == 0);
}

TEST_CASE("there is a PATH, and one that was given stays") {
  constexpr std::string_view usual = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  CHECK(settled([] { unsetenv("PATH"); }, [&] { return std::getenv("PATH") == usual; }) == 0);
  CHECK(settled([] { setenv("PATH", "", 1); }, [&] { return std::getenv("PATH") == usual; }) == 0);
  CHECK(settled([] { setenv("PATH", "/opt", 1); }, [] { return std::string_view("/opt") == std::getenv("PATH"); }) ==
        0);
}

}  // namespace aimee::test

// What a command prints on standard output.
#include "cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

// The error's text on stderr, after `prepare` in a child.
Ended printed(std::string_view text, const std::function<void()>& prepare) {
  return run_in_child([&] {
    prepare();
    const std::string result = told(print_output(text));
    return write(STDERR_FILENO, result.data(), result.size()) < 0 ? 1 : 0;
  });
}

}  // namespace

TEST_CASE("all of a text is printed, and nothing else") {
  for (const std::string& text :
       {std::string(), std::string("one line\n"), std::string("a\0b", 3), std::string(1 << 20, 'x')}) {
    CAPTURE(text.size());
    const Ended ended = printed(text, [] {});
    CHECK(ended.err == "done");
    CHECK((ended.out == text));
  }
}

TEST_CASE("a standard output that takes no more is a failure") {
  CHECK(printed("x", [] { close(STDOUT_FILENO); }).err == with_errno("failed: standard output: write", EBADF));
  CHECK(printed("x", [] { dup2(open("/dev/full", O_WRONLY | O_CLOEXEC), STDOUT_FILENO); }).err ==
        with_errno("failed: standard output: write", ENOSPC));
}

TEST_CASE("a reader that has gone wanted no more") {
  CHECK(printed("x", [] {
          std::signal(SIGPIPE, SIG_IGN);
          int ends[2];
          prepared(pipe2(ends, O_CLOEXEC) == 0, "pipe");
          dup2(ends[1], STDOUT_FILENO);
          close(ends[0]);
        }).err == "done");
}

TEST_CASE("a slow reader gets everything") {
  const std::string text(200'000, 'y');
  int ends[2];
  prepared(pipe2(ends, O_CLOEXEC) == 0, "pipe");
  SUBCASE("through a pipe that blocks") {}
  SUBCASE("through a pipe that does not") { prepared(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0, "fcntl"); }
  Child child([&] {
    dup2(ends[1], STDOUT_FILENO);
    return print_output(text).has_value() ? 0 : 1;
  });
  close(ends[1]);
  std::string received;
  char buffer[1000];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;) {
    received.append(buffer, static_cast<std::size_t>(got));
    if (received.size() >= text.size()) break;
  }
  close(ends[0]);
  CHECK(child.wait().exit == 0);
  CHECK((received == text));
}

}  // namespace aimee::test

// Without a terminal; tests/loop/set_root_password_test.cc has one.
#include "system/terminal.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "harness/child.h"
#include "harness/test.h"

using namespace aimee;
using namespace aimee::test;

namespace {

Ended ask_with(std::string_view input) {
  return run_in_child([&] {
    int ends[2];
    if (pipe(ends) != 0 || write(ends[1], input.data(), input.size()) < 0) return 1;
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    const auto answer = ask("why? ");
    std::printf("%s", answer ? concat("answer ", *answer).c_str() : "none");
    std::fflush(stdout);
    return has_terminal() ? 1 : 0;
  });
}

}  // namespace

TEST_CASE("a question is asked on standard error, and its answer is one line") {
  const Ended ended = ask_with("because\nmore");
  CHECK(ended.exit == 0);
  CHECK(ended.err == "why? ");
  CHECK(ended.out == "answer because");
  CHECK(ask_with("\n").out == "answer ");
}

TEST_CASE("no line is no answer") {
  CHECK(ask_with("").out == "none");
  CHECK(ask_with("unfinished").out == "none");
}

TEST_CASE("a line ends where either kind of Enter is, and of a long one the beginning is kept") {
  CHECK(ask_with("because\r\n").out == "answer because");
  CHECK(ask_with(std::string(1000, 'a') + "\n").out == "answer " + std::string(255, 'a'));
}

TEST_CASE("where there is no terminal, SIGTERM ends the process that would put its settings back") {
  const Ended ended = run_in_child([] {
    const TerminalKept kept;
    std::raise(SIGTERM);
    return 0;
  });
  CHECK(ended.signal == SIGTERM);
}

// What a signal does while work is under way.
#include "system/interrupt.h"

#include <unistd.h>

#include <csignal>

#include "harness/child.h"
#include "harness/test.h"
#include "system/inherited.h"

namespace aimee::test {

namespace {

// A child that calls `prepare`, is ready, gets `number`, and would end with 0 otherwise.
Ended interrupted(int number, const std::function<void()>& prepare) {
  const Signal ready;
  Child child([&] {
    alarm(60);
    prepare();
    ready.raise();
    for (;;) pause();
    return 0;
  });
  ready.await();
  kill(child.pid(), number);
  return child.wait();
}

}  // namespace

TEST_CASE("each of the signals that ask to end prints the line and is exit code 1") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(number);
    const Ended ended = interrupted(number, [] { on_interrupt("init-storage: /dev/vda3: interrupted\n"); });
    CHECK(ended.exit == 1);
    CHECK(ended.signal == 0);
    CHECK(ended.out == "");
    CHECK(ended.err == "init-storage: /dev/vda3: interrupted\n");
  }
}

TEST_CASE("the last line counts, and the first may be gone") {
  const Ended ended = interrupted(SIGTERM, [] {
    on_interrupt("a long line that is not wanted any more\n");
    on_interrupt(std::string("short\n"));
  });
  CHECK(ended.err == "short\n");
}

TEST_CASE("a line that is too long is cut, and the process ends all the same") {
  const Ended ended = interrupted(SIGTERM, [] { on_interrupt(std::string(5000, 'x')); });
  CHECK(ended.exit == 1);
  CHECK(ended.err == std::string(512, 'x'));
}

TEST_CASE("an empty line prints nothing") {
  const Ended ended = interrupted(SIGINT, [] { on_interrupt(""); });
  CHECK(ended.exit == 1);
  CHECK(ended.err == "");
}

TEST_CASE("a signal that who started the process wants to be ignored stays ignored") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    CAPTURE(number);
    const Ended ended = interrupted(number, [&] {
      std::signal(number, SIG_IGN);
      settle_inherited_state();
      on_interrupt("interrupted\n");
      alarm(1);
    });
    CHECK(ended.signal == SIGALRM);
    CHECK(ended.err == "");
  }
}

TEST_CASE("other signals keep their meaning") {
  CHECK(interrupted(SIGQUIT, [] { on_interrupt("x\n"); }).signal == SIGQUIT);
}

}  // namespace aimee::test

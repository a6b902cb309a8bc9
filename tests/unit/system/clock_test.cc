// Deadlines as poll(2) wants them.
#include "system/clock.h"

#include "harness/test.h"

namespace aimee::test {

using std::chrono::hours;
using std::chrono::seconds;

TEST_CASE("a limit of nothing has passed at once") {
  const Deadline now = Deadline::after(seconds(0));
  CHECK(now.passed());
  CHECK(now.milliseconds_left() == 0);
}

TEST_CASE("a limit in the future has not passed, and what is left is rounded up") {
  const Deadline later = Deadline::after(hours(1));
  CHECK_FALSE(later.passed());
  CHECK(later.milliseconds_left() > 3'590'000);
  CHECK(later.milliseconds_left() <= 3'600'000);
}

TEST_CASE("what is left fits poll, however far the limit") {
  CHECK(Deadline::after(hours(24 * 365)).milliseconds_left() == 24 * 3600 * 1000);
  CHECK(Deadline::after(seconds(-5)).milliseconds_left() == 0);
}

}  // namespace aimee::test

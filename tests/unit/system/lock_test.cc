// Locks that somebody else holds.
#include "system/lock.h"

#include <fcntl.h>

#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

TEST_CASE("a lock is had at once where nobody holds it, and again on the same descriptor") {
  const TemporaryFolder folder;
  const auto fd = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(fd);
  CHECK(told(lock_exclusively(*fd, "it", std::chrono::seconds(0))) == "done");
  CHECK(told(lock_exclusively(*fd, "it", std::chrono::seconds(0))) == "done");
}

TEST_CASE("a lock that stays held is told when the time is over, and had when it is free") {
  const TemporaryFolder folder;
  auto holder = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  const auto fd = open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  MUST_SUCCEED(holder);
  MUST_SUCCEED(fd);
  MUST_SUCCEED(lock_exclusively(*holder, "it", std::chrono::seconds(0)));
  CHECK(told(lock_exclusively(*fd, "it", std::chrono::seconds(1))) ==
        "failed: it: is locked by another process for longer than 1 s");
  holder->reset();
  CHECK(told(lock_exclusively(*fd, "it", std::chrono::seconds(0))) == "done");
}

TEST_CASE("what cannot be locked is a failure") {
  CHECK(told(lock_exclusively(Fd(), "it", std::chrono::seconds(0))) == with_errno("failed: it: lock", EBADF));
}

}  // namespace aimee::test

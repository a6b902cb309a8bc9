// sd_notify(3), with a real socket at the other end.
#include "system/notify.h"

#include <unistd.h>

#include <cstdlib>

#include "harness/child.h"
#include "harness/notify_socket.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

// notify_manager() with this NOTIFY_SOCKET, in a process of its own.
Ended notified_in_child(const std::string& socket) {
  return run_in_child([&] {
    setenv("NOTIFY_SOCKET", socket.c_str(), 1);
    notify_manager("STATUS=x");
    return 0;
  });
}

}  // namespace

TEST_CASE("a state is one datagram to the socket's path") {
  const TemporaryFolder folder;
  const NotifySocket manager(folder / "notify");
  notify_manager("STATUS=copying 40 %");
  notify_manager("READY=1\nSTATUS=done");
  CHECK(manager.next() == "STATUS=copying 40 %");
  CHECK(manager.next() == "READY=1\nSTATUS=done");
  CHECK(manager.next() == "(none)");
}

TEST_CASE("an abstract socket is named with an @") {
  const std::string name = concat("@aimee-unit-", static_cast<int>(getpid()), "-notify");
  const NotifySocket manager(name);
  notify_manager("STATUS=x");
  CHECK(manager.next() == "STATUS=x");
}

TEST_CASE("a path that fills the address but for its end is reached") {
  const TemporaryFolder folder;
  std::string path = folder / "";
  path.append(107 - path.size(), 'n');
  const NotifySocket manager(path);
  notify_manager("STATUS=x");
  CHECK(manager.next() == "STATUS=x");
}

TEST_CASE("without a manager, or with one that is gone or cannot be named, nothing happens") {
  const TemporaryFolder folder;
  CHECK(run_in_child([] {
          unsetenv("NOTIFY_SOCKET");
          notify_manager("STATUS=x");
          return 0;
        }).exit == 0);
  const std::string sockets[] = {
      folder / "nobody", folder.file("file", ""),     "@nobody-here",        "", "/", "@", "relative/path",
      "vsock:2:1234",    "/" + std::string(107, 'n'), std::string(5000, '/')};
  for (const std::string& socket : sockets) {
    CAPTURE(socket);
    const Ended ended = notified_in_child(socket);
    CHECK(ended.exit == 0);
    CHECK(ended.signal == 0);
    CHECK(ended.err == "");
  }
}

TEST_CASE("a manager that does not read never blocks the work") {
  const TemporaryFolder folder;
  const NotifySocket manager(folder / "notify");
  const Ended ended = run_in_child([&] {
    alarm(20);
    for (int i = 0; i < 10'000; ++i) notify_manager("STATUS=x");
    return 0;
  });
  CHECK(ended.exit == 0);
  CHECK(manager.next() == "STATUS=x");
}

TEST_CASE("no descriptor is left open") {
  const TemporaryFolder folder;
  const NotifySocket manager(folder / "notify");
  const int before = dup(STDIN_FILENO);
  close(before);
  for (int i = 0; i < 10; ++i) notify_manager("STATUS=x");
  const int after = dup(STDIN_FILENO);
  close(after);
  CHECK(before == after);
}

}  // namespace aimee::test

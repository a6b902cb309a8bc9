// Messages on stderr. Each runs in a child: whether stderr is the journal is found out once a process.
#include "base/log.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

int log_one_of_each() {
  set_log_name("init-storage");
  log_error("an error");
  log_warning("a warning");
  log_notice("a notice");
  log_info("an information");
  return 0;
}

void name_journal(dev_t device, ino_t inode) { setenv("JOURNAL_STREAM", concat(device, ":", inode).c_str(), 1); }

}  // namespace

TEST_CASE("a message is one line with the applet's name, on stderr only") {
  const Ended ended = run_in_child(log_one_of_each);
  CHECK(ended.exit == 0);
  CHECK(ended.out == "");
  CHECK(ended.err ==
        "init-storage: an error\ninit-storage: a warning\ninit-storage: a notice\ninit-storage: an information\n");
}

TEST_CASE("where stderr is the journal's stream, lines start with their priority") {
  const Ended ended = run_in_child([] {
    struct stat status{};
    fstat(STDERR_FILENO, &status);
    name_journal(status.st_dev, status.st_ino);
    return log_one_of_each();
  });
  CHECK(ended.err ==
        "<3>init-storage: an error\n<4>init-storage: a warning\n<5>init-storage: a notice\n"
        "<6>init-storage: an information\n");
}

TEST_CASE("a JOURNAL_STREAM that is another stream's, or junk, gives no priorities") {
  for (const char* stream : {"1:1", "", "junk", "99999999999999999999:1"}) {
    CAPTURE(stream);
    const Ended ended = run_in_child([stream] {
      setenv("JOURNAL_STREAM", stream, 1);
      set_log_name("x");
      log_error("text");
      return 0;
    });
    CHECK(ended.err == "x: text\n");
  }
}

TEST_CASE("a message is written by one write") {
  int ends[2];
  prepared(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
  const Ended ended = run_in_child([&] {
    dup2(ends[1], STDERR_FILENO);
    return log_one_of_each();
  });
  char packet[256];
  const ssize_t length = recv(ends[0], packet, sizeof packet, MSG_DONTWAIT);
  close(ends[0]);
  close(ends[1]);
  CHECK(ended.exit == 0);
  MUST(length > 0);
  CHECK(std::string(packet, static_cast<std::size_t>(length)) == "init-storage: an error\n");
}

TEST_CASE("a message that cannot be written is dropped") {
  const Ended ended = run_in_child([] {
    close(STDERR_FILENO);
    return log_one_of_each();
  });
  CHECK(ended.exit == 0);
  CHECK(ended.err == "");
}

}  // namespace aimee::test

// Progress: silence within the first second, then a line and a STATUS=, not more than one a second.
#include "effects/progress.h"

#include <unistd.h>

#include <memory>
#include <vector>

#include "base/log.h"
#include "harness/child.h"
#include "harness/notify_socket.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

TEST_CASE("a step's name is sent to the service manager when it begins, and not printed") {
  const TemporaryFolder folder;
  const NotifySocket manager(folder / "notify");
  const Ended ended = run_in_child([] {
    Progress progress;
    progress.begin("make btrfs");
    progress.begin("copy");
    progress.tick();
    return 0;
  });
  CHECK(manager.next() == "STATUS=make btrfs");
  CHECK(manager.next() == "STATUS=copy");
  CHECK(manager.next() == "(none)");
  CHECK(ended.err == "");
}

TEST_CASE("work that is done within a second says nothing") {
  const Ended ended = run_in_child([] {
    Progress progress;
    progress.begin("copy");
    const auto half = Clock::now() + std::chrono::milliseconds(300);
    while (Clock::now() < half) progress.tick();
    return 0;
  });
  CHECK(ended.err == "");
}

TEST_CASE("longer work says how far it is, once a second at most, and where nobody looks on every ten") {
  const TemporaryFolder folder;
  const NotifySocket manager(folder / "notify");
  const Ended ended = run_in_child([] {
    set_log_name("test");
    Progress progress;
    progress.total_files = 4;
    progress.total_bytes = 16 << 10;
    progress.begin("copy");
    progress.files = 1;
    progress.bytes = 4 << 10;
    const auto end = Clock::now() + std::chrono::milliseconds(2500);
    while (Clock::now() < end) progress.tick();
    return 0;
  });
  constexpr std::string_view line = "copy: 1 of 4 files, 4.0 KiB of 16.0 KiB (25 %)";
  CHECK(manager.next() == "STATUS=copy");
  CHECK(manager.next() == concat("STATUS=", line));
  CHECK(manager.next() == concat("STATUS=", line));
  CHECK(manager.next() == "(none)");
  CHECK(ended.err == concat("test: ", line, "\n"));
}

TEST_CASE("a step says its name and what is known of its size, and no sum goes beyond the whole") {
  struct Row {
    std::uint64_t files;
    std::uint64_t bytes;
    std::uint64_t total_files;
    std::uint64_t total_bytes;
    std::string_view line;
  };
  const Row rows[] = {
      {0, 0, 0, 0, "step"},
      {0, 4096, 10, 8192, "step"},
      {5, 0, 0, 0, "step: 5 files"},
      {2, 9 << 20, 1, 1 << 20, "step: 2 of 1 files, 9.0 MiB of 1.0 MiB (100 %)"},
      {1, 0, 1, 0, "step: 1 of 1 files, 0 B of 0 B (100 %)"},
  };
  // All at once: each waits for its second.
  std::vector<std::unique_ptr<Child>> children;
  for (const Row& row : rows) {
    children.push_back(std::make_unique<Child>([&row] {
      set_log_name("test");
      Progress progress;
      progress.begin("step");
      progress.files = row.files;
      progress.bytes = row.bytes;
      progress.total_files = row.total_files;
      progress.total_bytes = row.total_bytes;
      const auto end = Clock::now() + std::chrono::milliseconds(1100);
      while (Clock::now() < end) usleep(10'000);
      progress.tick();
      return 0;
    }));
  }
  for (std::size_t i = 0; i < children.size(); ++i) {
    CHECK(children[i]->wait().err == concat("test: ", rows[i].line, "\n"));
  }
}

TEST_CASE("work of unknown size says how many files were seen") {
  const TemporaryFolder folder;
  const NotifySocket manager(folder / "notify");
  const Ended ended = run_in_child([] {
    Progress progress;
    progress.begin("relabel /var");
    progress.files = 7;
    const auto end = Clock::now() + std::chrono::milliseconds(1200);
    while (Clock::now() < end) progress.tick();
    return 0;
  });
  CHECK(ended.exit == 0);
  CHECK(manager.next() == "STATUS=relabel /var");
  CHECK(manager.next() == "STATUS=relabel /var: 7 files");
}

TEST_CASE("a step with a length says how much of it is done") {
  const Ended ended = run_in_child([] {
    set_log_name("test");
    Progress progress;
    progress.begin("overwriting", 4ULL << 30);
    progress.advance(1ULL << 30);
    const auto later = Clock::now() + std::chrono::milliseconds(1100);
    while (Clock::now() < later) progress.tick();
    return 0;
  });
  CHECK(ended.err == "test: overwriting: 1.0 GiB of 4.0 GiB (25 %)\n");
}

}  // namespace aimee::test

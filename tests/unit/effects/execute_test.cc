// Operations one after the other; those that need a real device are the loop tests' business.
#include "effects/execute.h"

#include <fcntl.h>
#include <unistd.h>

#include "harness/notify_socket.h"
#include "harness/superblocks.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

// Executes `plan` on a regular file in the device's place.
std::string executed(const Plan& plan, const std::string& path, int flags) {
  const FileContexts contexts;
  Progress progress;
  Workplace workplace{{"/dev/vda3", 0}, 1 << 20, "", Fd(), contexts, progress};
  std::vector<Fd> opened;
  opened.emplace_back(open(path.c_str(), flags | O_CLOEXEC));
  return told(execute(plan, workplace, {}, std::move(opened)));
}

}  // namespace

TEST_CASE("an empty plan is done") {
  const TemporaryFolder folder;
  CHECK(executed({}, folder.file("disk", ""), O_RDWR) == "done");
}

TEST_CASE("an operation is announced, done and followed by the next") {
  const TemporaryFolder folder;
  const NotifySocket manager(folder / "notify");
  const std::string path = folder.file("disk", std::string(16384, 'x'));
  CHECK(executed({EraseOldRemains{{0}}, EraseOldRemains{{8192}}}, path, O_RDWR) == "done");
  const std::string zeros(4096, '\0');
  const std::string kept(4096, 'x');
  CHECK((content_of(path) == concat(zeros, kept, zeros, kept)));
  CHECK(manager.next() == "STATUS=erase old btrfs superblock copies at 0 B");
  CHECK(manager.next() == "STATUS=erase old btrfs superblock copies at 8.0 KiB");
  CHECK(manager.next() == "(none)");
}

TEST_CASE("the first operation that fails ends it, with the device's name, and nothing after it is begun") {
  const TemporaryFolder folder;
  const NotifySocket manager(folder / "notify");
  const std::string path = folder.file("disk", std::string(16384, 'x'));
  CHECK(executed({EraseOldRemains{{4096}}, EraseOldRemains{{0}}}, path, O_RDONLY) ==
        with_errno("failed: /dev/vda3: write at byte 4096", EBADF));
  CHECK((content_of(path) == std::string(16384, 'x')));
  CHECK(manager.next() == "STATUS=erase old btrfs superblock copies at 4.0 KiB");
  CHECK(manager.next() == "(none)");
}

}  // namespace aimee::test

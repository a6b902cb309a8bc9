// Runs that end in the middle: killed, asked to stop, out of room, on a device that fails. The next run always
// starts over and finishes, and nothing stays mounted meanwhile.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/failing_disk.h"
#include "harness/init_storage.h"
#include "harness/mounted.h"

using namespace looptest;

namespace {

// Not through the page cache: what the device has now.
bool creating(const LoopDisk& disk) {
  const Superblock superblock = Superblock::at(disk.backing(), primary_superblock);
  return superblock.valid() && superblock.label() == creating_label;
}

bool committed(const LoopDisk& disk) {
  const Superblock superblock = Superblock::at(disk.backing(), primary_superblock);
  return superblock.valid() && superblock.label() == final_label;
}

void check_whole(const SampleRoot& root, const LoopDisk& disk) {
  const Mounted volume(disk.device(), "ro");
  CHECK(differences(root / "var", volume.path(), "/etc") == "");
}

}  // namespace

TEST_CASE("killed while it copies: nothing stays mounted, and the next run finishes") {
  const LoopDisk disk({.size = 1 * GiB});
  const SampleRoot root(disk.device());
  root.bulk(1500, 200000);
  {
    const NothingLeft nothing_left;
    Process process(init_storage_command(root));
    REQUIRE(wait_until([&] { return creating(disk) || !process.running(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    process.signal(SIGKILL);
    const Outcome outcome = process.wait();
    CHECK_MESSAGE(outcome.exit == 128 + SIGKILL, "finished before it could be killed");
  }
  CHECK_FALSE(committed(disk));
  CHECK(json(init_storage(root, {"--dry-run", "--json"}), ".state") == "unfinished");
  check_created(root, disk.device());
  check_whole(root, disk);
}

TEST_CASE("killed at any moment: ready and whole, or started over") {
  const LoopDisk disk({.size = 400 * MiB});
  const SampleRoot root(disk.device());
  root.bulk(300, 100000);
  const std::chrono::milliseconds whole = [&] {
    const Outcome outcome = init_storage(root);
    CHECK(outcome.exit == 0);
    return outcome.took;
  }();
  constexpr int moments = 12;
  for (int moment = 0; moment <= moments; ++moment) {
    CAPTURE(moment);
    disk.fill(0, 16 * MiB, 0);
    disk.fill(second_superblock, superblock_size, 0);
    {
      const NothingLeft nothing_left;
      Process process(init_storage_command(root));
      std::this_thread::sleep_for(whole * moment / moments);
      process.signal(SIGKILL);
      process.wait();
    }
    const bool was_committed = committed(disk);
    const Fingerprint before = disk.fingerprint();
    const Outcome next = init_storage(root, {"--json"});
    CHECK_MESSAGE(next.exit == 0, next.err);
    if (was_committed) CHECK(json(next, ".state") == "ready");
    if (was_committed && json(next, ".action") == "none") CHECK(disk.fingerprint() == before);
    check_volume_is_ready(disk.device());
    check_whole(root, disk);
  }
}

TEST_CASE("asked to stop, it says so in one line and leaves the volume unfinished") {
  const LoopDisk disk({.size = 1 * GiB});
  const SampleRoot root(disk.device());
  root.bulk(1500, 200000);
  for (int number : {SIGTERM, SIGINT}) {
    CAPTURE(number);
    disk.fill(0, 16 * MiB, 0);
    disk.fill(second_superblock, superblock_size, 0);
    const NothingLeft nothing_left;
    Process process(init_storage_command(root));
    REQUIRE(wait_until([&] { return creating(disk) || !process.running(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    process.signal(number);
    const Outcome outcome = process.wait();
    CHECK(outcome.exit == 1);
    check_message(outcome, disk.device(), {});
    CHECK(outcome.took < std::chrono::seconds(10));
    CHECK_FALSE(committed(disk));
  }
  check_created(root, disk.device());
  check_whole(root, disk);
}

TEST_CASE("asked to stop while it waits for a device, it stops") {
  const SampleRoot root("/dev/" + random_name("aimee-"));
  Process process(init_storage_command(root, {"--timeout", "50"}));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  process.signal(SIGTERM);
  const Outcome outcome = process.wait();
  CHECK(outcome.exit == 1);
  CHECK(outcome.took < std::chrono::seconds(5));
}

TEST_CASE("a template that is larger than the device is refused before anything is written") {
  const LoopDisk disk({.size = 200 * MiB});
  const SampleRoot root(disk.device());
  root.bulk(300, 1000000);
  check_refused(root, disk.device(), {"too small"});
}

TEST_CASE("a template that does not fit beside the file system's own data fails each time, and leaves nothing") {
  const LoopDisk disk({.size = 160 * MiB});
  const SampleRoot root(disk.device());
  root.bulk(150, 1000000);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Outcome outcome = init_storage(root);
    CHECK(outcome.exit == 1);
    CHECK(outcome.err.find("No space left on device") != std::string::npos);
    CHECK_FALSE(committed(disk));
  }
  run({"rm", "-rf", root / "var/lib/bulk"});
  check_created(root, disk.device());
  check_whole(root, disk);
}

TEST_CASE("a device whose writes begin to fail: exit code 1, and the next run on a good one finishes") {
  NEEDS("nbdkit", "nbdfuse", "fusermount3");
  FailingDisk failing({.size = 512 * MiB});
  const SampleRoot root(failing.disk().device());
  root.bulk(300, 200000);
  SUBCASE("from the start") {
    failing.fail_writes(true);
    const Outcome outcome = init_storage(root);
    CHECK(outcome.exit == 1);
    CHECK(outcome.err.find(failing.disk().device()) != std::string::npos);
  }
  SUBCASE("during the copy") {
    const NothingLeft nothing_left;
    Process process(init_storage_command(root));
    REQUIRE(wait_until([&] { return creating(failing.disk()) || !process.running(); }));
    failing.fail_writes(true);
    const Outcome outcome = process.wait();
    CHECK(outcome.exit == 1);
    CHECK(outcome.err.find("init-storage: ") != std::string::npos);
  }
  failing.fail_writes(false);
  CHECK_FALSE(committed(failing.disk()));
  check_created(root, failing.disk().device());
  check_whole(root, failing.disk());
}

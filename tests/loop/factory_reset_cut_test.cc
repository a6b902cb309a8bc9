// factory-reset --erase, cut short at every point: the volume is armed still, or finished, and the next run goes on.
#include <csignal>

#include "harness/doctest_main.h"
#include "harness/failing_disk.h"
#include "harness/reset.h"

using namespace looptest;

namespace {

// The smallest that a data volume may be: these tests read every byte again and again.
const LoopDisk::Shape small{.size = 128 * MiB};

Arguments erase_command(const SampleRoot& root, const Arguments& more = {}) {
  Arguments command{aimee(), "factory-reset", "--root", root.path(), "--erase"};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

std::string state_of(const SampleRoot& root) { return json(init_storage(root, {"--dry-run", "--json"}), ".state"); }

// After a cut: armed still, or finished; and the next run always finishes.
void check_goes_on(const SampleRoot& root, const LoopDisk& disk) {
  const std::string state = state_of(root);
  CHECK_MESSAGE((state == "reset-armed" || state == "blank"), state);
  const Outcome next = factory_reset(root, {"--erase"});
  CHECK_MESSAGE(next.exit == (state == "blank" ? 3 : 0), next.err);
  CHECK_FALSE(holds(disk, secret));
}

}  // namespace

TEST_CASE("killed before any of its writes and flushes, it is armed or finished") {
  NEEDS("strace");
  const LoopDisk disk(small);
  const SampleRoot root(disk.device());
  for (const std::string system_call : {"pwrite64", "fsync"}) {
    bool killed = true;
    unsigned nth = 0;
    while (killed && nth < 60) {
      ++nth;
      CAPTURE(system_call);
      CAPTURE(nth);
      make_armed(disk);
      killed = killed_at(system_call, nth, erase_command(root));
      check_goes_on(root, disk);
    }
    CHECK_MESSAGE(nth > 3, system_call << " was killed " << nth << " times only");
    CHECK_FALSE(killed);
  }
}

TEST_CASE("killed while it overwrites and while it reads back, it goes on") {
  NEEDS("nbdkit", "nbdfuse", "fusermount3");
  FailingDisk plain(small);
  LoopDisk& disk = plain.disk();
  const SampleRoot root(disk.device());
  const std::string noise = random_bytes(MiB);
  std::chrono::milliseconds whole{};
  constexpr int moments = 6;
  for (int moment = 0; moment <= moments; ++moment) {
    CAPTURE(moment);
    make_armed(disk);
    for (std::uint64_t offset = 80 * MiB; offset < 120 * MiB; offset += MiB) disk.write(offset, noise);
    if (moment == 0) {
      whole = factory_reset(root, {"--erase"}).took;
      continue;
    }
    {
      const NothingLeft nothing_left;
      Process process(erase_command(root));
      std::this_thread::sleep_for(whole * moment / moments);
      process.signal(SIGKILL);
      process.wait();
    }
    check_goes_on(root, disk);
    CHECK_FALSE(holds(disk, noise.substr(4096, 64)));
  }
}

TEST_CASE("asked to stop, it says so and leaves the volume armed") {
  NEEDS("nbdkit", "nbdfuse", "fusermount3");
  FailingDisk plain({.size = 512 * MiB});
  LoopDisk& disk = plain.disk();
  make_armed(disk);
  const std::string noise = random_bytes(MiB);
  for (std::uint64_t offset = 100 * MiB; offset < 500 * MiB; offset += MiB) disk.write(offset, noise);
  const SampleRoot root(disk.device());
  {
    const NothingLeft nothing_left;
    Process process(erase_command(root));
    // The superblock's copy is the first thing to go.
    REQUIRE(
        wait_until([&] { return !Superblock::at(disk.backing(), second_superblock).valid() || !process.running(); }));
    process.signal(SIGTERM);
    const Outcome outcome = process.wait();
    CHECK(outcome.exit == 1);
    CHECK(outcome.err.find("factory-reset: " + disk.device() + ": interrupted") != std::string::npos);
  }
  check_goes_on(root, disk);
}

TEST_CASE("a device whose writes fail: exit code 1, armed, and erased when it works again") {
  NEEDS("nbdkit", "nbdfuse", "fusermount3");
  FailingDisk failing(small);
  LoopDisk& disk = failing.disk();
  make_armed(disk);
  const SampleRoot root(disk.device());
  failing.fail_writes(true);
  const Outcome outcome = factory_reset(root, {"--erase", "--json"});
  CHECK(outcome.exit == 1);
  CHECK(outcome.err.find(disk.device()) != std::string::npos);
  CHECK(json(outcome, ".proof") == "null");
  failing.fail_writes(false);
  tool({"blockdev", "--flushbufs", disk.device()});
  CHECK(state_of(root) == "reset-armed");
  check_goes_on(root, disk);
}

// A data volume that has grown, after a cut or on a failing device: armed still on all devices, or erased on all.
#include <csignal>

#include "harness/doctest_main.h"
#include "harness/failing_disk.h"
#include "harness/several_devices.h"

using namespace looptest;

namespace {

const LoopDisk::Shape size{.size = 160 * MiB};

}  // namespace

TEST_CASE("an erasure that has begun on one device cannot be cancelled") {
  const LoopDisk first(size);
  const LoopDisk second(size);
  make_grown({first.device(), second.device()});
  const SampleRoot root(first.device());
  set_label(first, token_of(first));
  second.fill(primary_superblock + 512, superblock_size - 512, '\0');
  check_reset_refused(root, {"--cancel"}, {"its erasure has begun"});
  check_proven(factory_reset(root, {"--erase"}), {&first, &second});
}

TEST_CASE("cut after the others were erased, the rest goes without them") {
  const LoopDisk first(size);
  const LoopDisk second(size);
  make_grown({first.device(), second.device()});
  const SampleRoot root(first.device());
  set_label(first, token_of(first));
  first.fill(primary_superblock + 512, superblock_size - 512, '\0');
  SUBCASE("its first sector is left") {
    second.fill(0, primary_superblock, '\0');
    second.fill(primary_superblock + 512, second.size() - primary_superblock - 512, '\0');
    check_proven(factory_reset(root, {"--erase"}), {&first, &second});
  }
  SUBCASE("nothing is left") {
    second.fill(0, second.size(), '\0');
    check_proven(init_storage(root), {&first});
  }
  CHECK_FALSE(holds(first, secret));
  CHECK(is_all_zeros(second));
}

TEST_CASE("armed, and the power went between the superblocks of the two devices: the newest counts") {
  const LoopDisk first(size);
  const LoopDisk second(size);
  make_grown({first.device(), second.device()});
  const SampleRoot root(second.device());
  const std::string older = second.read(primary_superblock, superblock_size);
  {
    const Mounted volume(first.device());
    CHECK(factory_reset(root, {"--yes"}).exit == 0);
  }
  forget_devices({&first, &second});
  // As the transaction before left it; it is one that the token's superblock follows.
  const Superblock armed = Superblock::at(second.device(), primary_superblock);
  const std::uint64_t generation = armed.generation() - 1;
  second.write(primary_superblock,
               Superblock(older).with(72, {reinterpret_cast<const char*>(&generation), sizeof generation}).bytes());
  const std::uint64_t newest = armed.generation();
  first.write(primary_superblock, Superblock::at(first.device(), primary_superblock)
                                      .with(72, {reinterpret_cast<const char*>(&newest), sizeof newest})
                                      .bytes());
  CHECK(label_of(second) == final_label);
  const Outcome plan = init_storage(root, {"--dry-run", "--json"});
  CHECK(json(plan, ".state") == "reset-armed");
  CHECK(json(plan, ".plan[0]") == "write the reset token into the superblock");
  check_proven(init_storage(root), {&first, &second});
  check_volume_is_ready(second.device());
  CHECK(is_all_zeros(first));
}

TEST_CASE("the superblock of another device that was torn in use is mended too") {
  const LoopDisk first(size);
  const LoopDisk second(size);
  make_grown({first.device(), second.device()});
  const SampleRoot root(first.device());
  // Its last sectors are those of another version of the roots' backups.
  const std::string torn = second.read(primary_superblock + 3072, 1) == "x" ? "y" : "x";
  second.write(primary_superblock + 3072, torn);
  CHECK_FALSE(Superblock::at(second.device(), primary_superblock).valid());
  forget_devices({&first, &second});
  const Outcome plan = init_storage(root, {"--dry-run", "--json"});
  CHECK(json(plan, ".action") == "mend");
  CHECK(json(plan, ".plan[0]") == "write the checksum of the superblock that is there on " + second.device());
  const Outcome outcome = init_storage(root);
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(Superblock::at(second.device(), primary_superblock).valid());
  check_left_alone(root, "ready");
  tool({"btrfs", "device", "scan", second.device()});
  CHECK(marker_says(first.device(), secret));
}

TEST_CASE("killed before any of its writes and flushes, both devices end erased") {
  NEEDS("strace");
  const LoopDisk first(size);
  const LoopDisk second(size);
  const SampleRoot root(first.device());
  const Arguments erase{aimee(), "factory-reset", "--root", root.path(), "--erase", "--quick"};
  bool killed = true;
  unsigned nth = 0;
  while (killed && nth < 60) {
    ++nth;
    CAPTURE(nth);
    make_grown({first.device(), second.device()});
    set_label(first, token_of(first));
    forget_devices({&first, &second});
    killed = killed_at("fsync", nth, erase);
    const bool finished = is_all_zeros(first);
    const Outcome next = factory_reset(root, {"--erase"});
    CHECK_MESSAGE(next.exit == (finished ? 3 : 0), next.err);
    CHECK(is_all_zeros(first));
    CHECK(is_all_zeros(second));
  }
  CHECK_MESSAGE(nth > 6, "killed " << nth << " times only");
  CHECK_FALSE(killed);
}

TEST_CASE("another device whose writes fail: exit code 1, armed, and erased when it works again") {
  NEEDS("nbdkit", "nbdfuse", "fusermount3");
  const LoopDisk first(size);
  FailingDisk failing(size);
  LoopDisk& second = failing.disk();
  make_grown({first.device(), second.device()});
  const SampleRoot root(first.device());
  set_label(first, token_of(first));
  forget_devices({&first, &second});
  failing.fail_writes(true);
  const Outcome outcome = factory_reset(root, {"--erase", "--json"});
  CHECK(outcome.exit == 1);
  CHECK_MESSAGE(outcome.err.starts_with("factory-reset: " + second.device() + ": "), outcome.err);
  CHECK(json(outcome, ".devices | map(.proof) | unique | join(\" \")") == "");
  CHECK(label_of(first) == token_of(first));
  CHECK(holds(first, secret));  // the one with the token is not begun
  failing.fail_writes(false);
  tool({"blockdev", "--flushbufs", second.device()});
  check_proven(factory_reset(root, {"--erase"}), {&first, &second});
  CHECK_FALSE(holds(second, secret));
}

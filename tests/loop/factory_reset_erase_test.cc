// factory-reset --erase, as the shutdown unit runs it, and what is left on the raw disk.
#include <sys/stat.h>

#include "harness/doctest_main.h"
#include "harness/failing_disk.h"
#include "harness/reset.h"

using namespace looptest;

namespace {

std::uint64_t allocated(const LoopDisk& disk) {
  struct stat status{};
  checked(stat(disk.backing().c_str(), &status), disk.backing());
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

std::string state_of(const SampleRoot& root) { return json(init_storage(root, {"--dry-run", "--json"}), ".state"); }

}  // namespace

TEST_CASE("an armed volume is erased, discarded, proven blank, and made anew by init-storage") {
  const LoopDisk disk;
  make_armed(disk);
  const std::string uuid = uuid_of(disk);
  disk.write(disk.size() - 512, secret);
  disk.write(3 * KiB, secret);
  const std::uint64_t before = allocated(disk);
  const SampleRoot root(disk.device());
  const Outcome outcome = factory_reset(root, {"--erase", "--json"});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  const std::string proof = "read back 256 MiB: zeros; no signature, no superblock copy";
  CHECK(outcome.err.find("erased: " + proof) != std::string::npos);
  CHECK(outcome.err.find("on flash, overwriting reaches only") != std::string::npos);
  CHECK(outcome.err.find("this device has discard") != std::string::npos);
  CHECK(json(outcome, ".action") == "erase");
  CHECK(json(outcome, ".proof") == proof);
  CHECK_FALSE(holds(disk, secret));
  CHECK_FALSE(holds(disk, uuid));
  check_nothing_is_found(disk);
  CHECK(disk.fingerprint().content == LoopDisk().fingerprint().content);  // not a byte that is not zero
  CHECK_MESSAGE(allocated(disk) < 2 * MiB, allocated(disk) << " of " << before << " bytes still allocated");
  CHECK(state_of(root) == "blank");
  check_created(root, disk.device());
  CHECK(uuid_of(disk) != uuid);
}

TEST_CASE("on a device without discard everything is overwritten, and the proof says so") {
  NEEDS("nbdkit", "nbdfuse", "fusermount3");
  FailingDisk plain({.size = 256 * MiB});
  LoopDisk& disk = plain.disk();
  make_armed(disk);
  disk.write(200 * MiB + 17, secret);
  const SampleRoot root(disk.device());
  const Outcome outcome = factory_reset(root, {"--erase"});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(outcome.err.find("read back 256 MiB: zeros") != std::string::npos);
  CHECK(outcome.err.find("this device has no discard") != std::string::npos);
  CHECK_FALSE(holds(disk, secret));
  check_nothing_is_found(disk);
}

TEST_CASE("--quick on a device without discard leaves data and says so, and nothing is found on it") {
  NEEDS("nbdkit", "nbdfuse", "fusermount3");
  FailingDisk plain({.size = 256 * MiB});
  LoopDisk& disk = plain.disk();
  make_armed(disk);
  disk.write(200 * MiB, secret);
  disk.write(disk.size() - 512, "EFI PART");
  const SampleRoot root(disk.device());
  const Outcome outcome = factory_reset(root, {"--erase", "--quick"});
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  CHECK(outcome.err.find("the rest keeps its data: the device cannot discard, and --quick does not overwrite") !=
        std::string::npos);
  CHECK(disk.read(200 * MiB, secret.size()) == secret);
  check_nothing_is_found(disk);
  check_created(root, disk.device());
}

TEST_CASE("what is not armed, or armed for something else, is refused") {
  const LoopDisk disk;
  const SampleRoot root(disk.device());
  SUBCASE("not armed") {
    make_ready(disk.device(), secret);
    check_reset_refused(root, {"--erase"}, {"is not armed", "refusing to erase"});
    // The kernel command line is for init-storage, at a boot.
    const KernelCommandLine line("aimee.factory_reset=" + uuid_of(disk));
    check_reset_refused(root, {"--erase"}, {"is not armed", "refusing to erase"});
  }
  SUBCASE("cancelled") {
    make_armed(disk);
    CHECK(factory_reset(root, {"--cancel"}).exit == 0);
    check_reset_refused(root, {"--erase"}, {"is not armed"});
  }
  SUBCASE("another volume's token") {
    make_ready(disk.device(), secret);
    set_label(disk, token("11111111-2222-8333-8444-61696d656501", disk.size()));
    check_reset_refused(root, {"--erase"}, {"for another volume, another device or another version"});
    CHECK(marker_says(disk.device(), secret));
  }
  SUBCASE("blank") { check_reset_refused(root, {"--erase"}, {"is blank", "is not armed"}); }
  SUBCASE("a foreign signature moved in") {
    make_armed(disk);
    const LoopDisk other;
    tool({"mkfs.ext4", "-q", "-L", "home", other.device()});
    disk.write(1024, other.read(1024, 1024));
    check_reset_refused(root, {"--erase"}, {"refusing to erase"});
  }
  SUBCASE("a foreign file system took its place") {
    make_armed(disk);
    tool({"mkfs.ext4", "-q", "-F", "-L", "home", disk.device()});
    check_reset_refused(root, {"--erase"}, {"holds", "refusing to erase"});
  }
  SUBCASE("mounted") {
    make_armed(disk);
    const Mounted volume(disk.device(), "ro");
    check_reset_refused(root, {"--erase"}, {"is mounted at " + volume.path()});
  }
}

TEST_CASE("an old token that was copied to another disk does nothing") {
  const LoopDisk disk;
  make_armed(disk);
  const LoopDisk larger({.size = 300 * MiB});
  tool({"dd", "if=" + disk.device(), "of=" + larger.device(), "bs=1M", "conv=sparse,fsync", "status=none"});
  const SampleRoot root(larger.device());
  check_reset_refused(root, {"--erase"}, {"for another volume, another device or another version"});
  check_left_alone(root, "ready");
  CHECK(factory_reset(root, {"--cancel"}).err.find("nothing to cancel") != std::string::npos);
}

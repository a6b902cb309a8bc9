// Devices that do not read back: a read error is never taken for zeros, wherever it is.
//
// A loop device whose file was cut short gives EIO for everything behind the cut; nbdkit's error filter fails
// every read.
#include <filesystem>

#include "harness/btrfs_volume.h"
#include "harness/doctest_main.h"
#include "harness/failing_disk.h"
#include "harness/init_storage.h"

using namespace looptest;

namespace {

const std::vector<std::string> read_error{"cannot be read"};

// Cuts the disk's file, for as long as this exists: the device keeps its size.
class Cut {
 public:
  Cut(const LoopDisk& disk, std::uint64_t length) : disk_(disk) {
    tool({"blockdev", "--flushbufs", disk.device()});
    std::filesystem::resize_file(disk.backing(), length);
  }
  Cut(const Cut&) = delete;
  Cut& operator=(const Cut&) = delete;
  ~Cut() { std::filesystem::resize_file(disk_.backing(), disk_.size()); }

 private:
  const LoopDisk& disk_;
};

void check_read_error(const LoopDisk& disk) {
  const SampleRoot root(disk.device());
  const std::uint64_t length = std::filesystem::file_size(disk.backing());
  for (const Arguments& mode : {Arguments{"--dry-run"}, Arguments{"--json"}, Arguments{}}) {
    const Outcome outcome = init_storage(root, mode);
    CHECK(outcome.exit == 3);
    check_message(outcome, disk.device(), read_error);
    if (mode == Arguments{"--json"}) CHECK(json(outcome, ".state") == "damaged");
    // Nothing was written behind the cut, which would have made the file longer again.
    CHECK(std::filesystem::file_size(disk.backing()) == length);
  }
}

}  // namespace

TEST_CASE("a disk that is blank as far as it can be read is refused") {
  for (std::uint64_t readable : {std::uint64_t{0}, 4 * KiB, 66 * KiB, 512 * KiB, MiB - 4 * KiB, 2 * MiB, 8 * MiB,
                                 32 * MiB, second_superblock + 2 * KiB, 256 * MiB - 64 * KiB}) {
    CAPTURE(readable);
    const LoopDisk disk;
    const Cut cut(disk, readable);
    check_read_error(disk);
  }
}

TEST_CASE("a disk whose only read error is where a copy may stand is refused") {
  const LoopDisk disk({.size = 257 * GiB});
  const Cut cut(disk, 256 * GiB);
  check_read_error(disk);
}

TEST_CASE("a broken primary superblock beside a copy that cannot be read is refused") {
  const LoopDisk disk;
  make_btrfs(disk.device(), creating_label, our_uuid());
  disk.write(primary_superblock, std::string(superblock_size, 'x'));
  const Cut cut(disk, 32 * MiB);
  const SampleRoot root(disk.device());
  CHECK(init_storage(root).exit == 3);
}

TEST_CASE("a ready volume whose primary superblock cannot be read is refused, and ready again later") {
  const LoopDisk disk;
  make_ready(disk.device());
  const SampleRoot root(disk.device());
  {
    const std::string whole = read_text(disk.backing());
    const Cut cut(disk, 64 * KiB);
    check_read_error(disk);
    std::filesystem::resize_file(disk.backing(), disk.size());
    write_at(disk.backing(), 0, whole);
  }
  tool({"blockdev", "--flushbufs", disk.device()});
  check_left_alone(root, "ready");
  CHECK(marker_says(disk.device(), "kept"));
}

TEST_CASE("a disk that fails every read is refused, and created when it reads again") {
  NEEDS("nbdkit", "nbdfuse", "fusermount3");
  FailingDisk failing({.size = 256 * MiB});
  const SampleRoot root(failing.disk().device());
  failing.fail_reads(true);
  const Outcome outcome = init_storage(root);
  CHECK(outcome.exit == 3);
  check_message(outcome, failing.disk().device(), read_error);
  failing.fail_reads(false);
  check_created(root, failing.disk().device());
}

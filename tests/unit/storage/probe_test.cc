// Probing of disk images: regular files, sparse, written by hand or by the real mkfs.
#include "storage/probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "harness/superblocks.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"
#include "storage/remnants.h"
#include "storage/signatures.h"
#include "system/process.h"

namespace aimee::test {

namespace {

constexpr std::uint64_t kib = 1ULL << 10;
constexpr std::uint64_t mib = 1ULL << 20;
constexpr std::uint64_t size = 256 * mib;

// A disk of zeros in a sparse file.
class Disk {
 public:
  explicit Disk(std::uint64_t bytes = size) : path_(folder_.file("disk", "")), bytes_(bytes) {
    prepared(truncate(path_.c_str(), static_cast<off_t>(bytes)) == 0, path_);
    fd_ = Fd(open(path_.c_str(), O_RDWR | O_CLOEXEC));
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const Fd& fd() const { return fd_; }

  void put(std::uint64_t offset, std::span<const std::byte> bytes) const {
    prepared(write_exactly(fd_, bytes, offset, path_).has_value(), path_);
  }
  void put(OnDisk superblock, std::uint64_t offset) const {
    superblock.address = offset;
    put(offset, block_of(superblock));
  }
  void fill(std::uint64_t offset, std::uint64_t length, std::byte byte) const {
    put(offset, std::vector<std::byte>(length, byte));
  }

  [[nodiscard]] VolumeFacts facts() const { return probe_volume(fd_, {bytes_, ""}); }
  // State and what was found.
  [[nodiscard]] std::string state() const {
    const VolumeState state = classify(facts());
    return concat(state_name(state.state), ": ", state.found);
  }

 private:
  TemporaryFolder folder_;
  std::string path_;
  std::uint64_t bytes_;
  Fd fd_;
};

bool made(const std::vector<std::string>& arguments) {
  const auto result = run_program(arguments, std::chrono::seconds(120));
  CHECK(told(result) == "done");
  return result.has_value();
}

constexpr std::string_view unknown_data =
    "foreign: holds data without a known signature (encrypted, or wiped by wipefs?)";

}  // namespace

TEST_CASE("zeros are blank, and so are ones") {
  const Disk disk;
  CHECK(disk.state() == "blank: is blank");
  const VolumeFacts zeros = disk.facts();
  CHECK((zeros.first_mib == Fill::zeros));
  CHECK((zeros.head == Fill::zeros));
  CHECK(zeros.probe_is_certain);
  CHECK(zeros.signatures.empty());
  disk.fill(0, 16 * mib, std::byte{0xff});
  CHECK(disk.state() == "blank: is blank");
  CHECK((disk.facts().head == Fill::ones));
  const Disk smaller(2 * mib + 512);
  CHECK(smaller.state() == "blank: is blank");
  smaller.fill(2 * mib + 511, 1, std::byte{1});
  CHECK(smaller.state() == unknown_data);
}

TEST_CASE("one byte anywhere in the first 16 MiB is data, and none behind them is") {
  for (const std::uint64_t at : {std::uint64_t{0}, 511 * std::uint64_t{1}, 64 * kib - 1, 64 * kib, 68 * kib - 1,
                                 68 * kib, 128 * kib, mib - 1, mib, 5 * mib, 16 * mib - 1}) {
    CAPTURE(at);
    const Disk disk;
    disk.fill(at, 1, std::byte{0x01});
    CHECK(disk.state() == unknown_data);
  }
  const Disk disk;
  disk.fill(16 * mib, 1, std::byte{0x01});
  CHECK(disk.state() == "blank: is blank");
}

TEST_CASE("zeros and ones in turn are data") {
  const Disk disk;
  disk.fill(mib, 15 * mib, std::byte{0xff});
  CHECK(disk.state() == unknown_data);
  disk.fill(0, mib, std::byte{0xff});
  CHECK(disk.state() == "blank: is blank");
  disk.fill(64 * kib, 4 * kib, std::byte{0});
  CHECK(disk.state() == unknown_data);
}

TEST_CASE("ones with a zero among them are data") {
  const Disk disk;
  disk.fill(0, 16 * mib, std::byte{0xff});
  disk.fill(700 * kib, 1, std::byte{0x00});
  CHECK(disk.state() == unknown_data);
}

TEST_CASE("data that repeats is no fill") {
  const Disk disk;
  disk.fill(0, 16 * mib, std::byte{0x5a});
  CHECK(disk.state() == unknown_data);
}

TEST_CASE("superblocks are read where they are, and not beyond the end") {
  const Disk disk;
  disk.put({our_uuid(), "aimee-data"}, superblock_offsets[0]);
  disk.put({plain_uuid(), "old"}, first_copy);
  const VolumeFacts facts = disk.facts();
  MUST(facts.superblocks[0].has_value());
  MUST(facts.superblocks[1].has_value());
  CHECK(facts.superblocks[0]->label == "aimee-data");
  CHECK(facts.superblocks[1]->label == "old");
  CHECK(facts.superblocks[1]->valid());
  CHECK_FALSE(facts.superblocks[2].has_value());
  CHECK_FALSE(Disk(first_copy + superblock_size - 1).facts().superblocks[1].has_value());
  CHECK(Disk(first_copy + superblock_size).facts().superblocks[1].has_value());
}

TEST_CASE("a copy at 256 GiB is read on a disk that is large enough") {
  const Disk disk(second_copy + superblock_size);
  disk.put({plain_uuid(), "old"}, second_copy);
  const VolumeFacts facts = disk.facts();
  MUST(facts.superblocks[2].has_value());
  CHECK(facts.superblocks[2]->valid());
  CHECK(disk.state() == "blank: is blank");
}

TEST_CASE("a copy on a disk whose first 16 MiB are zero is an old one, otherwise the only one left") {
  const Disk disk;
  disk.put({plain_uuid(), "home"}, first_copy);
  CHECK(disk.state() == "blank: is blank");
  CHECK((classify(disk.facts()).old_copies == std::vector{first_copy}));
  disk.fill(16 * mib, 1, std::byte{0x01});
  CHECK(disk.state() == "blank: is blank");
  disk.fill(16 * mib - 1, 1, std::byte{0x01});
  CHECK(disk.state() ==
        concat("damaged: has no valid btrfs superblock, but a valid copy at 64.0 MiB (UUID ", plain_uuid_text, ")"));
}

TEST_CASE("a GPT's backup in the last sector, of either size, is seen, and does not count over 16 MiB of zeros") {
  for (const std::uint64_t sector : {std::uint64_t{512}, 4 * kib}) {
    CAPTURE(sector);
    const Disk disk;
    disk.put(size - sector, std::as_bytes(std::span(std::string_view("EFI PART"))));
    CHECK(disk.facts().backup_table);
    CHECK(disk.state() == "blank: is blank");
    CHECK(classify(disk.facts()).old_table);
    disk.fill(2 * mib, 1, std::byte{1});
    CHECK(disk.state() == "foreign: holds the backup of a partition table (GPT) whose primary is gone");
  }
}

TEST_CASE("a superblock written by hand decides as one by mkfs would") {
  struct Row {
    std::string_view what;
    OnDisk primary;
    std::string_view state;
  };
  const Row rows[] = {
      {"ours", {our_uuid(), "aimee-data"}, "ready: holds the data volume"},
      {"creating", {our_uuid(), "aimee-creating-1"}, "unfinished: holds an aimee volume whose creation was cut short"},
      {"temporary",
       {our_uuid(), "aimee-creating-1", temporary_magic},
       "unfinished: holds an aimee volume whose creation was cut short"},
      {"newer", {our_uuid_of_version(9), "x"}, "ready: holds the data volume of a newer aimee"},
      {"of others", {plain_uuid(), "home"}, R"(existing: holds btrfs (label "home") that aimee did not make)"},
      {"of several devices",
       {plain_uuid(), "home", real_magic, 0, 2},
       "foreign: holds one device of a btrfs of 2 devices"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const Disk disk;
    disk.put(row.primary, superblock_offsets[0]);
    CHECK(disk.state() == row.state);
  }
}

TEST_CASE("a torn first write of our creation is unfinished, whatever libblkid thinks of it") {
  const Disk disk;
  const Block whole = block_of({our_uuid(), "aimee-creating-1"});
  disk.put(superblock_offsets[0], std::span(whole).first(512));
  CHECK(disk.state() == "unfinished: holds an aimee volume whose creation was cut short");
}

TEST_CASE("a committed superblock torn in a later write is ready and to be mended, by its copy") {
  const Disk disk;
  Block torn = block_of({our_uuid(), "aimee-data"});
  torn[3000] = std::byte{0x77};  // of the backup roots
  disk.put(superblock_offsets[0], torn);
  CHECK(disk.state() == "damaged: holds a btrfs superblock that is broken, and no valid copy of it");
  disk.put({.uuid = our_uuid(), .label = "aimee-data", .address = first_copy}, first_copy);
  CHECK(disk.state() == "ready: holds the data volume, whose superblock was being written when the power was cut");
  disk.fill(superblock_offsets[0] + 1000, 1, std::byte{1});  // of the system chunks
  CHECK(disk.state().starts_with("damaged: "));
}

TEST_CASE("a device shorter than it says cannot be read, and that is damaged") {
  const Disk disk(512 * kib);
  const VolumeState state = classify(probe_volume(disk.fd(), {size, ""}));
  CHECK(state_name(state.state) == "damaged");
  CHECK(state.found == with_errno("cannot be read: read at byte 524288", EIO));
  const Disk without_copy(2 * mib);
  CHECK(classify(probe_volume(without_copy.fd(), {size, ""})).found ==
        with_errno("cannot be read: read at byte 2097152", EIO));
  const Disk without_end(first_copy + mib);
  CHECK(classify(probe_volume(without_end.fd(), {size, ""})).found ==
        with_errno("cannot be read: read at byte 267386880", EIO));
}

TEST_CASE("probing changes nothing") {
  const Disk disk(4 * mib);
  disk.fill(0, 4 * mib, std::byte{0x5a});
  const std::string before = content_of(disk.path());
  (void)disk.facts();
  CHECK((content_of(disk.path()) == before));
}

TEST_CASE("a real btrfs is existing, with its label") {
  NEEDS("mkfs.btrfs");
  const Disk disk;
  if (!made({"mkfs.btrfs", "--quiet", "--label", "home", disk.path()})) return;
  CHECK(disk.state() == R"(existing: holds btrfs (label "home") that aimee did not make)");
  const VolumeFacts facts = disk.facts();
  CHECK(facts.superblocks[0]->valid());
  CHECK(facts.superblocks[1]->valid());
  CHECK(facts.superblocks[0]->device_count == 1);
}

TEST_CASE("a real btrfs with our UUID and label is ours") {
  NEEDS("mkfs.btrfs");
  const Disk disk;
  if (!made(
          {"mkfs.btrfs", "--quiet", "--label", "aimee-creating-1", "--uuid", std::string(our_uuid_text), disk.path()}))
    return;
  CHECK(disk.state() == "unfinished: holds an aimee volume whose creation was cut short");
  disk.fill(superblock_offsets[0], superblock_size, std::byte{0});
  disk.fill(300 * kib, 1, std::byte{1});
  CHECK(disk.state() ==
        concat("damaged: has no valid btrfs superblock, but a valid copy at 64.0 MiB (UUID ", our_uuid_text, ")"));
}

TEST_CASE("a real ext4 is foreign, with its label") {
  NEEDS("mkfs.ext4");
  const Disk disk;
  if (!made({"mkfs.ext4", "-q", "-F", "-L", "home", disk.path()})) return;
  CHECK(disk.state() == R"(foreign: holds ext4 (label "home"))");
}

TEST_CASE("two signatures on one disk are both named") {
  NEEDS("mkfs.ext4");
  const Disk disk;
  if (!made({"mkfs.ext4", "-q", "-F", "-L", "home", disk.path()})) return;
  disk.put(0, std::as_bytes(std::span("LUKS\xba\xbe\0\1")));
  CHECK(disk.state() == R"(foreign: holds several signatures: crypto_LUKS and ext4 (label "home"))");
}

// A file system whose first MiB so many are gone.
std::string state_without_head(const Disk& disk, std::uint64_t head, std::byte fill) {
  disk.fill(0, head, fill);
  return disk.state();
}

TEST_CASE("what file systems keep deeper is found, whatever is in the place of their beginning") {
  EMULATION_LACKS("time to look at so many disks");
  NEEDS("mkfs.ext4", "mkfs.xfs", "mkntfs");
  struct Row {
    std::vector<std::string> command;
    std::string_view found;
    std::uint64_t bytes = 320 * mib;
  };
  const Row rows[] = {
      {{"mkfs.ext4", "-q", "-F"}, "a backup superblock of ext4 at 24.0 MiB and 3 more"},
      {{"mkfs.ext4", "-q", "-F", "-b", "2048"}, "a backup superblock of ext4 at 32.0 MiB and 4 more"},
      {{"mkfs.ext4", "-q", "-F", "-b", "4096"}, "a backup superblock of ext4 at 128 MiB"},
      {{"mkfs.ext4", "-q", "-F", "-b", "4096", "-O", "sparse_super2"},
       "a backup superblock of ext4 at 128 MiB and 1 more"},
      {{"mkfs.ext4", "-q", "-F", "-O", "bigalloc", "-C", "16384", "-b", "4096"},
       "a backup superblock of ext4 at 512 MiB",
       600 * mib},
      {{"mkfs.ext3", "-q", "-F"}, "a backup superblock of ext3 at 24.0 MiB and 3 more"},
      {{"mkfs.ext2", "-q", "-F", "-O", "^sparse_super,^resize_inode"},
       "a backup superblock of ext2 at 24.0 MiB and 7 more"},
      {{"mkfs.ext2", "-q", "-F", "-r", "0"}, "a backup superblock of ext2 at 24.0 MiB and 7 more"},
      {{"mkfs.xfs", "-q", "-f"}, "a secondary superblock of XFS at 80.0 MiB and 2 more"},
      {{"mkfs.xfs", "-q", "-f", "-d", "agcount=7"}, "a secondary superblock of XFS at 85.7 MiB and 1 more", 600 * mib},
      {{"mkfs.xfs", "-q", "-f", "-b", "size=1024"}, "a secondary superblock of XFS at 80.0 MiB and 2 more"},
      {{"mkntfs", "-q", "-F", "-Q"}, "the backup of an NTFS boot sector at 319 MiB"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.command[0]);
    CAPTURE(row.command.back());
    const Disk disk(row.bytes);
    std::vector<std::string> command = row.command;
    command.push_back(disk.path());
    if (!made(command)) continue;
    for (const std::uint64_t head : {1U, 4U, 8U, 15U}) {
      CAPTURE(head);
      const std::string state = state_without_head(disk, head * mib, std::byte{0});
      CHECK(state.starts_with("foreign: "));
      CHECK(state.find(row.found) != std::string::npos);
    }
    for (const std::byte fill : {std::byte{0}, std::byte{0xff}}) {
      CHECK(state_without_head(disk, 16 * mib, fill) ==
            concat("foreign: holds ", row.found, ", though its beginning is gone"));
    }
  }
}

TEST_CASE("a partition that is whole behind 16 MiB of zeros is found where partitions begin, or a lost table says so") {
  EMULATION_LACKS("time to look at so many disks");
  NEEDS("mkfs.ext4", "mkfs.vfat", "sfdisk");
  const Disk filesystem(40 * mib);
  if (!made({"mkfs.vfat", "-F", "32", filesystem.path()})) return;
  const std::string content = content_of(filesystem.path());
  for (const std::uint64_t start : {16U, 17U, 32U, 33U, 64U, 128U, 129U}) {
    CAPTURE(start);
    const Disk disk;
    disk.put(start * mib, std::as_bytes(std::span(content)));
    CHECK(disk.state().starts_with("foreign: holds vfat at "));
  }
  const Disk disk;
  const std::string table = "label: gpt\nstart=100MiB, size=60MiB\n";
  const TemporaryFolder folder;
  if (!made({"sh", "-c", concat("printf '", table, "' | sfdisk -q ", disk.path())})) return;
  disk.fill(0, 16 * mib, std::byte{0});
  CHECK(disk.state() == "blank: is blank");
  disk.put(100 * mib, std::as_bytes(std::span(content)));
  CHECK(disk.state().starts_with("foreign: holds vfat at 100 MiB"));
}

TEST_CASE("a BlueStore label is found at each of its replicas' places") {
  for (const std::uint64_t gib : {1U, 10U, 100U, 1000U}) {
    CAPTURE(gib);
    const Disk disk(1001ULL << 30);
    disk.put(gib << 30U, std::as_bytes(std::span(std::string_view("bluestore block device\n"))));
    CHECK(disk.state().starts_with("foreign: holds a replica of a Ceph BlueStore label at "));
  }
}

TEST_CASE("a place that may hold somebody's and cannot be read is damage") {
  const Disk disk;
  const Disk shorter(100 * mib);
  CHECK(find_remnants(disk.fd(), size).value().empty());
  CHECK(told(find_remnants(shorter.fd(), size)) == with_errno("failed: read at byte 117440512", EIO));
}

TEST_CASE("each place of a signature is told, so that none hides behind another") {
  NEEDS("cryptsetup");
  const Disk disk;
  disk.put(size - 64 * kib, std::as_bytes(std::span(std::string_view("\xfc\x4e\x2b\xa9"))));
  SeenSignatures seen = read_signatures(disk.fd(), 0, size, true);
  CHECK(seen.certain);
  disk.fill(size - 64 * kib, 4, std::byte{0});
  disk.put(4086, std::as_bytes(std::span(std::string_view("SWAPSPACE2"))));
  disk.put(8 * kib - 10, std::as_bytes(std::span(std::string_view("SWAPSPACE2"))));
  disk.put(1024, std::as_bytes(std::span(std::string_view("\1\0\0\0\xff\xff\0\0", 8))));
  seen = read_signatures(disk.fd(), 0, size, true);
  CHECK(seen.certain);
  MUST(seen.found.size() == 2);
  CHECK((seen.found[0].offset == 4086));
  CHECK((seen.found[1].offset == 8 * kib - 10));
}

TEST_CASE("plainly ready is a committed volume of ours whose copies do not say otherwise") {
  struct Row {
    std::string_view what;
    OnDisk primary;
    std::optional<OnDisk> copy;
    bool ready;
  };
  const Row rows[] = {
      {"committed", {our_uuid(), "aimee-data"}, OnDisk{our_uuid(), "aimee-data"}, true},
      {"another label", {our_uuid(), "my disk"}, {}, true},
      {"an old volume's copy", {our_uuid(), "aimee-data"}, OnDisk{plain_uuid(), "aimee-creating-1"}, true},
      {"a stale copy", {our_uuid(), "aimee-data"}, OnDisk{our_uuid(), "aimee-creating-1"}, false},
      {"creating", {our_uuid(), "aimee-creating-1"}, {}, false},
      {"temporary", {our_uuid(), "aimee-data", temporary_magic}, {}, false},
      {"newer", {our_uuid_of_version(2), "aimee-data"}, {}, false},
      {"creating by newer", {our_uuid(), "aimee-creating-2"}, {}, false},
      {"a reset token", {our_uuid(), "aimee-reset-1:x"}, {}, false},
      {"of others", {plain_uuid(), "aimee-data"}, {}, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const Disk disk;
    disk.put(row.primary, superblock_offsets[0]);
    if (row.copy) disk.put(*row.copy, first_copy);
    const auto superblock = plainly_ready(disk.fd(), size);
    CHECK(superblock.has_value() == row.ready);
    if (superblock) CHECK(superblock->label == row.primary.label);
  }
}

TEST_CASE("what cannot be read, is torn or is blank is not plainly ready") {
  const Disk disk;
  CHECK_FALSE(plainly_ready(disk.fd(), size).has_value());
  disk.put({our_uuid(), "aimee-data"}, superblock_offsets[0]);
  CHECK(plainly_ready(disk.fd(), size).has_value());
  CHECK_FALSE(plainly_ready(disk.fd(), second_copy + superblock_size).has_value());  // a copy is out of reach
  disk.fill(superblock_offsets[0] + 4000, 1, std::byte{1});
  CHECK_FALSE(plainly_ready(disk.fd(), size).has_value());
  CHECK_FALSE(plainly_ready(Fd(), size).has_value());
}

TEST_CASE("a superblock that cannot be read is a failure that names the place") {
  const Disk disk(mib);
  CHECK(told(read_superblock(disk.fd(), superblock_offsets[0], "disk")) == "done");
  CHECK(told(read_superblock(disk.fd(), first_copy, "disk")) == with_errno("failed: disk: read at byte 67108864", EIO));
}

}  // namespace aimee::test

// Erasing, on regular files; the whole of it on real devices is the loop tests' business.
#include "effects/erase.h"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

#include "harness/remnants.h"
#include "harness/superblocks.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::uint64_t mib = 1ULL << 20;

std::string bytes_at(const std::string& path, std::uint64_t offset, std::size_t length) {
  std::string bytes(length, '?');
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  prepared(read_exactly(fd, std::as_writable_bytes(std::span(bytes)), offset, path).has_value(), path);
  return bytes;
}

// The volume's one device.
Result<std::vector<Erasure>> erased(const Fd& disk, std::uint64_t size, bool quick) {
  const std::vector<VolumeDevice> devices = {{.device = "disk", .identity = {size, {}}}};
  std::vector<Fd> opened;
  opened.emplace_back(fcntl(disk.get(), F_DUPFD_CLOEXEC, 0));
  Progress progress;
  return erase_volume(devices, opened, quick, progress);
}

}  // namespace

TEST_CASE("superblock copies are overwritten with 4 KiB of zeros each, and nothing beside them") {
  const TemporaryFolder folder;
  const std::string path = folder.file("disk", std::string(64 << 10, 'x'));
  const auto disk = open_file(path, O_RDWR);
  MUST_SUCCEED(disk);
  CHECK(told(erase_superblock_copies(*disk, {8192, 32768}, "disk")) == "done");
  std::string expected(64 << 10, 'x');
  expected.replace(8192, 4096, std::string(4096, '\0'));
  expected.replace(32768, 4096, std::string(4096, '\0'));
  CHECK((content_of(path) == expected));
}

TEST_CASE("the backup of a partition table goes with its entries, whichever the sectors' size, and nothing before it") {
  const TemporaryFolder folder;
  const std::string path = folder.file("disk", std::string(64 << 10, 'x'));
  const auto disk = open_file(path, O_RDWR);
  MUST_SUCCEED(disk);
  CHECK(told(erase_backup_table(*disk, 64 << 10, "disk")) == "done");
  CHECK((content_of(path) == concat(std::string(44 << 10, 'x'), std::string(20 << 10, '\0'))));
}

TEST_CASE("a copy that cannot be overwritten is a failure with its place") {
  const TemporaryFolder folder;
  const auto disk = open_file(folder.file("disk", ""), O_RDONLY);
  MUST_SUCCEED(disk);
  CHECK(told(erase_superblock_copies(*disk, {first_copy}, "/dev/vda3")) ==
        with_errno("failed: /dev/vda3: write at byte 67108864", EBADF));
}

TEST_CASE("a device that cannot discard is none the worse") {
  const TemporaryFolder folder;
  const std::string path = folder.file("disk", std::string(2 * mib, 'x'));
  const auto disk = open_file(path, O_RDWR);
  MUST_SUCCEED(disk);
  Progress progress;
  CHECK(told(discard_from(*disk, mib, 2 * mib, "disk", progress)) == "done");
  CHECK((content_of(path) == std::string(2 * mib, 'x')));
}

TEST_CASE("an erasure that fails at its proof has erased everything but the sector with the token") {
  const TemporaryFolder folder;
  const std::string path = folder.file("disk", std::string(3 * mib + 5000, 'x'));
  const auto disk = open_file(path, O_RDWR);
  MUST_SUCCEED(disk);
  const std::uint64_t size = first_copy + 2 * mib;
  prepared(ftruncate(disk->get(), static_cast<off_t>(size)) == 0, path);
  const Block token = block_of({our_uuid(), "aimee-reset-1:x"});
  const Block copy = block_of({.uuid = our_uuid(), .address = first_copy});
  prepared(write_exactly(*disk, token, superblock_offsets[0], path).has_value(), path);
  prepared(write_exactly(*disk, copy, first_copy, path).has_value(), path);
  // A regular file has no page cache of its own to empty.
  CHECK(told(erased(*disk, size, false)) == with_errno("failed: disk: empty the page cache", ENOTTY));
  std::string expected(size, '\0');
  expected.replace(superblock_offsets[0], superblock_atomic_size, reinterpret_cast<const char*>(token.data()),
                   superblock_atomic_size);
  CHECK((content_of(path) == expected));
}

TEST_CASE("an erasure that cannot write leaves the token") {
  const TemporaryFolder folder;
  const Block token = block_of({our_uuid(), "aimee-reset-1:x"});
  const std::string path = folder.file("disk", std::string(2 * mib, 'x'));
  {
    const auto disk = open_file(path, O_RDWR);
    MUST_SUCCEED(disk);
    prepared(write_exactly(*disk, token, superblock_offsets[0], path).has_value(), path);
  }
  const auto disk = open_file(path, O_RDONLY);
  MUST_SUCCEED(disk);
  CHECK(told(erased(*disk, 2 * mib, false)) == with_errno("failed: disk: write at byte 66048", EBADF));
  const std::string superblock = bytes_at(path, superblock_offsets[0], superblock_size);
  CHECK((superblock == std::string(reinterpret_cast<const char*>(token.data()), token.size())));
}

TEST_CASE("a quick erasure overwrites the first 16 MiB, the last two and the superblock's places, and nothing else") {
  const TemporaryFolder folder;
  const std::uint64_t size = first_copy + 32 * mib;
  const std::string path = folder.file("disk", std::string(size, 'x'));
  const auto disk = open_file(path, O_RDWR);
  MUST_SUCCEED(disk);
  CHECK(told(erased(*disk, size, true)) == with_errno("failed: disk: empty the page cache", ENOTTY));
  std::string expected(size, 'x');
  for (const auto& [begin, end] : {std::pair<std::uint64_t, std::uint64_t>{0, 16 * mib},
                                   {first_copy, first_copy + superblock_size},
                                   {size - 2 * mib, size}}) {
    expected.replace(begin, end - begin, std::string(end - begin, '\0'));
  }
  expected.replace(superblock_offsets[0], superblock_atomic_size, std::string(superblock_atomic_size, 'x'));
  CHECK((content_of(path) == expected));
}

TEST_CASE("a quick erasure takes away what an owner's file would have let the device pass for") {
  const TemporaryFolder folder;
  const std::uint64_t size = 256 * mib;
  const std::string path = folder.file("disk", "");
  prepared(truncate(path.c_str(), static_cast<off_t>(size)) == 0, path);
  const auto disk = open_file(path, O_RDWR);
  MUST_SUCCEED(disk);
  const Sector remnant = ext4_backup({.group = 1, .blocks_per_group = 32768, .log_block_size = 2});
  prepared(write_exactly(*disk, remnant, 128 * mib, path).has_value(), path);
  CHECK(told(erased(*disk, size, true)) == with_errno("failed: disk: empty the page cache", ENOTTY));
  CHECK((content_of(path) == std::string(size, '\0')));
}

TEST_CASE("the proof and the notice say what was done, and what was not") {
  CHECK(proof_of({.read_back = 600 * mib, .discarded = true}) ==
        "read back 600 MiB: zeros; no signature, no superblock copy");
  CHECK(proof_of({.read_back = 17 * mib, .discarded = true, .quick = true})
            .ends_with("; the rest was discarded and not overwritten (--quick)"));
  CHECK(proof_of({.read_back = 17 * mib, .quick = true})
            .ends_with("; the rest keeps its data: the device cannot discard, and --quick does not overwrite"));
  CHECK(flash_notice(true).ends_with("this device has discard"));
  CHECK(flash_notice(false).ends_with("this device has no discard"));
}

}  // namespace aimee::test

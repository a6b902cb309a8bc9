// What is written into a superblock's first sector, on regular files.
#include "effects/superblock_sector.h"

#include <fcntl.h>

#include "harness/superblocks.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

constexpr std::uint64_t primary = superblock_offsets[0];
constexpr std::string_view token = "aimee-reset-1:x";

struct Disk {
  TemporaryFolder folder;
  std::string path = folder.file("disk", "");
  Result<Fd> fd = open_file(path, O_RDWR);

  void put(const Block& block, std::uint64_t offset) const {
    prepared(fd && write_exactly(*fd, block, offset, path).has_value(), path);
  }
  [[nodiscard]] Block get(std::uint64_t offset) const {
    Block block{};
    prepared(fd && read_exactly(*fd, block, offset, path).has_value(), path);
    return block;
  }
};

}  // namespace

TEST_CASE("the primary gets another label and stays valid; nothing beyond its first sector changes") {
  const Disk disk;
  Block before = block_of({our_uuid(), std::string(200, 'l')});
  before[600] = std::byte{0x77};
  put_checksum(before);
  disk.put(before, primary);
  CHECK(told(write_superblock_label(*disk.fd, primary, primary, token, "disk")) == "done");
  const Block after = disk.get(primary);
  const Superblock parsed = parse_superblock(after, primary);
  CHECK(parsed.valid());
  CHECK(parsed.label == token);
  CHECK((parsed.uuid == our_uuid()));
  CHECK(std::equal(before.begin() + 512, before.end(), after.begin() + 512));
}

TEST_CASE("a broken primary is made whole of a copy, so that it is not taken for what an erasure leaves") {
  const Disk disk;
  Block garbage{};
  garbage.fill(std::byte{0xaa});
  disk.put(garbage, primary);
  disk.put(block_of({.uuid = our_uuid(), .label = "aimee-data", .address = first_copy}), first_copy);
  CHECK(told(write_superblock_label(*disk.fd, first_copy, primary, token, "disk")) == "done");
  const Block after = disk.get(primary);
  const Superblock parsed = parse_superblock(after, primary);
  CHECK(parsed.valid());
  CHECK(parsed.label == token);
  CHECK((parsed.uuid == our_uuid()));
  CHECK(after[512] == std::byte{0});
}

TEST_CASE("copies that the commit did not reach get its label, and no others") {
  const Disk disk;
  disk.put(block_of({our_uuid(), "aimee-data"}), primary);
  SUBCASE("one of this creation") {
    disk.put(block_of({.uuid = our_uuid(), .label = "aimee-creating-1", .address = first_copy}), first_copy);
    CHECK(told(confirm_commit(*disk.fd, first_copy + superblock_size, "disk")) == "done");
    const Superblock copy = parse_superblock(disk.get(first_copy), first_copy);
    CHECK(copy.valid());
    CHECK(copy.label == "aimee-data");
  }
  for (const OnDisk& other : {OnDisk{.uuid = plain_uuid(), .label = "aimee-creating-1", .address = first_copy},
                              OnDisk{.uuid = our_uuid(), .label = "my disk", .address = first_copy}}) {
    disk.put(block_of(other), first_copy);
    CHECK(told(confirm_commit(*disk.fd, first_copy + superblock_size, "disk")) == "done");
    CHECK((disk.get(first_copy) == block_of(other)));
  }
  CHECK(told(confirm_commit(*disk.fd, primary + superblock_size, "disk")) == "done");  // there is none
}

TEST_CASE("a mended superblock is valid, and nothing but its checksum was written") {
  const Disk disk;
  Block before = block_of({our_uuid(), "aimee-data"});
  before[3000] = std::byte{0x77};
  disk.put(before, primary);
  CHECK(told(mend_superblock(*disk.fd, "disk")) == "done");
  const Block after = disk.get(primary);
  CHECK(parse_superblock(after, primary).valid());
  CHECK(std::equal(before.begin() + 4, before.end(), after.begin() + 4));
}

TEST_CASE("what cannot be read or written is a failure with its place") {
  const TemporaryFolder folder;
  const auto disk = open_file(folder.file("disk", std::string(128 << 10, 'x')), O_RDONLY);
  MUST_SUCCEED(disk);
  CHECK(told(write_superblock_label(*disk, primary, primary, token, "/dev/vda3")) ==
        with_errno("failed: /dev/vda3: write at byte 65536", EBADF));
  CHECK(told(mend_superblock(*disk, "/dev/vda3")) == with_errno("failed: /dev/vda3: write at byte 65536", EBADF));
  CHECK(told(write_superblock_label(*disk, first_copy, primary, token, "/dev/vda3")) ==
        with_errno("failed: /dev/vda3: read at byte 67108864", EIO));
}

}  // namespace aimee::test

// Superblocks: checksums, and what is read from one.
#include "plan/superblock.h"

#include <algorithm>
#include <cstring>

#include "harness/superblocks.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

std::uint32_t crc32c_of(std::string_view text) { return crc32c(std::as_bytes(std::span(text))); }

}  // namespace

TEST_CASE("crc32c gives the known values of Castagnoli's polynomial") {
  CHECK(crc32c_of("123456789") == 0xE3069283U);
  CHECK(crc32c_of("") == 0U);
  CHECK(crc32c_of(std::string(32, '\0')) == 0x8A9136AAU);  // RFC 3720, B.4
  CHECK(crc32c_of(std::string(32, '\xff')) == 0x62A8AB43U);
}

TEST_CASE("a valid superblock is parsed in full") {
  const Block block = block_of({our_uuid(), "aimee-data", real_magic, superblock_offsets[0], 3});
  const Superblock parsed = parse_superblock(block, superblock_offsets[0]);
  CHECK(parsed.magic == Superblock::Magic::real);
  CHECK(parsed.intact);
  CHECK(parsed.valid());
  CHECK(uuid_text(parsed.uuid) == our_uuid_text);
  CHECK(parsed.label == "aimee-data");
  CHECK(parsed.device_count == 3);
  CHECK(parsed.device_id == 1);
  CHECK(parsed.generation == 7);
  CHECK_FALSE(parsed.seeding);
}

TEST_CASE("a device's number, and that a volume is a seed") {
  const Superblock parsed =
      parse_superblock(block_of({.uuid = our_uuid(), .device_id = 2, .flags = 0x100000001}), superblock_offsets[0]);
  CHECK(parsed.device_id == 2);
  CHECK(parsed.seeding);
}

TEST_CASE("an erasure has begun where a broken superblock has nothing but its first sector") {
  Block block = block_of({.uuid = our_uuid(), .device_id = 2});
  block[700] = std::byte{0x11};
  put_checksum(block);
  CHECK_FALSE(parse_superblock(block, superblock_offsets[0]).begun);
  std::fill(block.begin() + superblock_atomic_size, block.end(), std::byte{0});
  CHECK(parse_superblock(block, superblock_offsets[0]).begun);
  CHECK(parse_superblock(block, superblock_offsets[0]).device_id == 2);
  block[700] = std::byte{0x12};
  CHECK_FALSE(parse_superblock(block, superblock_offsets[0]).intact);
  CHECK_FALSE(parse_superblock(block, superblock_offsets[0]).begun);  // torn or damaged
}

TEST_CASE("a copy is valid at its own address only") {
  for (const std::uint64_t offset : superblock_offsets) {
    CAPTURE(offset);
    const Block block = block_of({.uuid = our_uuid(), .address = offset});
    CHECK(parse_superblock(block, offset).valid());
    CHECK_FALSE(parse_superblock(block, offset + 4096).valid());
    CHECK_FALSE(parse_superblock(block, 0).valid());
  }
}

TEST_CASE("mkfs's temporary superblock is told apart and never valid") {
  const Superblock parsed =
      parse_superblock(block_of({our_uuid(), "aimee-creating-1", temporary_magic}), superblock_offsets[0]);
  CHECK(parsed.magic == Superblock::Magic::temporary);
  CHECK(parsed.intact);
  CHECK_FALSE(parsed.valid());
  CHECK(parsed.label == "aimee-creating-1");
}

TEST_CASE("bytes without one of the magics are no superblock, and nothing is taken from them") {
  Block block = block_of({our_uuid(), "aimee-data"});
  SUBCASE("zeros") { block.fill(std::byte{0x00}); }
  SUBCASE("ones") { block.fill(std::byte{0xff}); }
  SUBCASE("one letter off") { block[0x40] = std::byte{'-'}; }
  SUBCASE("the magic elsewhere") {
    block.fill(std::byte{0});
    std::memcpy(&block[0], real_magic.data(), real_magic.size());
  }
  const Superblock parsed = parse_superblock(block, superblock_offsets[0]);
  CHECK(parsed.magic == Superblock::Magic::none);
  CHECK_FALSE(parsed.intact);
  CHECK(parsed.uuid == Uuid{});
  CHECK(parsed.label == "");
}

TEST_CASE("a changed byte anywhere behind the checksum breaks it, and the rest is still told") {
  for (const std::size_t at :
       {std::size_t{32}, std::size_t{200}, std::size_t{554}, std::size_t{555}, std::size_t{4095}}) {
    CAPTURE(at);
    Block block = block_of({our_uuid(), "aimee-data"});
    block[at] ^= std::byte{1};
    const Superblock parsed = parse_superblock(block, superblock_offsets[0]);
    CHECK(parsed.magic == Superblock::Magic::real);
    CHECK_FALSE(parsed.intact);
    CHECK_FALSE(parsed.valid());
    CHECK(parsed.label.starts_with("aimee-data"));
  }
}

TEST_CASE("a wrong checksum is wrong whatever bit of it") {
  for (std::size_t at = 0; at < 4; ++at) {
    Block block = block_of({our_uuid(), "aimee-data"});
    block[at] ^= std::byte{0x80};
    CHECK_FALSE(parse_superblock(block, superblock_offsets[0]).valid());
  }
}

TEST_CASE("the checksum field is 32 bytes, of which crc32c uses four") {
  Block block = block_of({our_uuid(), "aimee-data"});
  for (std::size_t at = 4; at < 32; ++at) block[at] = std::byte{0xa5};
  CHECK(parse_superblock(block, superblock_offsets[0]).valid());
}

TEST_CASE("a torn write leaves UUID and label, which stand in the first 512 bytes") {
  Block block{};
  const Block whole = block_of({our_uuid(), "aimee-creating-1"});
  std::memcpy(block.data(), whole.data(), 512);
  block[3000] = std::byte{0x77};
  const Superblock parsed = parse_superblock(block, superblock_offsets[0]);
  CHECK(parsed.magic == Superblock::Magic::real);
  CHECK_FALSE(parsed.intact);
  CHECK(parsed.label == "aimee-creating-1");
  CHECK(uuid_text(parsed.uuid) == our_uuid_text);
}

TEST_CASE("checksums of other kinds are taken to be right, unless nothing is left beyond the first sector") {
  for (const std::uint16_t type : {std::uint16_t{1}, std::uint16_t{2}, std::uint16_t{3}, std::uint16_t{0xffff}}) {
    CAPTURE(type);
    Block block = block_of({.uuid = plain_uuid(), .checksum_type = type});
    block[0] ^= std::byte{1};
    CHECK_FALSE(parse_superblock(block, superblock_offsets[0]).valid());
    block[811] = std::byte{1};  // the system chunks
    CHECK(parse_superblock(block, superblock_offsets[0]).valid());
  }
}

TEST_CASE("a label may fill all of its 256 bytes, and ends at the first zero byte otherwise") {
  const std::string full(256, 'l');
  Block block = block_of({plain_uuid(), full});
  CHECK(parse_superblock(block, superblock_offsets[0]).label == full);
  CHECK(parse_superblock(block_of({plain_uuid(), std::string("ab\0cd", 5)}), superblock_offsets[0]).label == "ab");
  CHECK(parse_superblock(block_of({plain_uuid(), ""}), superblock_offsets[0]).label == "");
}

// Primary and copy of one version; the checksum of the primary is that of another one.
struct Torn {
  Block primary = block_of({our_uuid(), "aimee-data"});
  Block copy = block_of({.uuid = our_uuid(), .label = "aimee-data", .address = first_copy});
  Torn() { primary[0] ^= std::byte{1}; }
  [[nodiscard]] bool looks_torn(std::uint64_t device_size = 256ULL << 20) const {
    return is_torn_write(primary, copy, device_size);
  }
};

TEST_CASE("a torn write differs from the copy in what a transaction changes, and in no other byte") {
  constexpr std::pair<std::size_t, std::size_t> changing[] = {
      {0, 32},      // csum
      {72, 73},     // generation, by one
      {80, 104},    // root, chunk_root, log_root
      {112, 128},   // total_bytes, bytes_used
      {164, 172},   // chunk_root_generation
      {188, 196},   // incompat_flags
      {198, 201},   // root_level, chunk_root_level, log_root_level
      {209, 225},   // dev_item.total_bytes, dev_item.bytes_used
      {299, 571},   // label, cache_generation, uuid_tree_generation
      {2859, 3531}  // super_roots
  };
  for (std::size_t at = 0; at < superblock_size; ++at) {
    CAPTURE(at);
    Torn torn;
    torn.copy[at] ^= std::byte{1};
    CHECK(torn.looks_torn() ==
          std::ranges::any_of(changing, [&](const auto& range) { return range.first <= at && at < range.second; }));
  }
}

TEST_CASE("generations may be one apart, either way") {
  for (const int apart : {-2, -1, 0, 1, 2}) {
    CAPTURE(apart);
    Torn torn;
    torn.copy[72] = static_cast<std::byte>(std::to_integer<int>(torn.primary[72]) + apart);
    CHECK(torn.looks_torn() == (apart >= -1 && apart <= 1));
  }
}

TEST_CASE("features are only ever added, and a file system does not reach beyond its device") {
  Torn features;
  features.primary[188] = std::byte{0x03};
  features.copy[188] = std::byte{0x05};
  CHECK_FALSE(features.looks_torn());
  CHECK_FALSE(Torn().looks_torn((256ULL << 20) - 1));
  Torn device;
  device.primary[212] = std::byte{0x20};  // dev_item.total_bytes: 512 MiB
  CHECK_FALSE(device.looks_torn());
  CHECK(device.looks_torn(512ULL << 20));
}

TEST_CASE("whole, temporary, misplaced or of another checksum's kind, a superblock is not torn") {
  Torn whole;
  put_checksum(whole.primary);
  CHECK_FALSE(whole.looks_torn());
  Torn without_magic;
  without_magic.primary[0x40] = without_magic.copy[0x40] = std::byte{'!'};
  CHECK_FALSE(without_magic.looks_torn());
  Torn misplaced;
  misplaced.primary[50] ^= std::byte{1};
  CHECK_FALSE(misplaced.looks_torn());
  Torn other_kind;
  other_kind.primary[196] = other_kind.copy[196] = std::byte{1};
  CHECK_FALSE(other_kind.looks_torn());
}

TEST_CASE("with its checksum a torn superblock is valid, and nothing else of it differs") {
  Torn torn;
  torn.primary[3000] = std::byte{0x77};
  const Block made = with_checksum(torn.primary);
  CHECK(parse_superblock(made, superblock_offsets[0]).valid());
  CHECK(std::equal(made.begin() + 4, made.end(), torn.primary.begin() + 4));
  const Block other_kind = block_of({.uuid = plain_uuid(), .checksum_type = 1});
  CHECK((with_checksum(other_kind) == other_kind));
}

TEST_CASE("relabelled for another place, a superblock is valid there and the same beyond its first sector") {
  Block copy = block_of({.uuid = our_uuid(), .label = std::string(256, 'l'), .address = first_copy});
  copy[811] = std::byte{1};
  put_checksum(copy);
  const auto made = relabelled(copy, superblock_offsets[0], "aimee-data");
  const Superblock parsed = parse_superblock(made, superblock_offsets[0]);
  CHECK(parsed.valid());
  CHECK(parsed.label == "aimee-data");
  CHECK((parsed.uuid == our_uuid()));
  CHECK(std::equal(copy.begin() + 512, copy.end(), made.begin() + 512));
  CHECK(parse_superblock(relabelled(copy, first_copy, std::string(300, 'x')), first_copy).label ==
        std::string(longest_atomic_label, 'x'));
}

TEST_CASE("of a checksum of another kind nothing is known, and it is kept") {
  Block block = block_of({.uuid = our_uuid(), .checksum_type = 2});
  block[0] = std::byte{0x5a};
  CHECK(relabelled(block, superblock_offsets[0], "x")[0] == std::byte{0x5a});
}

}  // namespace aimee::test

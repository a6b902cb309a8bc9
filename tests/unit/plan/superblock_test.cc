// Superblocks: checksums, and what is read from one.
#include "plan/superblock.h"

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

// A block as a btrfs superblock: what is read of it, and what a new label makes of it. The checksum is computed here
// once more, a bit at a time.
#include "plan/superblock.h"

#include <algorithm>
#include <cstring>

#include "parts/oracle.h"
#include "parts/volumes.h"

namespace aimee::fuzz {

namespace {

std::uint32_t checksum_of(std::span<const std::byte> bytes) {
  std::uint32_t register_ = 0xffffffff;
  for (const std::byte byte : bytes) {
    register_ ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) register_ = (register_ >> 1U) ^ ((register_ & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  return ~register_;
}

bool is_same(std::span<const std::byte> one, std::span<const std::byte> other) {
  return std::ranges::equal(one, other);
}

void check_parsed(const test::Block& block, std::uint64_t offset) {
  const Superblock parsed = parse_superblock(block, offset);
  const std::string_view magic(reinterpret_cast<const char*>(block.data()) + 64, 8);
  HOLDS((parsed.magic == Superblock::Magic::real) == (magic == test::real_magic));
  HOLDS((parsed.magic == Superblock::Magic::temporary) == (magic == test::temporary_magic));
  if (parsed.magic == Superblock::Magic::none) {
    HOLDS(!parsed.intact && parsed.label.empty());
    return;
  }
  HOLDS(is_same(parsed.uuid, std::span(block).subspan(32, 16)));
  HOLDS(parsed.label.find('\0') == std::string::npos && parsed.label.size() <= 256);
  HOLDS(std::memcmp(&block[299], parsed.label.data(), parsed.label.size()) == 0);
  std::uint64_t address = 0;
  std::uint32_t stored = 0;
  std::uint16_t type = 0;
  std::memcpy(&address, &block[48], sizeof address);
  std::memcpy(&stored, &block[0], sizeof stored);
  std::memcpy(&type, &block[196], sizeof type);
  if (address != offset) HOLDS(!parsed.intact);
  if (type == 0) HOLDS(parsed.intact == (address == offset && stored == checksum_of(std::span(block).subspan(32))));
}

void check_relabelled(const test::Block& block, std::uint64_t offset, const std::string& label) {
  const auto made = relabelled(block, offset, label);
  const Superblock before = parse_superblock(block, offset);
  const Superblock after = parse_superblock(made, offset);
  HOLDS(is_same(std::span(made).subspan(superblock_atomic_size), std::span(block).subspan(superblock_atomic_size)));
  HOLDS(after.magic == before.magic);
  if (after.magic == Superblock::Magic::none) return;
  HOLDS(after.uuid == before.uuid && after.device_count == before.device_count &&
        after.bytes_used == before.bytes_used);
  HOLDS(after.label == std::string(label.substr(0, longest_atomic_label).c_str()));
  std::uint16_t type = 0;
  std::memcpy(&type, &block[196], sizeof type);
  if (type == 0) HOLDS(after.intact);
  HOLDS(is_same(relabelled(made, offset, label), made));
}

// A copy of the same version, a few bytes of it changed: what may be mended is ours to mend, and then valid.
void check_torn(Input& input, const test::Block& block) {
  test::Block copy;
  std::ranges::copy(relabelled(block, superblock_offsets[1], "aimee-data"), copy.begin());
  for (std::size_t i = input.below(4); i > 0; --i) copy[input.number(2) % copy.size()] ^= std::byte{input.byte()};
  const std::uint64_t size = input.number();
  const auto made = with_checksum(block);
  HOLDS(is_same(std::span(made).subspan(32), std::span(block).subspan(32)));
  HOLDS(!is_torn_write(made, copy, size));
  if (!is_torn_write(block, copy, size)) return;
  const Superblock before = parse_superblock(block, superblock_offsets[0]);
  HOLDS(before.magic == Superblock::Magic::real && !before.intact);
  HOLDS(before.uuid == parse_superblock(copy, superblock_offsets[1]).uuid);
  HOLDS(parse_superblock(made, superblock_offsets[0]).valid());
}

// A token opens one volume on one device.
void check_token(Input& input) {
  const DeviceIdentity device = some_device(input);
  const DeviceIdentity other = some_device(input);
  const Uuid uuid = some_uuid(input);
  const Uuid other_uuid = some_uuid(input);
  const std::string token = reset_token(uuid, device);
  HOLDS(is_one_line(token) && token.size() <= longest_atomic_label && token.starts_with(reset_token_prefix));
  HOLDS(is_reset_token(token, uuid, device));
  HOLDS(uuid == other_uuid || !is_reset_token(token, other_uuid, device));
  HOLDS(device.size == other.size || !is_reset_token(token, uuid, other));
  const bool short_serials = device.serial.size() < 30 && other.serial.size() < 30;
  HOLDS(!short_serials || device == other || !is_reset_token(token, uuid, other));
}

}  // namespace

void try_input(std::string_view bytes) {
  Input input(bytes);
  const std::uint64_t offset = superblock_offsets[input.below(superblock_offsets.size())];
  test::Block block = some_superblock(input, offset, some_device(input));
  check_token(input);
  const std::string label(input.text());
  const std::string_view raw = input.take(block.size());
  std::memcpy(block.data(), raw.data(), raw.size());
  check_parsed(block, offset);
  check_relabelled(block, offset, label);
  check_torn(input, block);
}

}  // namespace aimee::fuzz

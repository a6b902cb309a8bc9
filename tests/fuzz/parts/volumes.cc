// Choices; the first of each is what a volume of ours looks like.
#include "parts/volumes.h"

#include <algorithm>
#include <cstring>

namespace aimee::fuzz {

namespace {

constexpr std::string_view kinds[] = {"btrfs", "ext4", "crypto_LUKS", "linux_raid_member", "gpt partition table"};
constexpr Fill fills[] = {Fill::zeros, Fill::ones, Fill::data};

// Where libblkid may have seen something: nowhere that it tells, and on both sides of what is a volume's content.
std::optional<std::uint64_t> some_offset(Input& input, const DeviceIdentity& device) {
  const std::uint64_t places[] = {0, (1ULL << 20) - 1, 1ULL << 20, device.size - 1, device.size};
  const std::size_t chosen = input.below(6);
  return chosen == 5 ? std::nullopt : std::optional(places[chosen]);
}

}  // namespace

Uuid some_uuid(Input& input) {
  Uuid uuid = test::our_uuid();
  switch (input.below(5)) {
    case 0:
      break;
    case 1:
      uuid[0] = std::byte{0xaa};  // another volume of ours
      break;
    case 2:
      uuid = test::plain_uuid();
      break;
    case 3:
      uuid = test::our_uuid_of_version(input.byte());
      break;
    default:
      for (std::byte& byte : uuid) byte = std::byte{input.byte()};
  }
  return uuid;
}

DeviceIdentity some_device(Input& input) {
  constexpr std::uint64_t sizes[] = {128ULL << 20, 1ULL << 30, 300ULL << 30};
  return {input.one_of(sizes), std::string(input.text())};
}

std::string some_label(Input& input, const Uuid& uuid, const DeviceIdentity& device) {
  switch (input.below(9)) {
    case 0:
      return std::string(committed_label);
    case 1:
      return std::string(creating_label);
    case 2:
      return concat(creating_label_prefix, unsigned{input.byte()});
    case 3:
      return concat(creating_label_prefix, input.text());
    case 4:
      return reset_token(uuid, device);
    case 5:
      return reset_token(uuid, {device.size + input.byte(), device.serial + std::string(input.text())});
    case 6:
      return concat(reset_token_prefix, input.text());
    case 7:
      return {};
    default:
      return std::string(input.text());
  }
}

test::Block some_superblock(Input& input, std::uint64_t offset, const DeviceIdentity& device) {
  constexpr std::string_view magics[] = {test::real_magic, test::temporary_magic, "_NO-ONE_"};
  test::OnDisk chosen;
  chosen.uuid = some_uuid(input);
  chosen.label = some_label(input, chosen.uuid, device).substr(0, 256);
  chosen.magic = input.one_of(magics);
  chosen.address = input.below(8) == 7 ? input.number() : offset;
  chosen.device_count = input.below(4) == 3 ? input.byte() : 1;
  chosen.checksum_type = input.below(8) == 7 ? input.byte() : std::uint16_t{0};
  chosen.device_size = device.size;
  test::Block block = test::block_of(chosen);
  const std::size_t changes = input.below(8);
  for (std::size_t i = 0; i < changes; ++i) {
    const std::size_t at = input.number(2) % block.size();
    block[at] ^= std::byte{input.byte()};
  }
  if (input.flag()) test::put_checksum(block);
  return block;
}

VolumeFacts some_facts(Input& input) {
  VolumeFacts facts;
  facts.device = some_device(input);
  const auto offsets = superblock_offsets_on(facts.device.size);
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    if (input.flag()) {
      facts.superblocks[i] = parse_superblock(some_superblock(input, offsets[i], facts.device), offsets[i]);
    } else {
      facts.superblocks[i].emplace();
    }
  }
  switch (input.below(4)) {
    case 0:
      break;
    case 1:
      facts.request = request_for(some_uuid(input));
      break;
    case 2:
      facts.request = parse_kernel_command_line(concat("aimee.factory_reset=", input.text())).reset;
      break;
    default:
      facts.request = {request_for(some_uuid(input)).digits.substr(0, 8 + input.below(8))};
  }
  const std::size_t signatures = input.below(4);
  for (std::size_t i = 0; i < signatures; ++i) {
    const std::string_view kind = input.one_of(kinds);
    facts.signatures.push_back({std::string(kind), std::string(input.text()), some_offset(input, facts.device)});
  }
  facts.probe_is_certain = input.below(8) != 7;
  facts.first_mib = input.one_of(fills);
  facts.head = input.one_of(fills);
  if (input.flag()) facts.remnants = {"a backup superblock of ext4 at 128 MiB", {128ULL << 20}};
  facts.backup_table = input.below(4) == 3;
  if (input.below(8) == 7) facts.read_error = "read at byte 65536: Input/output error";
  const Superblock primary = facts.superblocks[0].value_or(Superblock{});
  facts.primary_is_torn = input.flag() && primary.magic == Superblock::Magic::real && !primary.intact;
  return facts;
}

bool is_somebody_elses(const VolumeFacts& facts) {
  return !facts.probe_is_certain ||
         std::ranges::any_of(facts.signatures, [](const Signature& found) { return found.type != "btrfs"; });
}

bool is_shared(const VolumeFacts& facts, const Superblock& volume) {
  const auto is_foreign = [&](const Signature& found) {
    const std::uint64_t offset = found.offset.value_or(0);
    return found.type != "btrfs" && (offset < (1U << 20U) || offset >= volume.device_size);
  };
  return !facts.probe_is_certain || std::ranges::any_of(facts.signatures, is_foreign);
}

}  // namespace aimee::fuzz

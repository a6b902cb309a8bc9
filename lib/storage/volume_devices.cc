// Looking for a volume's devices; reads only, so that a failure midway has changed nothing.
#include "storage/volume_devices.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "storage/btrfs.h"
#include "storage/data_volume.h"
#include "storage/probe.h"
#include "system/mount.h"

namespace aimee {

namespace {

constexpr std::uint64_t smallest_device = 1ULL << 20;  // bytes; what can be probed

bool is_torn(const Fd& device, std::uint64_t size) {
  std::array<std::array<std::byte, superblock_size>, 2> blocks;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (!read_exactly(device, blocks[i], superblock_offsets[i], "")) return false;
  }
  return is_torn_write(blocks[0], blocks[1], size);
}

// None where the device does not say that it belongs to the volume.
std::optional<VolumeDevice> device_of(const BlockNode& node, const Uuid& volume) {
  const auto device = open_block(node, O_RDONLY);
  if (!device) return std::nullopt;
  const auto superblock = read_superblock(*device, superblock_offsets[0], "");
  if (!superblock || superblock->magic != Superblock::Magic::real || superblock->uuid != volume) return std::nullopt;
  const auto identity = identity_of(node, *device);
  if (!identity) return std::nullopt;
  VolumeDevice found = describe(node, *identity, *superblock);
  found.torn = !superblock->intact && is_torn(*device, identity->size);
  return found;
}

void insert_by_id(std::vector<VolumeDevice>& devices, VolumeDevice device) {
  auto place = devices.begin();
  while (place != devices.end() && place->superblock.device_id <= device.superblock.device_id) ++place;
  devices.insert(place, std::move(device));
}

// What device-mapper shows once more is there once.
void remove_lower_ones(const BlockNode& node, std::vector<VolumeDevice>& found) {
  std::vector<BlockNode> all = nodes_of(found);
  all.push_back(node);
  std::erase_if(found, [&](const VolumeDevice& device) {
    return std::ranges::any_of(all, [&](const BlockNode& upper) { return is_held_by(device.number, upper); });
  });
}

// None where it is not mounted anywhere.
std::vector<BlockNode> devices_of_mounted(const Uuid& volume) {
  return devices_linked_in(concat("/sys/fs/btrfs/", uuid_text(volume), "/devices"));
}

}  // namespace

VolumeDevice describe(const BlockNode& node, const DeviceIdentity& identity, const Superblock& primary) {
  const BlockNode disk = whole_disk(node);
  return {.device = node.path,
          .number = node.number,
          .disk = disk.path,
          .model = model_of(disk),
          .identity = identity,
          .can_discard = can_discard(disk),
          .superblock = primary};
}

std::vector<BlockNode> nodes_of(const std::vector<VolumeDevice>& devices) {
  std::vector<BlockNode> nodes;
  nodes.reserve(devices.size());
  for (const VolumeDevice& device : devices) nodes.push_back({device.device, device.number});
  return nodes;
}

VolumeDevices find_other_devices(const BlockNode& node, const Superblock& own) {
  VolumeDevices found;
  for (const BlockNode& other : block_devices(smallest_device)) {
    if (other == node) continue;
    if (auto device = device_of(other, own.uuid)) insert_by_id(found.others, *std::move(device));
  }
  remove_lower_ones(node, found.others);

  found.in_use = devices_of_mounted(own.uuid);
  const auto is_in_use = [&](dev_t number) {
    return std::ranges::find(found.in_use, number, &BlockNode::number) != found.in_use.end();
  };
  for (VolumeDevice& other : found.others) other.in_use = is_in_use(other.number);
  const VolumeDevice named{
      .device = node.path, .number = node.number, .superblock = own, .in_use = is_in_use(node.number)};
  found.doubt = doubt_about(named, found.others);
  const bool known = found.doubt.kind == Doubt::Kind::none || found.doubt.kind == Doubt::Kind::missing;
  if (!known) found.others.clear();
  return found;
}

Doubt doubt_about_mount(const std::string& var, const BlockNode& node) {
  const auto folder = open_file(var, O_RDONLY | O_DIRECTORY);
  if (!folder || !is_mount_point(*folder, var).value_or(false)) return {};
  const auto uuid = btrfs_uuid(*folder);
  if (!uuid || mark_version(*uuid) == 0) return {};
  std::string all;
  for (const BlockNode& device : devices_of_mounted(*uuid)) {
    if (device == node) return {};
    all += concat(all.empty() ? "" : " and ", device.path);
  }
  if (all.empty()) return {};
  return {Doubt::Kind::unsure, concat("is not a device of the volume on ", var, ", which is on ", all),
          "name the right device in fstab"};
}

VolumeDevices wait_for_other_devices(const BlockNode& node, const Superblock& own, std::chrono::seconds limit) {
  const Deadline deadline = Deadline::after(limit);
  const auto watcher = DeviceWatcher::of("/dev/");
  for (;;) {
    VolumeDevices found = find_other_devices(node, own);
    if (found.doubt.kind != Doubt::Kind::missing || !udev_runs() || !watcher) return found;
    if (!watcher->wait(deadline).value_or(false)) return found;
  }
}

Result<std::vector<Fd>> hold_devices(const std::vector<VolumeDevice>& found, bool for_writing,
                                     std::string_view refusing) {
  std::vector<Fd> held;
  for (const VolumeDevice& expected : found) {
    const BlockNode node{expected.device, expected.number};
    TRY(check_is_writable(node));
    held.push_back(TRY(open_exclusively(node, for_writing, refusing)));
    const DeviceIdentity identity = TRY(identity_of(node, held.back()));
    const VolumeFacts facts = probe_volume(held.back(), identity);
    const Superblock now = facts.superblocks[0].value_or(Superblock{});
    if (identity != expected.identity || now.uuid != expected.superblock.uuid ||
        now.device_id != expected.superblock.device_id || now.generation != expected.superblock.generation) {
      return std::unexpected(changed_refusal(node, refusing));
    }
    if (!facts.read_error.empty() || !holds_only_btrfs(facts)) {
      return refusal(node.path, concat("holds a device of the volume, and cannot be read, or holds more than that: ",
                                       refusing, "; see wipefs ", node.path));
    }
  }
  return held;
}

}  // namespace aimee

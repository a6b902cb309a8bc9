// Finding the device. Reads /dev, sysfs and partition tables; changes nothing.
#include "storage/device.h"

#include <blkid/blkid.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "base/text.h"
#include "system/clock.h"

namespace aimee {

namespace {

using Probe = std::unique_ptr<blkid_struct_probe, decltype([](blkid_probe probe) { blkid_free_probe(probe); })>;

// udev's link, in its encoding (blanks and the like as \x20).
std::string link_path(const VolumeSource& source) {
  char encoded[1024];
  if (blkid_encode_string(source.value.c_str(), encoded, sizeof encoded) != 0) return {};
  const bool label = source.kind == VolumeSource::Kind::partition_label;
  return concat(label ? "/dev/disk/by-partlabel/" : "/dev/disk/by-partuuid/", encoded);
}

std::optional<BlockNode> linked_device(const std::string& link) {
  const auto node = block_node_at(link);
  return node ? std::optional(*node) : std::nullopt;
}

struct TableEntry {
  std::string label;
  std::string uuid;
};

// What the partition table on `disk` itself says of partition `number`; empty where it cannot be read.
TableEntry entry_in(blkid_partlist table, unsigned number) {
  blkid_partition partition =
      table != nullptr ? blkid_partlist_get_partition_by_partno(table, static_cast<int>(number)) : nullptr;
  if (partition == nullptr) return {};
  const char* label = blkid_partition_get_name(partition);
  const char* uuid = blkid_partition_get_uuid(partition);
  return {label != nullptr ? label : "", uuid != nullptr ? uuid : ""};
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// Partitions of `disk` that `source` names. The kernel's own label is enough where it has one, which spares
// reading the table.
void collect_matches(const BlockNode& disk, const VolumeSource& source, std::vector<BlockNode>& found) {
  const bool by_label = source.kind == VolumeSource::Kind::partition_label;
  Probe probe;
  blkid_partlist table = nullptr;
  Fd fd;
  for (const Partition& partition : partitions_of(disk)) {
    bool matches = by_label && partition.label == source.value;
    if (!matches && (!by_label || partition.label.empty())) {
      if (!probe) {
        auto opened = open_block(disk, O_RDONLY);
        if (!opened) return;
        fd = std::move(*opened);
        probe.reset(blkid_new_probe());
        blkid_probe_enable_superblocks(probe.get(), 0);
        blkid_probe_enable_partitions(probe.get(), 1);
        if (blkid_probe_set_device(probe.get(), fd.get(), 0, 0) != 0) return;
        table = blkid_probe_get_partitions(probe.get());
      }
      const TableEntry entry = entry_in(table, partition.number);
      matches = by_label ? entry.label == source.value : equal_ignoring_case(entry.uuid, source.value);
    }
    if (matches) found.push_back(partition.node);
  }
}

// The everyday case in a few reads: udev's link leads to the root's own disk, and nothing else can have the name. Where
// something has it, the link leads to what udev has looked at last, and may soon lead elsewhere.
bool is_plainly_meant(const BlockNode& linked, const VolumeSource& source, const std::optional<BlockNode>& root_disk) {
  if (!root_disk || whole_disk(linked) != *root_disk) return false;
  std::ptrdiff_t others = -1;
  for (const BlockNode& disk : disks_with_partitions()) {
    const bool by_label = source.kind == VolumeSource::Kind::partition_label;
    others += by_label ? std::ranges::count(partitions_of(disk), source.value, &Partition::label) : 1;
  }
  return others == 0;
}

Result<BlockNode> choose(std::vector<BlockNode> candidates, const VolumeSource& source,
                         const std::optional<BlockNode>& root_disk) {
  std::string all;
  for (const BlockNode& node : candidates) all += concat(all.empty() ? "" : " and ", node.path);
  if (root_disk && candidates.size() > 1) {
    std::erase_if(candidates, [&](const BlockNode& node) { return whole_disk(node) != *root_disk; });
  }
  if (candidates.size() == 1) return candidates[0];
  return refusal(source_text(source),
                 concat("names more than one device (", all, "), and not exactly one of them is on the root file ",
                        "system's disk; give one of them another name, or detach it"));
}

// The device, none if it is not there yet.
Result<std::optional<DataDevice>> look_for_device(const VolumeSource& source, const std::string& root) {
  if (source.kind == VolumeSource::Kind::path) {
    auto node = block_node_at(source.value);
    if (node) return DataDevice{*node, {}};
    if (node.error().code == ENOENT) return std::nullopt;
    return std::unexpected(node.error());
  }
  const std::string link = link_path(source);
  const auto root_disk = disk_of_file_system(root.empty() ? "/" : root);
  const auto linked = linked_device(link);
  if (linked && is_plainly_meant(*linked, source, root_disk)) return DataDevice{*linked, {}};
  if (!linked && udev_runs()) return std::nullopt;  // what mounts /var waits for the link too

  std::vector<BlockNode> candidates;
  for (const BlockNode& disk : disks_with_partitions()) collect_matches(disk, source, candidates);
  if (linked && std::ranges::find(candidates, *linked) == candidates.end()) candidates.push_back(*linked);
  if (candidates.empty()) return std::nullopt;
  const bool changeable = candidates.size() > 1 && udev_runs();
  const BlockNode chosen = TRY(choose(std::move(candidates), source, root_disk));
  return DataDevice{chosen, linked && (changeable || *linked != chosen) ? link : std::string()};
}

}  // namespace

Result<DataDevice> wait_for_device(const VolumeSource& source, const std::string& root, std::chrono::seconds limit) {
  if (const auto device = TRY(look_for_device(source, root))) return *device;
  const Deadline deadline = Deadline::after(limit);
  const auto watcher =
      TRY(DeviceWatcher::of(source.kind == VolumeSource::Kind::path ? source.value : link_path(source)));
  for (;;) {
    if (const auto device = TRY(look_for_device(source, root))) return *device;
    if (!TRY(watcher.wait(deadline))) {
      return failure(
          source_text(source),
          concat("did not appear within ", limit.count(), " s; is the disk attached, and the name in fstab right?"), 0);
    }
  }
}

bool udev_runs() { return access("/run/udev/control", F_OK) == 0; }

Result<DeviceWatcher> DeviceWatcher::of(std::string path) {
  Fd watcher(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watcher.is_open()) return failure("inotify", "create");
  DeviceWatcher made(std::move(watcher), std::move(path));
  made.watch();
  return made;
}

void DeviceWatcher::watch() const {
  for (std::size_t slash = path_.find('/', 1); slash != std::string::npos; slash = path_.find('/', slash + 1)) {
    inotify_add_watch(watcher_.get(), path_.substr(0, slash).c_str(), IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE);
  }
}

Result<bool> DeviceWatcher::wait(const Deadline& deadline) const {
  pollfd waiting{watcher_.get(), POLLIN, 0};
  const int ready = poll(&waiting, 1, deadline.milliseconds_left());
  if (ready < 0 && errno != EINTR) return failure("inotify", "wait");
  if (ready == 0) return false;
  char events[4096];
  while (read(watcher_.get(), events, sizeof events) > 0) {
  }
  watch();
  return true;
}

Result<DeviceIdentity> identity_of(const BlockNode& node, const Fd& device) {
  return DeviceIdentity{TRY(block_size_bytes(device, node.path)), serial_of(whole_disk(node))};
}

}  // namespace aimee

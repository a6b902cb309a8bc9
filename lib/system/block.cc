// Reading of sysfs. What sysfs does not have is taken as absent, never guessed.
#include "system/block.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "base/text.h"
#include "system/folder.h"
#include "system/lock.h"

namespace aimee {

namespace {

std::string sysfs_folder(dev_t number) { return concat("/sys/dev/block/", major(number), ":", minor(number)); }

std::string real_path(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) != nullptr ? resolved : std::string();
}

// sysfs attribute without its newline; empty where it does not exist.
std::string attribute(const std::string& path) {
  const auto content = read_file(path);
  return content ? std::string(trimmed(*content)) : std::string();
}

std::vector<std::string> entries_of(const std::string& folder) {
  std::vector<std::string> names;
  auto opened = open_file(folder, O_RDONLY | O_DIRECTORY);
  const auto stream = opened ? list_folder(std::move(*opened), folder) : std::unexpected(opened.error());
  while (stream) {
    auto name = next_name(*stream, folder);
    if (!name || name->empty()) break;
    if ((*name)[0] != '.') names.push_back(*std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

// "254:3" as sysfs writes device numbers.
std::optional<dev_t> parse_device_number(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto high = parse_number(text.substr(0, colon));
  const auto low = parse_number(text.substr(colon + 1));
  if (!high || !low) return std::nullopt;
  return makedev(static_cast<unsigned>(*high), static_cast<unsigned>(*low));
}

std::optional<BlockNode> node_in(const std::string& sysfs_path) {
  const auto number = parse_device_number(attribute(sysfs_path + "/dev"));
  if (!number) return std::nullopt;
  const auto properties = block_properties(*number);
  const auto name = properties.find("DEVNAME");
  if (name == properties.end()) return std::nullopt;
  return BlockNode{concat("/dev/", name->second), *number};
}

}  // namespace

Result<BlockNode> block_node_at(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return failure(path, "find the device");
  if (S_ISBLK(status.st_mode)) return BlockNode{path, status.st_rdev};
  if (stat(path.c_str(), &status) != 0) return failure(path, "find the device");
  if (!S_ISBLK(status.st_mode)) return refusal(path, "is not a block device");
  const auto known = node_in(sysfs_folder(status.st_rdev));
  struct stat other{};
  if (known && stat(known->path.c_str(), &other) == 0 && S_ISBLK(other.st_mode) && other.st_rdev == status.st_rdev) {
    return *known;
  }
  return BlockNode{path, status.st_rdev};
}

std::map<std::string, std::string> block_properties(dev_t number) {
  std::map<std::string, std::string> properties;
  const std::string content = attribute(sysfs_folder(number) + "/uevent");
  for (const std::string_view line : split(content, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) properties.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return properties;
}

BlockNode whole_disk(const BlockNode& node) {
  const std::string folder = sysfs_folder(node.number);
  if (attribute(folder + "/partition").empty()) return node;
  return node_in(folder + "/..").value_or(node);
}

std::vector<Partition> partitions_of(const BlockNode& disk) {
  std::vector<Partition> found;
  const std::string folder = sysfs_folder(disk.number);
  for (const std::string& name : entries_of(folder)) {
    const auto number = parse_number(attribute(concat(folder, "/", name, "/partition")));
    const auto node = number ? node_in(concat(folder, "/", name)) : std::nullopt;
    if (!node) continue;
    auto properties = block_properties(node->number);
    found.push_back({*node, static_cast<unsigned>(*number), std::move(properties["PARTNAME"])});
  }
  return found;
}

std::vector<BlockNode> disks_with_partitions() {
  std::vector<BlockNode> disks;
  for (const std::string& name : entries_of("/sys/class/block")) {
    const std::string folder = concat("/sys/class/block/", name);
    if (attribute(folder + "/partition").empty()) continue;
    const auto disk = node_in(real_path(folder) + "/..");
    if (disk && std::ranges::find(disks, *disk) == disks.end()) disks.push_back(*disk);
  }
  return disks;
}

namespace {

constexpr int deepest = 16;  // dm on dm on … on a partition

// The disk below the device that sysfs describes in `folder`; none where there are several.
std::optional<BlockNode> disk_below(const std::string& folder, int depth) {
  const auto slaves = entries_of(folder + "/slaves");
  if (slaves.empty()) {
    const auto node = node_in(folder);
    return node ? std::optional(whole_disk(*node)) : std::nullopt;
  }
  std::optional<BlockNode> disk;
  for (const std::string& slave : slaves) {
    if (depth == deepest) return std::nullopt;
    const auto found = disk_below(real_path(concat(folder, "/slaves/", slave)), depth + 1);
    if (!found || (disk && *disk != *found)) return std::nullopt;
    disk = found;
  }
  return disk;
}

}  // namespace

std::optional<BlockNode> disk_of_device(dev_t number) { return disk_below(sysfs_folder(number), 0); }

std::vector<BlockNode> block_devices(std::uint64_t smallest) {
  constexpr std::uint64_t unit = 512;  // bytes, whatever the sector's size
  std::vector<BlockNode> found;
  for (const std::string& name : entries_of("/sys/class/block")) {
    const std::string folder = concat("/sys/class/block/", name);
    if (parse_number(attribute(folder + "/size")).value_or(0) < smallest / unit) continue;
    if (const auto node = node_in(folder)) found.push_back(*node);
  }
  return found;
}

std::vector<BlockNode> devices_linked_in(const std::string& folder) {
  std::vector<BlockNode> found;
  for (const std::string& name : entries_of(folder)) {
    if (const auto node = node_in(concat(folder, "/", name))) found.push_back(*node);
  }
  return found;
}

std::optional<BlockNode> disk_of_file_system(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0 || major(status.st_dev) == 0) return std::nullopt;
  return disk_of_device(status.st_dev);
}

std::vector<std::string> holders_of(dev_t number) { return entries_of(sysfs_folder(number) + "/holders"); }

bool is_held_by(dev_t number, const BlockNode& holder) {
  const auto holders = devices_linked_in(sysfs_folder(number) + "/holders");
  return std::ranges::find(holders, holder) != holders.end();
}

namespace {

// The first of the disk's attributes that says anything.
std::string first_attribute(const BlockNode& disk, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    std::string value = attribute(concat(sysfs_folder(disk.number), "/", name));
    if (!value.empty()) return value;
  }
  return {};
}

}  // namespace

std::string serial_of(const BlockNode& disk) {
  return first_attribute(disk, {"serial", "device/serial", "device/cid", "wwid", "device/wwid"});
}

std::string model_of(const BlockNode& disk) { return first_attribute(disk, {"device/model", "device/name"}); }

bool can_discard(const BlockNode& disk) {
  return parse_number(first_attribute(disk, {"queue/discard_max_bytes"})).value_or(0) != 0;
}

Result<Fd> open_block(const BlockNode& node, int flags) {
  Fd fd = TRY(open_file(node.path, flags | O_NONBLOCK));
  const struct stat status = TRY(status_of(fd, node.path));
  if (!S_ISBLK(status.st_mode) || status.st_rdev != node.number) {
    return failure(node.path, "became another device meanwhile", 0);
  }
  return fd;
}

Result<std::uint64_t> block_size_bytes(const Fd& fd, std::string_view subject) {
  std::uint64_t bytes = 0;
  if (ioctl(fd.get(), BLKGETSIZE64, &bytes) != 0) return failure(subject, "ask for the size");
  return bytes;
}

bool is_read_only(const Fd& fd) {
  int read_only = 0;
  return ioctl(fd.get(), BLKROGET, &read_only) == 0 && read_only != 0;
}

Result<std::vector<Fd>> lock_disks(std::vector<BlockNode> nodes, std::chrono::seconds limit) {
  for (BlockNode& node : nodes) node = whole_disk(node);
  std::vector<Fd> locks;
  const BlockNode* last = nullptr;
  for (;;) {
    const BlockNode* next = nullptr;
    for (const BlockNode& disk : nodes) {
      const bool later = last == nullptr || disk.number > last->number;
      if (later && (next == nullptr || disk.number < next->number)) next = &disk;
    }
    if (next == nullptr) return locks;
    locks.push_back(TRY(open_block(*next, O_RDONLY)));
    TRY(lock_exclusively(locks.back(), next->path, limit));
    last = next;
  }
}

}  // namespace aimee

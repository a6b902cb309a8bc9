// Block devices as the kernel describes them: sysfs, ioctls, locks.
// Source: sysfs-block (kernel ABI documentation), systemd's "Locking Block Device Access".
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "system/fd.h"

namespace aimee {

// A block device: its number is what it is, its path is how to reach it.
struct BlockNode {
  std::string path;  // "/dev/mmcblk0p3"
  dev_t number = 0;
  bool operator==(const BlockNode& other) const { return number == other.number; }
};

// The device at `path`; behind a symbolic link, by the kernel's own name where /dev has it.
// Errors: ENOENT, and a refusal where it is no block device.
Result<BlockNode> block_node_at(const std::string& path);

// The kernel's description (sysfs "uevent"): DEVNAME, PARTN, PARTNAME, …; empty where it has none.
std::map<std::string, std::string> block_properties(dev_t number);

// The whole disk of a partition; the device itself where it is none.
BlockNode whole_disk(const BlockNode& node);

struct Partition {
  BlockNode node;
  unsigned number = 0;  // in its table, from 1
  std::string label;    // as the kernel knows it, empty if it does not
};

// Partitions that the kernel knows, by disk; of every disk, or of one.
std::vector<Partition> partitions_of(const BlockNode& disk);
std::vector<BlockNode> disks_with_partitions();

// Every block device of at least `smallest` bytes, partitions too.
std::vector<BlockNode> block_devices(std::uint64_t smallest);

// The devices that a folder of sysfs links to: "/sys/fs/btrfs/UUID/devices". None where there is no such folder.
std::vector<BlockNode> devices_linked_in(const std::string& folder);

// The physical disk that the device, or the file system at `path`, is on, also through device-mapper (dm-verity has two
// devices below it, data and hashes); none where the kernel does not tell (overlay, tmpfs, btrfs) or where there are
// several.
std::optional<BlockNode> disk_of_device(dev_t number);
std::optional<BlockNode> disk_of_file_system(const std::string& path);

// Names of the devices that hold this one (device-mapper, md, bcache).
std::vector<std::string> holders_of(dev_t number);
bool is_held_by(dev_t number, const BlockNode& holder);

// The disk's serial number, or the CID of an MMC card; empty where it has none.
std::string serial_of(const BlockNode& disk);

// What its maker calls the disk; empty where it does not say.
std::string model_of(const BlockNode& disk);

// Whether the kernel would pass a discard on to the disk.
bool can_discard(const BlockNode& disk);

// Opened, and proven to be the device that `node` says.
Result<Fd> open_block(const BlockNode& node, int flags);

Result<std::uint64_t> block_size_bytes(const Fd& fd, std::string_view subject);
bool is_read_only(const Fd& fd);

// Exclusive BSD locks on the whole disks of all `nodes`, held until the results are closed; udev leaves a locked disk
// alone. They are taken in the order of the devices' numbers, so that two who want the same ones do not wait for each
// other. Failed: somebody else held one for longer than `limit`.
Result<std::vector<Fd>> lock_disks(std::vector<BlockNode> nodes, std::chrono::seconds limit);

}  // namespace aimee

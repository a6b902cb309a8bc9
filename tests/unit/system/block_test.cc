// Block devices as far as no device is needed; real ones are the loop tests' business.
#include "system/block.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstdio>

#include "harness/child.h"
#include "harness/temporary_folder.h"
#include "harness/test.h"

namespace aimee::test {

namespace {

const BlockNode unknown{"/dev/unknown", makedev(4000, 1'000'000)};

// Some block device in /dev, whose node the kernel's name has; notes a skip where there is none.
std::optional<BlockNode> any_device() {
  DIR* folder = opendir("/sys/class/block");
  std::vector<std::string> names;
  while (folder != nullptr) {
    const dirent* entry = readdir(folder);
    if (entry == nullptr) break;
    names.emplace_back(entry->d_name);
  }
  if (folder != nullptr) closedir(folder);
  std::ranges::sort(names);
  for (const std::string& name : names) {
    struct stat status{};
    const std::string path = "/dev/" + name;
    if (stat(path.c_str(), &status) == 0 && S_ISBLK(status.st_mode)) return BlockNode{path, status.st_rdev};
  }
  skip("no block device in /dev");
  return std::nullopt;
}

// A sysfs of the test's own: disks with partitions, and what device-mapper makes of them.
class FakeSysfs {
 public:
  // "sda" is 8:0, its partition "sda2" 8:2; "sdb" is 8:16, "dm-3" 253:3.
  void add(const std::string& name, const std::string& number, const std::string& disk = "") const {
    const std::string place = concat("sys/devices/", disk, disk.empty() ? "" : "/", name);
    folder_.file(place + "/dev", number + "\n");
    folder_.file(place + "/uevent", concat("DEVNAME=", name, "\n"));
    if (!disk.empty()) folder_.file(place + "/partition", "1\n");
    folder_.link("sys/dev/block/" + number, concat("../../devices/", disk, disk.empty() ? "" : "/", name));
  }
  void put_below(const std::string& upper, const std::string& lower_place) const {
    const std::string name = lower_place.substr(lower_place.rfind('/') + 1);
    folder_.link(concat("sys/devices/", upper, "/slaves/", name), concat("../../", lower_place));
  }
  // The path of the disk below, "none", or "skipped".
  [[nodiscard]] std::string disk_of(dev_t number) const {
    const auto ended = run_with_own_mounts([&] {
      prepared(mount((folder_ / "sys").c_str(), "/sys", nullptr, MS_BIND, nullptr) == 0, "bind");
      const auto disk = disk_of_device(number);
      std::printf("%s", disk ? disk->path.c_str() : "none");
      std::fflush(stdout);
      return 0;
    });
    return ended ? ended->out : "skipped";
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("the disk below device-mapper is the one that all its devices are on") {
  const FakeSysfs sysfs;
  sysfs.add("sda", "8:0");
  sysfs.add("sda2", "8:2", "sda");
  sysfs.add("sda3", "8:3", "sda");
  sysfs.add("sdb", "8:16");
  sysfs.add("sdb1", "8:17", "sdb");
  for (const char* name : {"0", "1", "2", "3", "4"}) sysfs.add(concat("dm-", name), concat("253:", name));
  sysfs.put_below("dm-0", "sda/sda2");  // verity: data and hashes
  sysfs.put_below("dm-0", "sda/sda3");
  sysfs.put_below("dm-1", "dm-0");  // something on top of that
  sysfs.put_below("dm-2", "sda/sda2");
  sysfs.put_below("dm-2", "sdb/sdb1");
  sysfs.put_below("dm-3", "dm-1");
  sysfs.put_below("dm-3", "dm-2");
  sysfs.put_below("dm-4", "dm-4");  // a ring, which no kernel makes
  const std::string alone = sysfs.disk_of(makedev(8, 3));
  if (alone == "skipped") return;
  CHECK(alone == "/dev/sda");
  CHECK(sysfs.disk_of(makedev(8, 16)) == "/dev/sdb");
  CHECK(sysfs.disk_of(makedev(253, 0)) == "/dev/sda");
  CHECK(sysfs.disk_of(makedev(253, 1)) == "/dev/sda");
  CHECK(sysfs.disk_of(makedev(253, 2)) == "none");
  CHECK(sysfs.disk_of(makedev(253, 3)) == "none");
  CHECK(sysfs.disk_of(makedev(253, 4)) == "none");
  CHECK(sysfs.disk_of(makedev(8, 99)) == "none");
}

TEST_CASE("what is no block device is refused, and what is not there is a failure") {
  const TemporaryFolder folder;
  const std::string file = folder.file("file", "");
  const std::string link = folder.link("link", file);
  const std::string dangling = folder.link("dangling", "nowhere");
  CHECK(told(block_node_at(file)) == concat("refused: ", file, ": is not a block device"));
  CHECK(told(block_node_at(link)) == concat("refused: ", link, ": is not a block device"));
  CHECK(told(block_node_at("/dev/null")) == "refused: /dev/null: is not a block device");
  CHECK(told(block_node_at(folder.path())) == concat("refused: ", folder.path(), ": is not a block device"));
  CHECK(told(block_node_at(dangling)) == with_errno(concat("failed: ", dangling, ": find the device"), ENOENT));
  CHECK(told(block_node_at(folder / "missing")) ==
        with_errno(concat("failed: ", folder / "missing", ": find the device"), ENOENT));
}

TEST_CASE("a device behind a symbolic link has the kernel's own name") {
  const auto device = any_device();
  if (!device) return;
  const TemporaryFolder folder;
  const auto direct = block_node_at(device->path);
  const auto linked = block_node_at(folder.link("link", device->path));
  const auto twice = block_node_at(folder.link("second", "link"));
  MUST_SUCCEED(direct);
  MUST_SUCCEED(linked);
  MUST_SUCCEED(twice);
  CHECK(direct->path == device->path);
  CHECK(linked->path == device->path);
  CHECK(twice->path == device->path);
  CHECK(linked->number == device->number);
}

TEST_CASE("devices are the same where their numbers are") {
  CHECK(BlockNode{"/dev/a", makedev(8, 1)} == BlockNode{"/dev/b", makedev(8, 1)});
  CHECK_FALSE(BlockNode{"/dev/a", makedev(8, 1)} == BlockNode{"/dev/a", makedev(8, 2)});
}

TEST_CASE("the kernel's description has the device's name") {
  const auto device = any_device();
  if (!device) return;
  const auto properties = block_properties(device->number);
  const auto name = properties.find("DEVNAME");
  MUST(name != properties.end());
  CHECK("/dev/" + name->second == device->path);
}

TEST_CASE("of a device that sysfs does not know nothing is guessed") {
  CHECK(block_properties(unknown.number).empty());
  CHECK(whole_disk(unknown) == unknown);
  CHECK(whole_disk(unknown).path == unknown.path);
  CHECK(partitions_of(unknown).empty());
  CHECK(holders_of(unknown.number).empty());
  CHECK(serial_of(unknown) == "");
}

TEST_CASE("disks with partitions are whole disks, once each, and partitions lead back to them") {
  const auto disks = disks_with_partitions();
  for (const BlockNode& disk : disks) {
    CAPTURE(disk.path);
    CHECK(std::ranges::count(disks, disk) == 1);
    CHECK(whole_disk(disk) == disk);
    const auto partitions = partitions_of(disk);
    CHECK_FALSE(partitions.empty());
    for (const Partition& partition : partitions) {
      CHECK(partition.number > 0);
      CHECK(whole_disk(partition.node) == disk);
    }
  }
}

TEST_CASE("file systems without a disk of their own have none") {
  CHECK_FALSE(disk_of_file_system("/proc").has_value());
  CHECK_FALSE(disk_of_file_system("/nonexistent").has_value());
}

TEST_CASE("a node that became another device is not opened") {
  const auto opened = open_block({"/dev/null", makedev(8, 1)}, O_RDONLY);
  CHECK(told(opened) == "failed: /dev/null: became another device meanwhile");
  const TemporaryFolder folder;
  const std::string missing = folder / "missing";
  CHECK(told(open_block({missing, makedev(8, 1)}, O_RDONLY)) ==
        with_errno(concat("failed: ", missing, ": open"), ENOENT));
}

TEST_CASE("a disk that became another device is not locked") {
  CHECK(told(lock_disks({{"/dev/null", makedev(8, 1)}}, std::chrono::seconds(0))) ==
        "failed: /dev/null: became another device meanwhile");
}

TEST_CASE("what is no block device has no size and is not read-only") {
  const Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(told(block_size_bytes(null, "/dev/null")) == with_errno("failed: /dev/null: ask for the size", ENOTTY));
  CHECK_FALSE(is_read_only(null));
}

}  // namespace aimee::test

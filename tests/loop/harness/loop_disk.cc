// Loop devices by ioctl: LOOP_CTL_GET_FREE and LOOP_CONFIGURE, again where another process was faster.
#include "harness/loop_disk.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "harness/doctest_main.h"
#include "harness/process.h"

namespace looptest {

namespace {

std::vector<const LoopDisk*> existing;

constexpr std::size_t block = 64 * KiB;

// "offset: bytes" of each block that is not all zero, fed to sha256sum.
std::string content_hash(const std::string& file) {
  const Fd disk(file, O_RDONLY);
  const off_t end = lseek(disk.get(), 0, SEEK_END);
  TemporaryFolder folder;
  Fd gathered(folder / "blocks", O_WRONLY | O_CREAT);
  const std::string zeros(block, '\0');
  std::string bytes(block, '\0');
  for (off_t data = 0; (data = lseek(disk.get(), data, SEEK_DATA)) >= 0 && data < end;) {
    const off_t hole = lseek(disk.get(), data, SEEK_HOLE);
    for (data -= data % static_cast<off_t>(block); data < hole; data += static_cast<off_t>(block)) {
      const ssize_t got = pread(disk.get(), bytes.data(), block, data);
      if (got <= 0) throw std::runtime_error("cannot read " + file);
      if (std::memcmp(bytes.data(), zeros.data(), static_cast<std::size_t>(got)) == 0) continue;
      if (write(gathered.get(), &data, sizeof data) < 0 ||
          write(gathered.get(), bytes.data(), static_cast<std::size_t>(got)) < 0)
        throw std::runtime_error("cannot gather the blocks of " + file);
    }
  }
  return tool({"sha256sum", folder / "blocks"}).substr(0, 64);
}

std::string sysfs(const std::string& device) { return "/sys/block/" + device.substr(5); }

// Sectors written and sectors discarded (Documentation/block/stat.rst). The counts of requests include flushes.
std::string write_counts(const std::string& device) {
  std::istringstream numbers(read_text(sysfs(device) + "/stat"));
  std::string counts;
  std::string number;
  for (int field = 1; numbers >> number; ++field)
    if (field == 7 || field == 14) counts += (counts.empty() ? "" : "/") + number;
  return counts;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Fingerprint& fingerprint) {
  return out << fingerprint.content << ", writes " << fingerprint.writes;
}

LoopDisk::LoopDisk(Shape shape) : shape_(std::move(shape)), backing_(shape_.backing) {
  if (backing_.empty()) {
    folder_ = std::make_unique<TemporaryFolder>();
    backing_ = *folder_ / "disk";
    const Fd file(backing_, O_RDWR | O_CREAT | O_EXCL);
    checked(ftruncate(file.get(), static_cast<off_t>(shape_.size)), backing_);
  } else {
    shape_.size = std::filesystem::file_size(backing_);
  }
  attach();
  existing.push_back(this);
}

LoopDisk::~LoopDisk() {
  std::erase(existing, this);
  detach();
}

void LoopDisk::attach() {
  const Fd control("/dev/loop-control", O_RDWR);
  const Fd file(backing_, shape_.read_only ? O_RDONLY : O_RDWR);
  loop_config config{};
  config.fd = static_cast<unsigned>(file.get());
  config.block_size = shape_.sector_size;
  config.info.lo_flags =
      (shape_.read_only ? unsigned{LO_FLAGS_READ_ONLY} : 0U) | (shape_.partitions ? unsigned{LO_FLAGS_PARTSCAN} : 0U);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const int number = checked(ioctl(control.get(), LOOP_CTL_GET_FREE), "LOOP_CTL_GET_FREE");
    const std::string device = "/dev/loop" + std::to_string(number);
    const Fd loop(device, shape_.read_only ? O_RDONLY : O_RDWR);
    if (ioctl(loop.get(), LOOP_CONFIGURE, &config) == 0) {
      device_ = device;
      return;
    }
    if (errno != EBUSY) checked(-1, device);
  }
  throw std::runtime_error("no free loop device");
}

void LoopDisk::detach() {
  {
    const Fd loop(device_, O_RDONLY);
    ioctl(loop.get(), LOOP_CLR_FD);
  }
  const std::string device = device_;
  if (!wait_until([&] { return !std::filesystem::exists(sysfs(device) + "/loop"); }))
    FAIL_CHECK(device << " is still held by something after the test");
}

void LoopDisk::attach_again(bool read_only) {
  detach();
  shape_.read_only = read_only;
  attach();
}

void LoopDisk::fill(std::uint64_t offset, std::uint64_t length, char byte) const {
  const std::string chunk(std::min<std::uint64_t>(length, MiB), byte);
  const Fd disk(device_, O_WRONLY);
  for (std::uint64_t done = 0; done < length; done += chunk.size()) {
    const std::size_t count = std::min<std::uint64_t>(chunk.size(), length - done);
    if (pwrite(disk.get(), chunk.data(), count, static_cast<off_t>(offset + done)) != static_cast<ssize_t>(count))
      throw std::runtime_error("cannot fill " + device_);
  }
  checked(fsync(disk.get()), device_);
}

Fingerprint LoopDisk::fingerprint() const {
  {
    const Fd disk(device_, O_RDONLY);
    checked(fsync(disk.get()), device_);
    checked(ioctl(disk.get(), BLKFLSBUF), device_);
  }
  return {content_hash(backing_), write_counts(device_)};
}

bool LoopDisk::held() const {
  const int disk = open(device_.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC);
  if (disk >= 0) close(disk);
  return disk < 0;
}

bool LoopDisk::locked() const {
  const Fd disk(device_, O_RDONLY);
  return flock(disk.get(), LOCK_EX | LOCK_NB) != 0;
}

const std::vector<const LoopDisk*>& disks() { return existing; }

std::vector<std::string> attached_loop_devices() {
  std::vector<std::string> devices;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block")) {
    std::ifstream file(entry.path() / "loop/backing_file");
    std::string backing;
    if (std::getline(file, backing) && backing.starts_with(run_folder() + "/"))
      devices.push_back("/dev/" + entry.path().filename().string());
  }
  std::sort(devices.begin(), devices.end());
  return devices;
}

GptDisk::GptDisk(const std::vector<Partition>& partitions, LoopDisk::Shape shape)
    : disk_([&] {
        shape.partitions = true;
        return shape;
      }()) {
  std::string table = "label: gpt\n";
  for (const Partition& partition : partitions) {
    table += "name=\"" + partition.name + "\"";
    if (partition.size != 0) table += ", size=" + std::to_string(partition.size / MiB) + "MiB";
    table += "\n";
  }
  tool({"sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", disk_.device()}, table);
  add_partitions();
}

GptDisk::~GptDisk() { run({"partx", "-d", disk_.device()}); }

void GptDisk::add_partitions() {
  tool({"partx", "-u", disk_.device()});
  if (access("/run/udev/control", F_OK) == 0) tool({"udevadm", "settle", "--timeout=10"});
}

void GptDisk::remove_partitions() { tool({"partx", "-d", disk_.device()}); }

std::string GptDisk::partition(unsigned number) const { return disk_.device() + "p" + std::to_string(number); }

std::string GptDisk::partition_uuid(unsigned number) const {
  std::string uuid = tool({"sfdisk", "--part-uuid", disk_.device(), std::to_string(number)});
  uuid.resize(uuid.find_last_not_of(" \n") + 1);
  for (char& letter : uuid) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return uuid;
}

}  // namespace looptest

// Disks to try things on: sparse files behind loop devices, whole or partitioned with a GPT.
//
// A disk registers itself, so that "nothing left mounted or locked" can be asked of every disk of a test.
#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "harness/files.h"

namespace looptest {

// What is on a disk, and how often anything has been written to it: a write of the same bytes counts too.
struct Fingerprint {
  std::string content;  // SHA-256 of the offsets and bytes of all blocks that are not zero
  std::string writes;   // the device's own count of sectors written and discarded
  bool operator==(const Fingerprint&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Fingerprint& fingerprint);

class LoopDisk {
 public:
  struct Shape {
    std::uint64_t size = 256 * MiB;
    unsigned sector_size = 512;
    bool read_only = false;
    bool partitions = false;  // the kernel is to accept partitions on it
    std::string backing{};    // an existing file instead of a new sparse one
  };

  LoopDisk() : LoopDisk(Shape{}) {}
  explicit LoopDisk(Shape shape);
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;
  ~LoopDisk();

  const std::string& device() const { return device_; }
  const std::string& backing() const { return backing_; }
  std::uint64_t size() const { return shape_.size; }

  // The same file behind a device of its own again, read-only or not.
  void attach_again(bool read_only);

  std::string read(std::uint64_t offset, std::size_t length) const { return read_at(device_, offset, length); }
  void write(std::uint64_t offset, std::string_view bytes) const { write_at(device_, offset, bytes); }
  void fill(std::uint64_t offset, std::uint64_t length, char byte) const;

  // Written out first, so that only later writes can change it.
  Fingerprint fingerprint() const;

  bool held() const;    // some process or mount has it or a partition of it exclusively
  bool locked() const;  // some process holds a lock on the whole disk

 private:
  void attach();
  void detach();

  Shape shape_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::string backing_;
  std::string device_;
};

// All LoopDisks that exist now.
const std::vector<const LoopDisk*>& disks();

// Attached loop devices whose file lies in this run's folder.
std::vector<std::string> attached_loop_devices();

struct Partition {
  std::string name;        // PARTLABEL
  std::uint64_t size = 0;  // 0 = all the rest
};

class GptDisk {
 public:
  explicit GptDisk(const std::vector<Partition>& partitions, LoopDisk::Shape shape = {});
  ~GptDisk();

  LoopDisk& disk() { return disk_; }
  std::string partition(unsigned number) const;  // from 1
  std::string partition_uuid(unsigned number) const;
  void remove_partitions();
  void add_partitions();

 private:
  LoopDisk disk_;
};

}  // namespace looptest

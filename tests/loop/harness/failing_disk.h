// A loop device over a FUSE file over nbdkit, whose reads or writes can be made to fail at any moment, and
// which cannot discard.
#pragma once

#include <memory>

#include "harness/loop_disk.h"
#include "harness/process.h"

namespace looptest {

class FailingDisk {
 public:
  // Throws where nbdkit, nbdfuse or FUSE do not work.
  explicit FailingDisk(LoopDisk::Shape shape);
  ~FailingDisk();

  LoopDisk& disk() { return *disk_; }
  void fail_writes(bool now);
  void fail_reads(bool now);

 private:
  TemporaryFolder folder_;
  TemporaryFolder mount_;
  std::unique_ptr<Process> server_;
  std::unique_ptr<LoopDisk> disk_;
};

}  // namespace looptest

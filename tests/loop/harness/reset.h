// What the tests of resets share: armed volumes, the raw disk searched for what must be gone, a kernel command line
// and a service manager of the test's own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/btrfs_volume.h"
#include "harness/files.h"
#include "harness/init_storage.h"
#include "harness/loop_disk.h"
#include "harness/mounted.h"
#include "harness/sample_root.h"

namespace looptest {

constexpr std::string_view secret = "the owner's secret, 7b2f40c1";

// What arms a reset: the label that names the volume and the device. Loop devices have no serial number.
std::string token(const std::string& uuid, std::uint64_t size);
std::string token_of(const LoopDisk& disk);

std::string uuid_of(const LoopDisk& disk);
std::string label_of(const LoopDisk& disk);
void set_label(const LoopDisk& disk, const std::string& label);  // of a volume that is not mounted

// A ready volume with the secret in a file, armed as the mounted volume's own file system arms it.
void make_armed(const LoopDisk& disk);

// Whether the bytes stand anywhere on the raw disk.
bool holds(const LoopDisk& disk, std::string_view text);

// Nothing that a tool could find or restore: no signature, no superblock copy.
void check_nothing_is_found(const LoopDisk& disk);

// run_applet("factory-reset") with --root.
Outcome factory_reset(const SampleRoot& root, const Arguments& more = {}, RunOptions options = {});

// Refused with exit code 3 and the texts in the message, in a dry run too, and all disks untouched.
void check_reset_refused(const SampleRoot& root, const Arguments& arguments, const std::vector<std::string>& texts);

// `path` reads as `text`, in the test's own mount namespace.
class FileCovered {
 public:
  FileCovered(const std::string& path, std::string_view text);
  FileCovered(const FileCovered&) = delete;
  FileCovered& operator=(const FileCovered&) = delete;
  ~FileCovered();

 private:
  TemporaryFolder folder_;
  std::string path_;
};

// /proc/cmdline, with the argument between others.
class KernelCommandLine : public FileCovered {
 public:
  explicit KernelCommandLine(std::string_view argument)
      : FileCovered("/proc/cmdline", "root=/dev/vda2 " + std::string(argument) + " quiet\n") {}
};

// A machine that systemd runs: /run/systemd/system is there, and a systemctl that notes what it is asked and obeys or
// fails.
class FakeSystemd {
 public:
  FakeSystemd();
  void let_fail(const std::string& verb) const;
  RunOptions options() const;  // with PATH
  std::string asked() const;   // one line a call: "enable --runtime factory-reset.service"

 private:
  Mounted run_;
  TemporaryFolder folder_;
};

// Runs the program under strace and kills it when it is about to make the `nth` call of the kind; whether it was still
// running then.
bool killed_at(const std::string& system_call, unsigned nth, const Arguments& command);

}  // namespace looptest

// Made with mkfs.btrfs and btrfs device add; see the header.
#include "harness/several_devices.h"

#include "harness/doctest_main.h"
#include "harness/process.h"

namespace looptest {

void make_grown(const std::vector<std::string>& devices, const std::string& profile) {
  make_ready(devices[0], secret);
  const Mounted volume(devices[0]);
  for (std::size_t i = 1; i < devices.size(); ++i) tool({"btrfs", "device", "add", "-f", devices[i], volume.path()});
  tool({"btrfs", "balance", "start", "-f", "-dconvert=" + profile, "-mconvert=" + profile, volume.path()});
  std::string text;
  while (text.size() < 4 * MiB) text += std::string(secret) + "\n";
  for (int i = 0; i < 8; ++i) write_text(volume / ("secret." + std::to_string(i)), text);
  tool({"sync", "-f", volume.path()});
}

void forget_devices(const std::vector<const LoopDisk*>& disks) {
  for (const LoopDisk* disk : disks) run({"btrfs", "device", "scan", "--forget", disk->device()});
}

bool is_all_zeros(const LoopDisk& disk) {
  return disk.fingerprint().content == LoopDisk({.size = disk.size()}).fingerprint().content;
}

void check_proven(const Outcome& outcome, const std::vector<const LoopDisk*>& disks) {
  CHECK_MESSAGE(outcome.exit == 0, outcome.err);
  for (const LoopDisk* disk : disks) {
    const std::string text = disk->device() + ": erased: read back " + std::to_string(disk->size() / MiB) +
                             " MiB: zeros; no signature, no superblock copy";
    CHECK_MESSAGE(outcome.err.find(text) != std::string::npos, text << " not in " << outcome.err);
  }
}

}  // namespace looptest

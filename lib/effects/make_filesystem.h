// mkfs.btrfs, made safe against a cut at any write.
//
// mkfs.btrfs runs on a sparse image file of the device's size in a private tmpfs, a few MiB in memory. Its
// blocks are then written to the device in an order that leaves the volume blank or recognisably unfinished
// after every write: the first 512 bytes of the primary superblock, which hold our UUID and the label
// "creating"; everything but the superblocks; the rest of the primary one and its copies. mkfs.btrfs on the
// device itself writes its superblock last and 4 KiB at a time: a torn one would be nobody's, and what stands
// in the first 16 MiB before it would be, too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "effects/progress.h"
#include "plan/volume_mark.h"
#include "system/fd.h"

namespace aimee {

struct NewFilesystem {
  Uuid uuid{};
  std::string label;
  std::uint64_t size = 0;  // bytes; the device's
};

// A finished, unmounted btrfs in a sparse file. `folder` is where the tmpfs is mounted meanwhile.
class FilesystemImage {
 public:
  // Failed: mkfs.btrfs is missing, fails or hangs. Nothing on any disk has been changed.
  static Result<FilesystemImage> make(const NewFilesystem& wanted, const std::string& folder);

  // Writes the image in the order above. What the device holds beyond the first MiB is discarded first where it can.
  [[nodiscard]] Result<> write_to(const Fd& device, std::string_view subject, Progress& progress) const;

 private:
  FilesystemImage(Fd file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  Fd file_;
  std::uint64_t size_;
};

}  // namespace aimee

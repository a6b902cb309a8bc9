// Making of the file system; see the header for what a cut leaves.
#include "effects/make_filesystem.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/bytes.h"
#include "effects/erase.h"
#include "plan/superblock.h"
#include "storage/probe.h"
#include "system/mount.h"
#include "system/process.h"

namespace aimee {

namespace {

constexpr std::uint64_t mib = 1ULL << 20;
// Blocks of the image are written in this unit: every metadata node (16 KiB, aligned) is written whole, its
// zeros included, because the device need not read as zeros.
constexpr std::size_t write_unit = 64 << 10;
constexpr std::chrono::minutes mkfs_limit{10};

using Unit = std::array<std::byte, write_unit>;

bool is_superblock(std::uint64_t offset) {
  return std::ranges::find(superblock_offsets, offset) != superblock_offsets.end();
}

// Writes one unit without the superblock copy that may lie in it (always at the start of a unit).
Result<> write_unit_at(const Fd& device, std::span<const std::byte> unit, std::uint64_t offset,
                       std::string_view subject) {
  if (is_superblock(offset)) {
    unit = unit.subspan(std::min(superblock_size, unit.size()));
    offset += superblock_size;
  }
  if (unit.empty() || is_zero(unit)) return {};
  return write_exactly(device, unit, offset, subject);
}

// Everything that the image holds beyond the first MiB but the superblock copies.
Result<> write_body(const Fd& image, std::uint64_t size, const Fd& device, std::string_view subject) {
  const auto unit = std::make_unique<Unit>();
  std::uint64_t offset = mib;
  while (offset < size) {
    const off_t data = lseek(image.get(), static_cast<off_t>(offset), SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    if (data < 0) return failure("volume image", "look for data");
    offset = static_cast<std::uint64_t>(data) / write_unit * write_unit;
    const auto part = std::span(*unit).first(std::min<std::uint64_t>(write_unit, size - offset));
    TRY(read_exactly(image, part, offset, "volume image"));
    TRY(write_unit_at(device, part, offset, subject));
    offset += write_unit;
  }
  return flush(device, subject);
}

// The sector that says whose the device is from now on.
Result<> write_mark(const Fd& image, const Fd& device, std::string_view subject) {
  std::array<std::byte, superblock_atomic_size> bytes;
  TRY(read_exactly(image, bytes, superblock_offsets[0], "volume image"));
  TRY(write_exactly(device, bytes, superblock_offsets[0], subject));
  return flush(device, subject);
}

Result<> write_superblocks(const Fd& image, std::uint64_t size, const Fd& device, std::string_view subject) {
  std::array<std::byte, superblock_size> bytes;
  for (const std::uint64_t offset : superblock_offsets_on(size)) {
    TRY(read_exactly(image, bytes, offset, "volume image"));
    TRY(write_exactly(device, bytes, offset, subject));
  }
  return flush(device, subject);
}

// mkfs.btrfs reads every block device to see whether one has the UUID that it is given. Ours is random, and the
// others may be slow or broken: in this namespace there are none. libblkid lists them by /sys/block. Where
// that cannot be covered the search is only slow; what it caches goes to BLKID_FILE, away from the system's own.
Result<Mounted> hide_other_devices(const std::string& folder) {
  const std::string nothing = folder + "/no-devices";
  if (mkdir(nothing.c_str(), 0700) != 0) return failure(nothing, "make folder");
  return Mounted::at(nothing, "/sys/block", "none", MS_BIND, "");
}

}  // namespace

Result<FilesystemImage> FilesystemImage::make(const NewFilesystem& wanted, const std::string& folder) {
  const Mounted memory = TRY(Mounted::at("tmpfs", folder, "tmpfs", 0, "mode=0700,size=64m"));
  const std::string path = folder + "/volume.img";
  Fd file = TRY(open_file(path, O_RDWR | O_CREAT | O_EXCL, 0600));
  if (ftruncate(file.get(), static_cast<off_t>(wanted.size)) != 0) return failure(path, "set size");
  const auto hidden = hide_other_devices(folder);
  const std::vector<Variable> environment = {{"BLKID_FILE", folder + "/blkid.tab"}};
  // 4 KiB sectors whatever the device and this kernel's page size: every kernel mounts those.
  TRY(run_program({"mkfs.btrfs", "--quiet", "--label", wanted.label, "--uuid", uuid_text(wanted.uuid), "--sectorsize",
                   "4096", "--csum", "crc32c", path},
                  mkfs_limit, environment));
  const Superblock made = TRY(read_superblock(file, superblock_offsets[0], path));
  if (!made.valid() || made.uuid != wanted.uuid || made.label != wanted.label) {
    return failure("mkfs.btrfs", "made something else than it was asked for", 0);
  }
  // The open file keeps its blocks when the tmpfs is gone from the name space.
  if (unlink(path.c_str()) != 0) return failure(path, "unlink");
  return FilesystemImage(std::move(file), wanted.size);
}

Result<> FilesystemImage::write_to(const Fd& device, std::string_view subject, Progress& progress) const {
  TRY(write_mark(file_, device, subject));
  TRY(discard_from(device, mib, size_, subject, progress));
  TRY(write_body(file_, size_, device, subject));
  return write_superblocks(file_, size_, device, subject);
}

}  // namespace aimee

// Disks: whatever is on one, it may be made anew only where libblkid, asked here in another way, sees nothing, or
// nothing but an unfinished or armed volume of ours. Looking changes nothing: the descriptor cannot be written to.
#include "storage/probe.h"

#include <blkid/blkid.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "parts/disk_image.h"
#include "parts/oracle.h"
#include "parts/volumes.h"

namespace aimee::fuzz {

namespace {

using Probe = std::unique_ptr<blkid_struct_probe, decltype([](blkid_probe probe) { blkid_free_probe(probe); })>;

constexpr std::uint64_t mib = 1ULL << 20;

enum class Seen { nothing, only_btrfs, something };

// As blkid -p does it: safe probing, which stops at what contradicts itself; file systems and tables asked apart.
Seen seen_by_blkid(const DiskImage& disk) {
  const Probe probe(blkid_new_probe_from_filename(disk.path().c_str()));
  HOLDS(probe != nullptr);
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_DEFAULT | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_MAGIC);
  blkid_probe_enable_partitions(probe.get(), 1);
  const int status = blkid_do_safeprobe(probe.get());
  if (status == 1) return Seen::nothing;
  if (status < 0 || blkid_probe_has_value(probe.get(), "PTTYPE") != 0) return Seen::something;
  const char* type = nullptr;
  if (blkid_probe_lookup_value(probe.get(), "TYPE", &type, nullptr) != 0) return Seen::something;
  return std::string_view(type) == "btrfs" ? Seen::only_btrfs : Seen::something;
}

// One value in the first bytes, so many, the place of the superblock left out where it may hold one.
bool is_uniform(const DiskImage& disk, std::size_t length, bool with_superblock) {
  static std::string bytes;
  bytes.resize(length);
  HOLDS(pread(disk.read_only().get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  if (!with_superblock) bytes.erase(superblock_offsets[0], superblock_size);
  return bytes.find_first_not_of(bytes[0]) == std::string::npos && (bytes[0] == '\0' || bytes[0] == '\xff');
}

bool has_backup_table(const DiskImage& disk) {
  std::string start(8, '\0');
  HOLDS(pread(disk.read_only().get(), start.data(), start.size(), DiskImage::size - 512) == 8);
  return start == "EFI PART";
}

bool starts_with_zero(const DiskImage& disk) {
  char first = 1;
  HOLDS(pread(disk.read_only().get(), &first, 1, 0) == 1);
  return first == 0;
}

void check_state(const DiskImage& disk, const Superblock& primary, const VolumeState& volume) {
  switch (volume.state) {
    case State::blank:
      HOLDS(seen_by_blkid(disk) == Seen::nothing && is_uniform(disk, 16 * mib, true));
      HOLDS(!has_backup_table(disk) || starts_with_zero(disk));
      break;
    case State::unfinished:
      HOLDS(seen_by_blkid(disk) != Seen::something && is_uniform(disk, mib, false));
      break;
    case State::reset_armed:
    case State::existing:
      HOLDS(seen_by_blkid(disk) != Seen::something ||
            seen_by_blkid(disk.without(mib, std::min(primary.device_size, DiskImage::size))) != Seen::something);
      break;
    case State::ready:
    case State::foreign:
    case State::damaged:
      break;
  }
}

// The everyday boot's two reads say ready only where all that can be read says so, too.
void check_short_way(const DiskImage& disk, const VolumeFacts& facts, const VolumeState& volume) {
  const auto ready = plainly_ready(disk.read_only(), DiskImage::size);
  if (!ready) return;
  HOLDS(volume.state == State::ready && !volume.copies_are_stale);
  HOLDS(facts.superblocks[0]->uuid == ready->uuid && facts.superblocks[0]->label == ready->label);
}

}  // namespace

void try_input(std::string_view bytes) {
  static DiskImage disk;
  const DeviceIdentity identity{DiskImage::size, "SERIAL1"};
  Input input(bytes);
  disk.describe(input, identity);
  const VolumeFacts facts = probe_volume(disk.read_only(), identity);
  HOLDS_OF(facts.read_error, facts.read_error.empty());
  const VolumeState volume = classify(facts);
  check_state(disk, facts.superblocks[0].value_or(Superblock{}), volume);
  check_short_way(disk, facts, volume);
  HOLDS(is_one_line(volume.found));
}

}  // namespace aimee::fuzz

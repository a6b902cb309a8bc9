// On-disk signatures of what no tool here can make without its kernel driver: Linux md and ZFS.
#pragma once

#include "harness/loop_disk.h"

namespace looptest {

// Superblock 0.90: 64 KiB before the end, https://raid.wiki.kernel.org/index.php/RAID_superblock_formats
void write_md_090(const LoopDisk& disk);
// Superblock 1.0 (end), 1.1 (start) and 1.2 (4 KiB), the checksum included.
void write_md_1(const LoopDisk& disk, unsigned minor);

// ZFS labels: an XDR nvlist at 16 KiB (libblkid since 2.41 looks for this) and uberblocks from 128 KiB (older
// ones look for these), in labels of 256 KiB each, two at the start and two at the end of the device.
// Solaris ZFS On-Disk Specification, 2006, sections 1.2 and 1.3.
enum class ZfsLabels { at_start, at_end };
void write_zfs(const LoopDisk& disk, ZfsLabels where);

}  // namespace looptest

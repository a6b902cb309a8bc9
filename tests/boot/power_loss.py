"""What a disk holds after a power cut, made from the log of all that was written to it.

Killing QEMU loses nothing, since this machine's page cache has every write. A real disk loses what it had not been
told to flush. QEMU's blklogwrites records writes and flushes in dm-log-writes' format (kernel documentation,
device-mapper/log-writes); replay() plays them back up to a moment, and of the writes since the last flush each reaches
the disk whole, or not, or only with its first sectors.
"""
import os
import shutil
import sys

sys.path.append(f"{os.path.dirname(os.path.realpath(__file__))}/../faults")
from disk_log import FUA, SECTOR, DiskLog, recorded_nodes


def blockdev_options(disk, log):
    """QEMU's options for a recorded disk with the node name `disk`."""
    open(log, "wb").close()
    return [word for node in recorded_nodes(disk, log) for word in ("-blockdev", node)]


def replay(log, before, after, moment, dice=None):
    """Makes `after` from the disk image `before`: the first `moment` writes. Returns how many of them were lost: none
    without `dice`."""
    shutil.copyfile(before, after)
    flushed = max((i for i in range(moment) if log.entries[i].is_flush()), default=0)
    lost = 0
    with open(after, "r+b") as disk:
        for number, entry in enumerate(log.entries[:moment]):
            kept = entry.count
            if dice and number > flushed and not entry.flags & FUA:
                kept = dice.choice([0, entry.count, dice.randint(0, entry.count)])
                lost += kept < entry.count
            os.pwrite(disk.fileno(), entry.data()[:kept * SECTOR], entry.sector * SECTOR)
    return lost

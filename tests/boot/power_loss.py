"""What a disk holds after a power cut, made from the log of all that was written to it.

Killing QEMU loses nothing, since this machine's page cache has every write. A real disk loses what it had not been
told to flush. QEMU's blklogwrites records writes and flushes in dm-log-writes' format (kernel documentation,
device-mapper/log-writes); DiskLog plays them back up to a moment, and of the writes since the last flush each reaches
the disk whole, or not, or only with its first sectors.
"""
import os
import shutil
import struct

SECTOR = 512
MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4


def blockdev_options(disk, log):
    """QEMU's options for a recorded disk with the node name `disk`."""
    open(log, "wb").close()
    return ["-blockdev", f"driver=file,node-name=image,filename={disk}",
            "-blockdev", f"driver=file,node-name=log,filename={log}",
            "-blockdev", f"driver=blklogwrites,node-name=disk,file=image,log=log,log-sector-size={SECTOR},"
                         "log-super-update-interval=1"]


class Entry:
    def __init__(self, log, position, sector, count, flags):
        self.log = log
        self.position = position
        self.sector = sector
        self.count = count
        self.flags = flags

    def is_write(self):
        return self.count > 0 and not self.flags & DISCARD

    def data(self):
        """What it wrote; zeros for what it discarded."""
        if self.flags & DISCARD:
            return bytes(self.count * SECTOR)
        return os.pread(self.log.fileno(), self.count * SECTOR, self.position)

    def bytes_at(self, sector, length):
        """Those of its bytes that went to `sector` and after, as far as it has them."""
        if not self.is_write() or not self.sector <= sector < self.sector + self.count:
            return b""
        return os.pread(self.log.fileno(), length, self.position + (sector - self.sector) * SECTOR)


class DiskLog:
    def __init__(self, path):
        self.log = open(path, "rb")
        self.entries = []
        magic, _, count, sector_size = struct.unpack("<QQQL", self.log.read(28))
        if magic != MAGIC or sector_size != SECTOR:
            raise ValueError(f"{path}: not a log of writes")
        position = SECTOR
        for _ in range(count):
            header = os.pread(self.log.fileno(), 32, position)
            sector, length, flags, _ = struct.unpack("<QQQQ", header)
            entry = Entry(self.log, position + SECTOR, sector, length, flags)
            self.entries.append(entry)
            position += SECTOR + (length * SECTOR if entry.is_write() else 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.log.close()

    def replay(self, before, after, moment, dice):
        """Makes `after` from the disk image `before`: the first `moment` writes. Returns how many of them were lost."""
        shutil.copyfile(before, after)
        flushed = max((i for i in range(moment) if self.entries[i].flags & FLUSH), default=0)
        lost = 0
        with open(after, "r+b") as disk:
            for number, entry in enumerate(self.entries[:moment]):
                kept = entry.count
                if number > flushed and not entry.flags & FUA:
                    kept = dice.choice([0, entry.count, dice.randint(0, entry.count)])
                    lost += kept < entry.count
                os.pwrite(disk.fileno(), entry.data()[:kept * SECTOR], entry.sector * SECTOR)
        return lost

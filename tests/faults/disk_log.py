"""The log of a recorded disk: every write, discard and flush, in order, in dm-log-writes' format.

Source: Linux, Documentation/admin-guide/device-mapper/log-writes.rst; QEMU writes it as the block driver blklogwrites.
All numbers are sectors of 512 bytes.
"""
import os
import struct

SECTOR = 512
MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4


def recorded_nodes(image, log, discard="ignore"):
    """What QEMU's --blockdev is given for a disk "disk" over the file `image` that notes in the file `log`; both exist.
    discard: "unmap" if discards go to both, "ignore" if to neither."""
    return [f"driver=file,node-name=image,filename={image},discard={discard}",
            f"driver=file,node-name=log,filename={log}",
            f"driver=blklogwrites,node-name=disk,file=image,log=log,log-sector-size={SECTOR},log-super-update-interval=1,"
            f"discard={discard}"]


class Entry:
    """A write of `count` sectors at `sector`, a discard of them, or, with none, a flush of all that came before."""

    def __init__(self, log, position, sector, count, flags):
        self.log = log
        self.position = position
        self.sector = sector
        self.count = count
        self.flags = flags

    def is_flush(self):
        return bool(self.flags & FLUSH)

    def is_discard(self):
        return bool(self.flags & DISCARD)

    def changes(self):
        return self.count > 0

    def is_write(self):
        return self.count > 0 and not self.is_discard()

    def data(self, sectors=None):
        """What its first `sectors` sectors hold afterwards; a discard leaves zeros."""
        length = (self.count if sectors is None else sectors) * SECTOR
        return bytes(length) if self.is_discard() else os.pread(self.log.fileno(), length, self.position)

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
            sector, length, flags, _ = struct.unpack("<QQQQ", os.pread(self.log.fileno(), 32, position))
            entry = Entry(self.log, position + SECTOR, sector, length, flags)
            self.entries.append(entry)
            position += SECTOR + (length * SECTOR if entry.is_write() else 0)

    def forget_flushes(self):
        for entry in self.entries:
            entry.flags &= ~(FLUSH | FUA)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.log.close()

"""A block device whose reads, writes or flushes fail on command: loop over a FUSE file that this process serves.

    with FailingDisk(image, folder, offset, size) as disk:
        disk.fail("write", 3)              # the third from now, and only that one
        run("mkfs.btrfs", disk.device)
        disk.failed()                      # whether it came to that

Every request of the loop device is one of ours (it goes past the page cache), so the counts are the disk's own. Served
by hand, because QEMU's blkdebug and nbdkit's error filter count no requests. Needs root, /dev/fuse and loop devices.
However the caller ends, the server ends with it (PR_SET_PDEATHSIG), and its device fails from then on.
"""
import ctypes
import errno
import mmap
import os
import signal
import struct

from machine_room import Wrong, run
from served_disk import ServedDisk

KINDS = ("read", "write", "flush", "discard")
COUNTS, FAULT = struct.Struct("4Q"), struct.Struct("4Q")  # shared: requests so far; kind, number, forever, failures
LARGEST = 1 << 20  # bytes a request
PR_SET_PDEATHSIG, PUNCH_HOLE = 1, 0x03  # <linux/prctl.h>, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE

# <linux/fuse.h>
GETATTR, SETATTR, OPEN, READ, WRITE, RELEASE, FSYNC, FLUSH, INIT, DESTROY, FALLOCATE = 3, 4, 14, 15, 16, 18, 20, 25, 26, 38, 43
UNANSWERED = (2, 36, 42)  # FORGET, INTERRUPT, BATCH_FORGET
ASYNC_READ, BIG_WRITES, MAX_PAGES = 1 << 0, 1 << 5, 1 << 22
HEADER = struct.Struct("IIQQIIII")


class FailingDisk(ServedDisk):
    loop_options = ("--direct-io=on",)

    def __init__(self, image, folder, offset, size):
        self.image = image
        self.offset = offset
        self.size = size
        self.export = f"{folder}/failing-disk"
        self.shared = mmap.mmap(-1, 4096)

    def start(self):
        open(self.export, "wb").close()
        fuse = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={fuse},rootmode=100600,user_id=0,group_id=0".encode()
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(b"failing-disk", self.export.encode(), b"fuse", 0, options) != 0:
            raise Wrong(f"a FUSE mount: {os.strerror(ctypes.get_errno())}")
        self.server = os.fork()
        if self.server == 0:
            self.become_server(libc, fuse)
        os.close(fuse)

    def __exit__(self, *_):
        self.mend()
        super().__exit__()

    def stop(self):
        run("umount", "--lazy", self.export)
        os.kill(self.server, signal.SIGTERM)
        os.waitpid(self.server, 0)
        os.unlink(self.export)

    def counts(self):
        return dict(zip(KINDS, COUNTS.unpack_from(self.shared)))

    def fail(self, kind, number, forever=False):
        """The `number`th request of a kind from now, or everything from it on (then the disk is gone)."""
        FAULT.pack_into(self.shared, COUNTS.size, KINDS.index(kind) + 1, self.counts()[kind] + number, forever, 0)

    def mend(self):
        FAULT.pack_into(self.shared, COUNTS.size, 0, 0, 0, FAULT.unpack_from(self.shared, COUNTS.size)[3])

    def failed(self):
        return FAULT.unpack_from(self.shared, COUNTS.size)[3] > 0

    # The server.

    def become_server(self, libc, fuse):
        try:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self.libc = libc
            self.file = os.open(self.image, os.O_RDWR)
            self.serve(fuse)
        finally:
            os._exit(0)

    def serve(self, fuse):
        while True:
            try:
                request = os.read(fuse, LARGEST + 8192)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.ENOENT):
                    continue
                return  # unmounted
            _, operation, unique, *_ = HEADER.unpack_from(request)
            if operation in UNANSWERED:
                continue
            try:
                answer, code = self.answer(operation, request[HEADER.size:]), 0
            except OSError as error:
                answer, code = b"", error.errno
            os.write(fuse, struct.pack("IiQ", 16 + len(answer), -code, unique) + answer)

    def answer(self, operation, body):
        if operation == INIT:
            return struct.pack("IIIIHHIIHHI28x", 7, 31, LARGEST, ASYNC_READ | BIG_WRITES | MAX_PAGES, 12, 9, LARGEST, 1,
                               LARGEST // 4096, 0, 0)
        if operation in (GETATTR, SETATTR):
            return struct.pack("QII6Q10I", 0, 0, 0, 1, self.size, self.size // 512, 0, 0, 0, 0, 0, 0, 0o100600, 1, 0, 0,
                               0, 4096, 0)
        if operation == OPEN:
            return struct.pack("QII", 0, 0, 0)
        if operation in (FLUSH, RELEASE, DESTROY):
            return b""
        if operation == READ:
            return self.read(*struct.unpack_from("QQI", body)[1:])
        if operation == WRITE:
            return self.write(*struct.unpack_from("QQI", body)[1:], body[40:])
        if operation == FSYNC:
            self.count("flush")
            os.fsync(self.file)
            return b""
        if operation == FALLOCATE:
            return self.discard(*struct.unpack_from("QQQI", body)[1:])
        raise OSError(errno.ENOSYS, "not here")

    def read(self, offset, length):
        self.count("read")
        return os.pread(self.file, length, self.offset + offset)

    def write(self, offset, length, data):
        self.count("write")
        os.pwrite(self.file, data[:length], self.offset + offset)
        return struct.pack("II", length, 0)

    def discard(self, offset, length, mode):
        self.count("discard")
        if mode & PUNCH_HOLE != PUNCH_HOLE:
            raise OSError(errno.EOPNOTSUPP, "not here")
        place = ctypes.c_int64(self.offset + offset)
        if self.libc.fallocate(self.file, PUNCH_HOLE, place, ctypes.c_int64(length)) != 0:
            raise OSError(ctypes.get_errno(), "punch a hole")
        return b""

    def count(self, kind):
        counts = list(COUNTS.unpack_from(self.shared))
        index = KINDS.index(kind)
        counts[index] += 1
        COUNTS.pack_into(self.shared, 0, *counts)
        failing, number, forever, failures = FAULT.unpack_from(self.shared, COUNTS.size)
        begins = failing == index + 1 and counts[index] == number
        if begins or (forever and failures):
            FAULT.pack_into(self.shared, COUNTS.size, failing, number, forever, failures + 1)
            raise OSError(errno.EIO, "as told")

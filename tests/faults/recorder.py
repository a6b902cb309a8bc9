"""A block device that notes every write, discard and flush: loop over FUSE over QEMU's blklogwrites.

    with RecordedDisk(image, log) as disk:
        run(["mkfs.btrfs", disk.device])

`image` is the disk's content, changed as any disk's is; `log` is for disk_log. Needs root, /dev/fuse, loop devices and
qemu-storage-daemon. However the caller ends, the daemon ends with it (PR_SET_PDEATHSIG) and so does its device.
"""
import json
import os
import select
import subprocess

from disk_log import recorded_nodes
from served_disk import ServedDisk

PATIENCE = 30  # seconds for the daemon's start and end


class RecordedDisk(ServedDisk):
    def __init__(self, image, log):
        self.image = image
        self.log = log
        self.export = f"{log}.export"

    def start(self):
        for path in (self.log, self.export):
            open(path, "wb").close()
        # Options take effect in order: who is greeted by the monitor finds the export in place.
        self.daemon = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "qemu-storage-daemon",
             *(word for node in recorded_nodes(self.image, self.log, discard="unmap") for word in ("--blockdev", node)),
             "--export", f"type=fuse,id=export,node-name=disk,mountpoint={self.export},writable=on",
             "--chardev", "stdio,id=monitor,signal=off", "--monitor", "chardev=monitor"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if not select.select([self.daemon.stdout], [], [], PATIENCE)[0] or not self.daemon.stdout.readline():
            self.daemon.kill()
            raise OSError(f"qemu-storage-daemon does not work here: {self.daemon.stderr.read().decode().strip()}")

    def entries(self):
        """How many entries the log has by now."""
        with open(self.log, "rb") as log:
            log.seek(16)
            return int.from_bytes(log.read(8), "little")

    def stop(self):
        for command in ("qmp_capabilities", "quit"):
            self.daemon.stdin.write(json.dumps({"execute": command}).encode() + b"\n")
        self.daemon.stdin.flush()
        try:
            _, complaint = self.daemon.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            raise
        if self.daemon.returncode:
            raise OSError(f"qemu-storage-daemon: {complaint.decode().strip()}")
        os.unlink(self.export)

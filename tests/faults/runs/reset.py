"""factory-reset, from arming to the volume made anew. Before the token is durable all data is intact; after, the next
boot erases and makes a new volume; never a mixture; and nothing of the old one can be restored afterwards."""
import contextlib
import itertools
import os

from machine_room import aimee, attached, attempt, differences, expect, holds, holds_below, mounted, run, write_file, write_fstab
from runs.first_boot import FirstBoot

SECRET = "what the owner wrote and nobody else may read"


class Reset(FirstBoot):
    name = "reset"
    size = 128 << 20  # the smallest that a data volume may be: every erase reads every byte

    superblocks = (128,)  # sectors; of each device

    def make(self):
        super().make()
        self.old = f"{self.folder}/old"
        with self.devices(attached(self.before)) as (device, *others):
            self.uuid = self.boot(device)["uuid"]
            with self.volume(device, *others) as volume:
                for number in range(20):
                    write_file(f"{volume}/lib/owner/{number}", f"{SECRET}\n" * (200 * number + 1))
                os.unlink(f"{volume}/log/lastlog")
                run("rsync", "-aHAX", f"{volume}/", f"{self.old}/")
        self.armed = None

    @contextlib.contextmanager
    def devices(self, disk):
        """Of the volume: the one that fstab names, then the others."""
        with disk as device:
            yield (device,)

    def volume(self, device, *others):
        """For the owner, before it is reset."""
        return mounted(device, self.mount_point)

    def mounted(self, device, where, *options):
        return mounted(device, where, *options)

    def record(self, disk):
        with self.devices(contextlib.nullcontext(disk.device)) as (device, *_):
            write_fstab(self.root, device)
            with self.mounted(device, f"{self.root}/var"):
                self.reset("--yes", "--no-reboot")
            self.reset("--erase")
            report = self.boot(device)
            expect(report["action"] == "create", f"the boot after the reset: {report}")

    def reset(self, *arguments):
        done = aimee("factory-reset", "--root", self.root, *arguments)
        expect(done.returncode == 0, f"factory-reset: exit {done.returncode}: {done.stderr}")

    def read_log(self, log):
        """When the token was written for the first time, and when that was flushed."""
        token = f"aimee-reset-1:{self.uuid}".encode()
        label = 0x12B
        for number, entry in enumerate(log.entries):
            if self.armed is None and any(token in entry.bytes_at(superblock, label + len(token))
                                          for superblock in self.superblocks):
                self.armed = number
            if self.armed is not None and entry.is_flush():
                self.durable = number
                return
        expect(False, "the recording has no token")

    def judge(self, state, image):
        with self.devices(attached(image)) as (device, *others):
            report = self.boot(device)
            if report["uuid"] == self.uuid:
                expect(state.since <= self.armed, "armed, and not erased")
                expect(report["action"] in ("none", "finish", "mend"), f"the old volume: {report}")
                self.check_old(device)
                return
            expect(state.moment > self.armed, "erased, and was not armed")
            self.check(device)
            for copy, from_device in itertools.product("012", (device, *others)):
                folder = f"{self.folder}/restored"
                os.makedirs(folder, exist_ok=True)
                attempt("btrfs", "restore", "-i", "-u", copy, from_device, folder)
                expect(not holds_below(folder, SECRET), f"btrfs restore finds old files by superblock copy {copy}")
                run("rm", "-rf", folder)
            for other in others:
                expect_zeros(other)
        expect(not holds(image, SECRET), "what the owner wrote is still on the disk")

    def check_old(self, device):
        checked = attempt("btrfs", "check", "--readonly", device)
        expect(checked.returncode == 0, f"btrfs check: {checked.stderr}")
        with self.mounted(device, self.mount_point, "-o", "ro,noatime") as volume:
            different = differences(self.old, volume)
            expect(not different, f"the owner's data is not whole:\n{different}")


def expect_zeros(device):
    with open(device, "rb") as disk:
        while piece := disk.read(1 << 20):
            expect(not piece.strip(b"\0"), f"something is left on {device}")

"""factory-reset, from arming to the volume made anew. Before the token is durable all data is intact; after, the next
boot erases and makes a new volume; never a mixture; and nothing of the old one can be restored afterwards."""
import os

from machine_room import aimee, attached, attempt, differences, expect, holds, holds_below, mounted, run, write_file, write_fstab
from runs.first_boot import FirstBoot

SECRET = "what the owner wrote and nobody else may read"


class Reset(FirstBoot):
    name = "reset"
    size = 128 << 20  # the smallest that a data volume may be: every erase reads every byte

    def make(self):
        super().make()
        self.old = f"{self.folder}/old"
        with attached(self.before) as device:
            self.uuid = self.boot(device)["uuid"]
            with mounted(device, self.mount_point) as volume:
                for number in range(20):
                    write_file(f"{volume}/lib/owner/{number}", f"{SECRET}\n" * (200 * number + 1))
                os.unlink(f"{volume}/log/lastlog")
                run("rsync", "-aHAX", f"{volume}/", f"{self.old}/")
        self.armed = None

    def record(self, disk):
        write_fstab(self.root, disk.device)
        with mounted(disk.device, f"{self.root}/var"):
            self.reset("--yes", "--no-reboot")
        self.reset("--erase")
        report = self.boot(disk.device)
        expect(report["action"] == "create", f"the boot after the reset: {report}")

    def reset(self, *arguments):
        done = aimee("factory-reset", "--root", self.root, *arguments)
        expect(done.returncode == 0, f"factory-reset: exit {done.returncode}: {done.stderr}")

    def read_log(self, log):
        """When the token was written for the first time, and when that was flushed."""
        token = f"aimee-reset-1:{self.uuid}".encode()
        superblock, label = 128, 0x12B
        for number, entry in enumerate(log.entries):
            if self.armed is None and token in entry.bytes_at(superblock, label + len(token)):
                self.armed = number
            if self.armed is not None and entry.is_flush():
                self.durable = number
                return
        expect(False, "the recording has no token")

    def judge(self, state, image):
        with attached(image) as device:
            report = self.boot(device)
            if report["uuid"] == self.uuid:
                expect(state.since <= self.armed, "armed, and not erased")
                expect(report["action"] in ("none", "finish", "mend"), f"the old volume: {report}")
                self.check_old(device)
                return
            expect(state.moment > self.armed, "erased, and was not armed")
            self.check(device)
            for copy in "012":
                folder = f"{self.folder}/restored"
                os.makedirs(folder, exist_ok=True)
                attempt("btrfs", "restore", "-i", "-u", copy, device, folder)
                expect(not holds_below(folder, SECRET), f"btrfs restore finds old files by superblock copy {copy}")
                run("rm", "-rf", folder)
        expect(not holds(image, SECRET), "what the owner wrote is still on the disk")

    def check_old(self, device):
        checked = attempt("btrfs", "check", "--readonly", device)
        expect(checked.returncode == 0, f"btrfs check: {checked.stderr}")
        with mounted(device, self.mount_point, "-o", "ro,noatime") as volume:
            different = differences(self.old, volume)
            expect(not different, f"the owner's data is not whole:\n{different}")

"""init-storage on a blank disk that is a part of a bigger one: ready and whole, or not ready; the next boot makes it whole."""
import contextlib
import os
import shutil

from aftermath import expect_unlocked, snapshot
from error_runs import ErrorRun
from machine_room import BINARY, expect, write_file, write_fstab
from padded_image import PaddedImage
from runs.first_boot import FirstBoot

KEPT = ("lib", "log", "tmp", "run", "etc")  # of the skeleton's /var: each thing more is a dozen system calls more


class FirstBootErrors(ErrorRun, FirstBoot):
    name = "first-boot"
    applet = "init-storage"
    tool = "mkfs.btrfs"
    size = 128 << 20

    files = ("3", "90000")

    def make(self):
        super().make()
        self.disk = PaddedImage(f"{self.folder}/disk.img", self.before)

    def add_attributes(self):
        for name in os.listdir(f"{self.root}/var"):
            path = f"{self.root}/var/{name}"
            if name not in KEPT and not os.path.islink(path):
                shutil.rmtree(path)
        for name in os.listdir(f"{self.root}/var/lib"):
            if name not in ("misc", "aimee-sample"):
                shutil.rmtree(f"{self.root}/var/lib/{name}")
        super().add_attributes()

    def arrange(self):
        self.disk.fresh()
        write_file(f"{self.root}/etc/fstab", "\n")
        self.tree = self.look()

    def look(self):
        return snapshot(self.root, f"{self.root}/run", f"{self.root}/etc/fstab")

    @contextlib.contextmanager
    def standing(self, device):
        write_fstab(self.root, device)
        yield
        expect_unlocked(device, os.O_RDWR | os.O_EXCL)

    def command(self):
        return [BINARY, "init-storage", "--root", self.root, "--timeout", "5"]

    def settle(self, outcome):
        expect(outcome.exit != 3 or self.disk.is_untouched(), "refused, and the disk was written to")
        with self.disk.attached() as device:
            if outcome.exit == 0:
                self.check(device)
            else:
                self.boot(device)
                self.check(device)
        self.disk.expect_padding()
        expect(self.look() == self.tree, "the image's files were changed")

"""factory-reset: arming a mounted volume, and erasing an armed one. Until the token stands the owner has everything;
from then on the next run, or boot, erases."""
import contextlib

from aftermath import expect_unlocked
from error_runs.first_boot import FirstBootErrors
from machine_room import BINARY, aimee, attached, expect, holds, mounted, run, write_fstab
from padded_image import PaddedImage
from runs.reset import SECRET, Reset

TOKEN = "aimee-reset-1:"


class ArmErrors(Reset, FirstBootErrors):
    name = "reset-arm"
    applet = "factory-reset"
    tool = None

    def make(self):
        super().make()
        self.disk = PaddedImage(f"{self.folder}/disk.img", self.before)

    @contextlib.contextmanager
    def standing(self, device):
        write_fstab(self.root, device)
        with mounted(device, f"{self.root}/var"):
            yield
            expect_unlocked(device)

    def command(self):
        return [BINARY, "factory-reset", "--root", self.root, "--yes", "--no-reboot"]

    def settle(self, outcome):
        with self.disk.attached() as device:
            label = self.label(device)
            if outcome.exit == 0:
                expect(label.startswith(TOKEN), f"armed, and the label is {label}")
            else:
                expect(label == "aimee-data" or (outcome.exit != 3 and label.startswith(TOKEN)), f"the label is {label}")
            self.check_old(device)
            with self.standing(device):
                self.reset("--yes", "--no-reboot")
            expect(self.label(device).startswith(TOKEN), "not armed after the next run")
        self.disk.expect_padding()
        expect(self.look() == self.tree, "the image's files were changed")

    @staticmethod
    def label(device):
        return run("btrfs", "filesystem", "label", device).strip()


class EraseErrors(ArmErrors):
    name = "reset-erase"
    slowness = 3  # it reads every byte

    def make(self):
        super().make()
        with attached(self.before) as device, ArmErrors.standing(self, device):
            self.reset("--yes", "--no-reboot")
        self.disk = PaddedImage(f"{self.folder}/disk.img", self.before)

    standing = FirstBootErrors.standing  # not mounted

    def command(self):
        return [BINARY, "factory-reset", "--root", self.root, "--erase"]

    def settle(self, outcome):
        expect(outcome.exit != 3 or self.disk.is_untouched(), "refused, and the disk was written to")
        with self.disk.attached() as device:
            if outcome.exit == 0:
                self.expect_erased(device)
            else:
                write_fstab(self.root, device)
                again = aimee("factory-reset", "--root", self.root, "--erase")
                expect(again.returncode == 0 or (again.returncode == 3 and "arm" in again.stderr),
                       f"the next --erase: exit {again.returncode}: {again.stderr}")
                self.expect_erased(device)
            report = self.boot(device)
            expect(report["action"] == "create" and report["uuid"] != self.uuid, f"the next boot: {report}")
            self.check(device)
        expect(not holds(self.disk.path, SECRET), "what the owner wrote is still on the disk")
        self.disk.expect_padding()

    def expect_erased(self, device):
        with open(device, "rb") as disk:
            while piece := disk.read(1 << 20):
                expect(not piece.strip(b"\0"), "erased, and something is there")

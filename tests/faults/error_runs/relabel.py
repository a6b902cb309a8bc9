"""relabel-var: done, all relabelled, or not done; the next run makes it so, and nothing but labels has changed."""
import contextlib

from aftermath import expect_unlocked
from error_runs.first_boot import FirstBootErrors
from machine_room import BINARY, expect, mounted
from padded_image import PaddedImage
from runs.relabel import Relabel


class RelabelErrors(Relabel, FirstBootErrors):
    name = "relabel-var"
    applet = "relabel-var"
    tool = None
    files = ("3", "9000")

    def make(self):
        super().make()
        self.disk = PaddedImage(f"{self.folder}/disk.img", self.before)

    @contextlib.contextmanager
    def standing(self, device):
        with mounted(device, f"{self.root}/var"):
            yield
            expect_unlocked(f"{self.root}/var")

    def command(self):
        return [BINARY, "relabel-var", "--root", self.root]

    def settle(self, outcome):
        with self.disk.attached() as device, self.standing(device):
            volume = f"{self.root}/var"
            self.check_labels(volume)
            if outcome.exit == 0:
                self.check_relabelled(volume)
            self.relabel()
            self.check_relabelled(volume)
        self.disk.expect_padding()
        expect(self.look() == self.tree, "the image's files were changed")

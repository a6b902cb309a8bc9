"""init-storage on disks that are too small for the image's /var: never ready; once the disk has grown, whole."""
import os

from error_runs.first_boot import FirstBootErrors
from fault_kinds import LittleSpace
from padded_image import PaddedImage

BULK = 100 << 20  # bytes; a disk of 128 MiB, the smallest that is taken, has less beside btrfs' own
ENOUGH = 280 << 20


class TooSmallErrors(FirstBootErrors):
    name = "too-small"
    kinds = (LittleSpace,)
    size = ENOUGH

    def make(self):
        super().make()
        folder = f"{self.root}/var/lib/bulk"
        os.mkdir(folder)
        for number in range(50):
            with open(f"{folder}/{number}", "wb") as file:
                file.write(os.urandom(BULK // 50))
        self.make_reference()
        with open(self.before, "wb") as image:
            image.truncate(self.size)
        self.disk = PaddedImage(f"{self.folder}/disk.img", self.before)

    def sizes(self, step):
        return range(96 << 20, ENOUGH, step)

    def resize(self, size):
        self.disk.size = size

    def settle(self, outcome):
        self.disk.size = ENOUGH
        super().settle(outcome)

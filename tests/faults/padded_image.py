"""A disk of which the volume under test is a part: what lies before and behind it is somebody's, and has to stay."""
import os

from crash_states import copy_sparse
from machine_room import attached, expect, run

PADDING = 1 << 20
FOREIGN = b"somebody's, and not to be touched. "


class PaddedImage:
    def __init__(self, path, content):
        """`content`: the file that the volume starts as, in each fresh() disk."""
        self.path = path
        self.model = f"{path}.model"
        self.size = os.path.getsize(content)
        padding = (FOREIGN * (PADDING // len(FOREIGN) + 1))[:PADDING]
        with open(self.model, "wb") as model:
            model.write(padding)
            model.truncate(PADDING + self.size)
            model.seek(0, os.SEEK_END)
            model.write(padding)
        run("dd", f"if={content}", f"of={self.model}", "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none")

    def fresh(self):
        copy_sparse(self.model, self.path)

    def attached(self):
        return attached(self.path, f"--offset={PADDING}", f"--sizelimit={self.size}")

    def is_untouched(self):
        with open(self.path, "rb") as now, open(self.model, "rb") as before:
            while True:
                piece = now.read(PADDING)
                if piece != before.read(PADDING):
                    return False
                if not piece:
                    return True

    def expect_padding(self):
        with open(self.path, "rb") as now, open(self.model, "rb") as before:
            for offset in (0, PADDING + self.size):
                now.seek(offset)
                before.seek(offset)
                expect(now.read(PADDING) == before.read(PADDING), f"foreign bytes at {offset} of the disk were changed")
        expect(os.path.getsize(self.path) == 2 * PADDING + self.size, "the disk has another size")

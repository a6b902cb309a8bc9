"""factory-reset of a volume that its owner has extended by a second device: both are partitions of the recorded disk, so
that its log has one order of writes for both. As with one device, and never one of them erased and the other not."""
import contextlib

from machine_room import attempt, mounted, run
from patience import in_the_end
from runs.reset import Reset

SIZE = 160 << 11  # sectors
STARTS = (2048, 2048 + SIZE)


class ResetTwoDevices(Reset):
    name = "reset-two-devices"
    size = (STARTS[1] + SIZE + 2048) << 9
    superblocks = tuple(start + 128 for start in STARTS)
    alone = True  # two states at the same time would be copies of each other, and refused
    every_prefix = False
    grown = False

    def make_reference(self):
        super().make_reference()
        run("sfdisk", "--quiet", self.before,
            input="label: gpt\n" + "".join(f"start={start}, size={SIZE}\n" for start in STARTS))

    def make(self):
        super().make()
        self.grown = True

    @contextlib.contextmanager
    def devices(self, disk):
        """The volume is made on the second one. From then on fstab names the first, whose superblock is written last."""
        with disk as device:
            run("partx", "--update", device)
            named, self.other = (f"{device}p1", f"{device}p2") if self.grown else (f"{device}p2", f"{device}p1")
            try:
                yield named, self.other
            finally:
                for part in (named, self.other):  # and no others: more tests than this one run
                    attempt("btrfs", "device", "scan", "--forget", part)
                # Whoever looks at all block devices of the machine has it open for a moment.
                in_the_end(lambda: attempt("partx", "--delete", device).returncode, lambda code: code == 0)

    @contextlib.contextmanager
    def volume(self, device, *others):
        with mounted(device, self.mount_point) as volume:
            run("btrfs", "device", "add", "-f", *others, volume)
            run("btrfs", "balance", "start", "-f", "-dconvert=raid1", "-mconvert=raid1", volume)
            yield volume

    def mounted(self, device, where, *options):
        run("btrfs", "device", "scan", self.other)
        return super().mounted(device, where, *options)

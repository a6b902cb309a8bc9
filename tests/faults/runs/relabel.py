"""relabel-var, by a newer image's policy. Each file has its older label or the newer one; the note that all are relabelled
stands only where they are; the next run makes it so, and nothing but labels has changed."""
import os

from crash_states import copy_sparse
from machine_room import aimee, attached, check_file_system, differences, expect, labels, mounted, read_file, run
from phases import Phase
from runs.first_boot import FirstBoot

NOTE = "lib/aimee/labels"  # with .new behind it while it is written
NEWER_RULES = "/var/lib(/.*)? system_u:object_r:usr_t:s0\n/var/log(/.*)? system_u:object_r:tmp_t:s0\n"


class Relabel(FirstBoot):
    name = "relabel-var"
    every_prefix = False
    size = 128 << 20
    files = ("12", "90000")

    def make(self):
        super().make()
        with attached(self.before) as device:
            self.boot(device)
        with open(f"{self.root}/etc/selinux/default/contexts/files/file_contexts.local", "a") as rules:
            rules.write(NEWER_RULES)
        self.older = self.labels
        self.make_relabelled()

    def make_relabelled(self):
        """An undisturbed run tells the newer labels; tests/loop compares those with the policy's own tools."""
        image = f"{self.folder}/relabelled.img"
        copy_sparse(self.before, image)
        self.relabelled = f"{self.folder}/relabelled"
        with attached(image) as device, mounted(device, f"{self.root}/var") as volume:
            self.relabel()
            self.newer = labels(volume)
            self.note = read_file(f"{volume}/{NOTE}")
            run("rsync", "-aHAX", f"{volume}/", f"{self.relabelled}/")
        expect(len(set(self.newer) - set(self.older)) > 5, "the newer policy changes next to nothing")
        os.unlink(image)

    def relabel(self):
        done = aimee("relabel-var", "--root", self.root)
        expect(done.returncode == 0, f"relabel-var: exit {done.returncode}: {done.stderr}")

    def record(self, disk):
        with mounted(disk.device, f"{self.root}/var"):
            with Phase(disk) as self.relabelling:
                self.relabel()

    def judge(self, state, image):
        with attached(image) as device:
            self.boot(device)
            check_file_system(device)
            with mounted(device, f"{self.root}/var") as volume:
                self.check_labels(volume, state)
                self.relabel()
                self.check_relabelled(volume)

    def check_labels(self, volume, state=None):
        found = labels(volume)
        strange = {label for label in set(found) - set(self.older) - set(self.newer) if f"# file: {NOTE}.new\n" not in label}
        expect(not strange, f"labels that are neither the older nor the newer: {strange}")
        note = read_file(f"{volume}/{NOTE}") if os.path.exists(f"{volume}/{NOTE}") else ""
        expect(note in ("", self.note), f"the note says {note!r}")
        expect(not note or found == self.newer, "the note says that all are relabelled, and not all are")
        expect(note or not (state and self.relabelling.is_durable(state)), "done, and the note is not there")

    def check_relabelled(self, volume):
        expect(labels(volume) == self.newer, "labels differ from those of an undisturbed run")
        different = differences(self.relabelled, volume, "--no-times")
        expect(not different, f"more than labels has changed:\n{different}")

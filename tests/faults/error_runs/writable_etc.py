"""writable-etc, the first seeding and --reset. Each entry is absent or whole; what the owner wrote is in force or in the
backup."""
import contextlib
import os

from aftermath import expect_unlocked, snapshot
from error_runs import ErrorRun
from machine_room import BINARY, attached, expect, run, write_file
from padded_image import PaddedImage
from runs.writable_etc import IMAGE, OWNER, WritableEtc

ENTRY = "tree"


class SeedErrors(ErrorRun, WritableEtc):
    name = "writable-etc"
    applet = "writable-etc"
    most_errors = 5  # one an entry

    def make(self):
        super().make()
        self.mounts_stay = f"{self.root}/etc"
        self.finish_disk()

    def finish_disk(self):
        self.disk = PaddedImage(f"{self.folder}/disk.img", self.before)

    def arrange(self):
        self.disk.fresh()
        self.tree = snapshot(self.image)

    @contextlib.contextmanager
    def standing(self, device):
        with self.booted(device):
            yield
            store = f"{self.root}/var/etc"
            os.path.isdir(store) and expect_unlocked(store)

    def command(self):
        return [BINARY, "writable-etc", "--root", self.root]

    def settle(self, outcome):
        with self.disk.attached() as device:
            with self.booted(device):
                for path, content in IMAGE.items():
                    stored = self.stored(path)
                    expect(stored == content or (stored is None and outcome.exit), f"the store's {path}: {stored!r:.60}")
            with self.booted(device):
                self.writable_etc()
                self.expect_in_force()
        self.disk.expect_padding()
        expect(snapshot(self.image) == self.tree, "the image's files were changed")


class ResetEntryErrors(SeedErrors):
    name = "writable-etc-reset"
    most_errors = 1

    def finish_disk(self):
        with attached(self.before) as device, self.booted(device):
            self.writable_etc()
            for path, text in OWNER.items():
                write_file(f"{self.root}/etc/{path}", text)
        super().finish_disk()

    @contextlib.contextmanager
    def standing(self, device):
        with self.booted(device):
            self.writable_etc()
            yield
            expect_unlocked(f"{self.root}/var/etc")

    def command(self):
        return [BINARY, "writable-etc", "--root", self.root, "--reset", ENTRY]

    def settle(self, outcome):
        with self.disk.attached() as device:
            with self.booted(device):
                self.expect_nothing_lost(done=outcome.exit == 0)
                if outcome.exit == 3:
                    expect(all(self.stored(path) == text for path, text in OWNER.items()), "refused, and it was changed")
            with self.booted(device):
                self.writable_etc()
                self.writable_etc("--reset", ENTRY)
                self.expect_nothing_lost(done=True)
                self.expect_in_force()
        self.disk.expect_padding()

    def expect_nothing_lost(self, done):
        for path, image in IMAGE.items():
            owner, stored = OWNER.get(path, image), self.stored(path)
            if not path.startswith(f"{ENTRY}/"):
                expect(stored == owner, f"{path} was to stay: {stored!r:.60}")
                continue
            expect(stored in ({image} if done else {image, owner}), f"the store's {path}: {stored!r:.60}")
            expect(stored == owner or owner in self.backups(path), f"{path}: what the owner wrote is lost")

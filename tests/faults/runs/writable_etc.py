"""writable-etc, the first seeding and --reset. Each entry is absent or a whole version, and what the owner wrote is
never lost: it is in force, or after --reset in the backup."""
import contextlib
import glob
import os

from machine_room import aimee, attached, expect, init_storage, make_volume, mounted, read_file, run, write_file
from phases import Phase
from runs import Run

IMAGE = {"hostname": "image\n", "app.conf": "image " * 3000 + "\n", "tree/a": "a\n", "tree/deep/b": "b " * 5000 + "\n",
         "shadow": "root:*:20000:0:99999:7:::\n"}
OWNER = {"hostname": "mine\n", "app.conf": "owner " * 4000 + "\n", "tree/deep/b": "owner's b\n"}
RESET = ("app.conf", "tree")


class WritableEtc(Run):
    name = "writable-etc"

    def __init__(self, folder):
        self.folder = folder
        self.image = f"{folder}/image"
        self.root = f"{folder}/root"
        self.before = f"{folder}/before.img"

    def make(self):
        for path, text in IMAGE.items():
            write_file(f"{self.image}/etc/{path}", text)
        write_file(f"{self.image}/etc/aimee-os/writable-etc", "f hostname\nf app.conf\nd tree\n")
        os.mkdir(f"{self.image}/var")
        os.mkdir(self.root)
        make_volume(self.before)
        with attached(self.before) as device, mounted(device, f"{self.image}/var") as volume:
            run("btrfs", "subvolume", "create", f"{volume}/etc")

    @contextlib.contextmanager
    def booted(self, device):
        """The image, read-only, with the volume on its /var; at the end all that is mounted in it is undone."""
        run("mount", "--bind", self.image, self.root)
        try:
            run("mount", "-o", "remount,bind,ro", self.root)
            run("mount", device, f"{self.root}/var")
            yield f"{self.root}/var"
        finally:
            run("umount", "--recursive", self.root)

    def writable_etc(self, *arguments):
        done = aimee("writable-etc", "--root", self.root, *arguments)
        expect(done.returncode == 0, f"writable-etc: exit {done.returncode}: {done.stderr}")

    def record(self, disk):
        with self.booted(disk.device) as volume:
            with Phase(disk) as self.seeding:
                self.writable_etc()
            with Phase(disk) as self.editing:
                for path, text in OWNER.items():
                    write_file(f"{self.root}/etc/{path}", text)
                run("sync", "--file-system", volume)
            self.resets = {}
            for entry in RESET:
                with Phase(disk) as self.resets[entry]:
                    self.writable_etc("--reset", entry)

    def judge(self, state, image):
        with attached(image) as device:
            init_storage(device, f"{self.folder}/initramfs")
            with self.booted(device):
                self.check_store(state)
            with self.booted(device):
                self.writable_etc()
                self.check_store(state, again=True)
                self.expect_in_force()

    def check_store(self, state, again=False):
        for path, image in IMAGE.items():
            owner = OWNER.get(path, image)
            if self.editing.may_have_begun(state) and not self.editing.is_durable(state) and path in OWNER:
                continue  # the owner's own write was cut short
            entry = path.split("/")[0]
            wanted = {image if not self.editing.is_durable(state) else owner}
            if entry in self.resets and self.resets[entry].may_have_begun(state):
                wanted = {image} if self.resets[entry].is_durable(state) else {image, owner}
            stored = self.stored(path)
            if stored is None:
                expect(not again and not self.seeding.is_durable(state), f"{path} is not in the store")
            else:
                expect(stored in wanted, f"the store's {path} is no whole version: {stored[:60]!r}")
            if self.editing.is_durable(state) and stored != owner:
                expect(owner in self.backups(path), f"{path}: what the owner wrote is lost")

    def expect_in_force(self):
        for path in IMAGE:
            seen, stored = f"{self.root}/etc/{path}", f"{self.root}/var/etc/{path}"
            expect(self.stored(path) and os.path.samefile(seen, stored), f"/etc/{path} is not the store's")

    def stored(self, path):
        file = f"{self.root}/var/etc/{path}"
        if not os.path.lexists(file):
            return None
        return read_file(file).rstrip("\n") + "\n"  # shadow is filled up with newlines

    def backups(self, path):
        """What --reset kept of it, from the newest to the oldest."""
        entry, _, rest = path.partition("/")
        found = sorted(glob.glob(f"{self.root}/var/etc/.aimee/backup/{entry}.*"), reverse=True)
        return [read_file(f"{name}/{rest}" if rest else name) for name in found]

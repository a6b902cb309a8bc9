"""Somebody who writes to the store, and mounts in it, while an applet works there.

    with Swaps(store, outside.folder, {"shadow": "shadow"}) as attack:
        run the applet
        attack.count()   # so often
    attack.is_over()     # and the owner has put things right

The outside is a tree that nobody but us knows: content, owner, mode, label and times tell whether it was touched, and
the times of access whether it was read.
"""
import ctypes
import mmap
import os
import random
import shutil
import signal
import struct
import time

from machine_room import expect, run, write_file

AT_FDCWD, RENAME_EXCHANGE = -100, 2
MS_BIND, MNT_DETACH, UMOUNT_NOFOLLOW = 4096, 2, 8
UNFINISHED = ".aimee-new"
LABEL = "system_u:object_r:outside_t:s0"
SECRET = "the-outside-which-nobody-has-asked-for"
STRANGER = 1234  # uid
LONGEST_REST = 0.0003  # seconds
libc = ctypes.CDLL(None, use_errno=True)


class Attack:
    """What is done to `entries` of the store, again and again: {entry: what of the outside takes its place}."""

    def __init__(self, store, outside, entries):
        self.store = store
        self.ways = [(os.path.normpath(f"{store}/{entry}"), os.path.normpath(f"{outside}/{target}"))
                     for entry, target in entries.items()]
        self.outside = outside
        self.shared = mmap.mmap(-1, 4096)
        self.dice = random.Random(1)

    def __enter__(self):
        self.prepare()
        self.pid = os.fork()
        if self.pid == 0:
            self.go_on_for_ever()
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def count(self):
        return struct.unpack_from("Q", self.shared)[0]

    def go_on_for_ever(self):
        try:
            libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
            count = 0
            while True:
                count += self.strike()
                struct.pack_into("Q", self.shared, 0, count)
        finally:
            os._exit(1)

    def prepare(self):
        """Before the applet starts."""


class Swaps(Attack):
    """Exchanges each entry with a link to the outside that stands beside it. The link is relative: RESOLVE_NO_XDEV alone
    stops an absolute one."""

    def prepare(self):
        for entry, target in self.ways:
            os.symlink(os.path.relpath(target, os.path.dirname(entry)), f"{entry}.swap")
        self.pairs = [(entry.encode(), f"{entry}.swap".encode()) for entry, _ in self.ways]
        self.owners = {entry: identity(entry) for entry, _ in self.ways}

    def strike(self):
        return sum(libc.renameat2(AT_FDCWD, entry, AT_FDCWD, swap, RENAME_EXCHANGE) == 0 for entry, swap in self.pairs)

    def is_over(self):
        """The links go, wherever they have come to; what was the owner's is put back."""
        for entry, _ in self.ways:
            self.remove_links(entry, f"{entry}.swap")
        for folder, folders, files in os.walk(self.store):
            self.remove_links(*(f"{folder}/{name}" for name in (*folders, *files)))
        for entry, swap in ((entry, f"{entry}.swap") for entry, _ in self.ways):
            if os.path.lexists(swap) and (identity(swap) == self.owners[entry] or not os.path.lexists(entry)):
                remove(entry)
                os.rename(swap, entry)
            remove(swap)

    def remove_links(self, *paths):
        for path in paths:
            if os.path.islink(path) and os.path.basename(self.outside) in os.readlink(path):
                os.unlink(path)


class Mounts(Attack):
    """Mounts the outside on each entry, for a moment."""

    def strike(self):
        struck = 0
        for entry, target in self.ways:
            if mount_on(entry, target):
                struck += 1
                time.sleep(self.dice.uniform(0, LONGEST_REST))
                unmount(entry)
        return struck

    def is_over(self):
        """Nothing is mounted in the store any more. A mount goes where its entry was renamed to."""
        for place in mounts_below(os.path.realpath(self.store)):
            unmount(place)


class Mounted(Mounts):
    """The outside is mounted on one entry before the applet starts, and stays there."""

    def __enter__(self):
        self.made = []
        for entry, target in self.ways:
            if not os.path.lexists(entry):
                self.made.append(entry)
                os.mkdir(entry) if os.path.isdir(target) else open(entry, "x").close()
            expect(mount_on(entry, target), f"{entry}: cannot be mounted on")
        return self

    def __exit__(self, *_):
        """It stays."""

    def count(self):
        return len(self.ways)

    def is_over(self):
        super().is_over()
        for entry in self.made:
            remove(entry)


def mount_on(entry, target):
    """In an unfinished copy the attacker makes the folders that are still missing himself."""
    if f"{UNFINISHED}/" in entry:
        libc.mkdir(entry.encode(), 0o755)
    return libc.mount(target.encode(), entry.encode(), None, MS_BIND, None) == 0


def unmount(entry):
    return libc.umount2(entry.encode(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0


def mounts_below(folder):
    """The last first."""
    with open("/proc/self/mountinfo") as table:
        places = [line.split()[4] for line in table]
    return [place for place in reversed(places) if place.startswith(f"{folder}/")]


def identity(path):
    if not os.path.lexists(path):
        return None
    status = os.lstat(path)
    return status.st_dev, status.st_ino


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def label_of(path):
    try:
        return os.getxattr(path, "security.selinux", follow_symlinks=False)
    except OSError:
        return None


class Outside:
    """A tree that looks like a store, of somebody else's."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("file", "tree/file", "tree/deep/b", "image/tree/deep/b"):
            write_file(f"{folder}/{name}", f"{SECRET}\n")
        write_file(f"{folder}/shadow", f"owner:{SECRET}:20000:0:99999:7:::\n")
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", SECRET, "-f", f"{folder}/key")
        self.traces = [SECRET, self.lines("key")[3], self.lines("key.pub")[0].split()[1]]
        for path in self.paths():
            os.setxattr(path, "security.selinux", LABEL.encode(), follow_symlinks=False)
            if not os.path.isdir(path):
                os.chown(path, STRANGER, STRANGER)
                os.chmod(path, 0o640)
        for path in self.paths():
            os.utime(path, ns=(1, os.stat(path).st_mtime_ns))  # so that a read is noted: relatime
        self.before = self.look()

    def lines(self, name):
        with open(f"{self.folder}/{name}") as file:
            return file.read().splitlines()

    def paths(self):
        return [self.folder, *(f"{folder}/{name}" for folder, folders, files in os.walk(self.folder)
                               for name in (*folders, *files))]

    def look(self):
        """Of folders no time of access: looking for them has changed it."""
        return {path: self.look_at(path, os.lstat(path)) for path in self.paths()}

    @staticmethod
    def look_at(path, status):
        return {"mode": status.st_mode, "owner": (status.st_uid, status.st_gid), "names": status.st_nlink,
                "size": status.st_size, "written": status.st_mtime_ns, "changed": status.st_ctime_ns,
                "read": None if os.path.isdir(path) else status.st_atime_ns,
                "label": label_of(path)}

    def expect_untouched(self, readers):
        """And nothing of it is anywhere below `readers`."""
        now = self.look()
        for path in sorted({*now, *self.before}):
            before, after = self.before.get(path), now.get(path)
            expect(before and after, f"outside the store came or went {path}")
            differing = [what for what in before if before[what] != after[what]]
            expect(not differing, f"outside the store: {path}: {', '.join(differing)}")
        for folder in readers:
            for trace in self.traces:
                found = run("sh", "-c", 'grep -rlFe "$1" "$2" || test $? = 1', "grep", trace, folder).strip()
                expect(not found, f"what is outside the store was copied into it: {found}")

"""Somebody who writes to the store while an applet works in it: swaps an entry for a way out, in a tight loop.

    with Attacker(store, outside) as attacker:
        run the applet
        attacker.swaps()   # so often

The outside is a tree that nobody but us knows: content, owner, mode, label and times tell whether it was touched.
"""
import ctypes
import mmap
import os
import signal
import struct

from machine_room import expect, run, write_file

AT_FDCWD, RENAME_EXCHANGE = -100, 2
LABEL = "system_u:object_r:outside_t:s0"
SECRET = "the outside, which nobody has asked for\n"


class Attacker:
    """Exchanges each of `names` in `folder` with what stands beside it as NAME.swap."""

    def __init__(self, folder, names):
        self.pairs = [(f"{folder}/{name}".encode(), f"{folder}/{name}.swap".encode()) for name in names]
        self.shared = mmap.mmap(-1, 4096)

    def __enter__(self):
        self.pid = os.fork()
        if self.pid == 0:
            self.swap_for_ever()
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def swaps(self):
        return struct.unpack_from("Q", self.shared)[0]

    def swap_for_ever(self):
        try:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
            rename = ctypes.CDLL(None).renameat2
            count = 0
            while True:
                for one, other in self.pairs:
                    count += rename(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == 0
                struct.pack_into("Q", self.shared, 0, count)
        finally:
            os._exit(1)


class Outside:
    def __init__(self, folder):
        self.folder = folder
        for name in ("file", "tree/file", "tree/deep/b", "ssh_host_ed25519_key", "shadow", "image/tree/deep/b"):
            write_file(f"{folder}/{name}", SECRET, 0o600)
        for path in self.paths():
            os.setxattr(path, "security.selinux", LABEL.encode(), follow_symlinks=False)
        self.before = self.look()

    def paths(self):
        return [self.folder, *(f"{folder}/{name}" for folder, folders, files in os.walk(self.folder)
                               for name in (*folders, *files))]

    def look(self):
        found = {}
        for path in self.paths():
            status = os.lstat(path)
            content = b"" if os.path.isdir(path) else open(path, "rb").read()
            found[path] = (status.st_mode, status.st_uid, status.st_gid, status.st_nlink, status.st_mtime_ns,
                           status.st_ctime_ns, os.getxattr(path, "security.selinux"), content)
        return found

    def expect_untouched(self, readers):
        """And nothing of it is anywhere below `readers`, but through the links that the attacker made."""
        now = self.look()
        changed = [path for path in {*now, *self.before} if now.get(path) != self.before.get(path)]
        expect(not changed, f"outside the store was changed: {changed}")
        for folder in readers:
            found = run("sh", "-c", 'grep --recursive --files-with-matches --fixed-strings -e "$1" "$2" || test $? = 1',
                        "grep", SECRET.strip(), folder).strip()
            expect(not found, f"what is outside the store was copied into it: {found}")

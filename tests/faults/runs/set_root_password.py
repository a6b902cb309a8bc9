"""set-root-password, again and again. shadow is the whole old one or the whole new one, the new one once the program
said so; its owner, mode and label stay."""
import contextlib
import os
import pty
import select
import subprocess

from machine_room import (BINARY, TIME_LIMIT, attached, check_file_system, expect, init_storage, make_volume, mounted,
                          read_file, run, write_file)
from phases import Phase
from runs import Run

CHANGES = 8
LABEL = "system_u:object_r:shadow_t:s0"
SHADOW = "root:*:20000:0:99999:7:::\ndaemon:*:20000:0:99999:7:::\nowner:!:20000:0:99999:7:::\n"


class SetRootPassword(Run):
    name = "set-root-password"

    def __init__(self, folder):
        self.folder = folder
        self.root = f"{folder}/root"
        self.etc = f"{folder}/etc"
        self.before = f"{folder}/before.img"
        self.volume = f"{folder}/volume"

    def make(self):
        """A root to log in to: the host's programs and PAM, an /etc of its own."""
        for name in ("usr", "etc", "var", "dev", "proc", "run", "tmp", "root"):
            os.makedirs(f"{self.root}/{name}")
        for name in ("bin", "sbin", "lib", "lib64"):
            os.path.islink(f"/{name}") and os.symlink(f"usr/{name}", f"{self.root}/{name}")
        os.mkdir(self.volume)
        os.mkdir(self.etc)
        for name in ("pam.d", "security", "login.defs", "nsswitch.conf", "ld.so.cache", "default"):
            os.path.exists(f"/etc/{name}") and run("cp", "-a", f"/etc/{name}", self.etc)
        write_file(f"{self.etc}/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\n"
                                         "owner:x:1234:1234::/:/bin/sh\n")
        write_file(f"{self.etc}/group", "root:x:0:\ndaemon:x:1:\nshadow:x:42:\nowner:x:1234:\n")
        write_file(f"{self.etc}/shadow", "root:image:20000:0:99999:7:::\n", 0o640)
        make_volume(self.before)
        with attached(self.before) as device, mounted(device, self.volume):
            run("btrfs", "subvolume", "create", f"{self.volume}/etc")
            shadow = f"{self.volume}/etc/shadow"
            write_file(shadow, SHADOW + "\n" * (4096 - len(SHADOW)), 0o640)
            os.chown(shadow, 0, 42)
            run("setfattr", "-n", "security.selinux", "-v", LABEL, shadow)
        self.versions = [SHADOW]
        self.changes = []

    @contextlib.contextmanager
    def booted(self, device):
        run("mount", "--bind", self.root, self.root)
        try:
            for name in ("usr", "dev", "proc"):
                run("mount", "--rbind", f"/{name}", f"{self.root}/{name}")
                run("mount", "--make-rslave", f"{self.root}/{name}")
            run("mount", "--bind", self.etc, f"{self.root}/etc")
            run("mount", "-o", "remount,bind,ro", f"{self.root}/etc")
            run("mount", device, f"{self.root}/var")
            run("mount", "--bind", f"{self.root}/var/etc/shadow", f"{self.root}/etc/shadow")
            yield
        finally:
            run("umount", "--recursive", self.root)

    def record(self, disk):
        with self.booted(disk.device):
            for number in range(CHANGES):
                with Phase(disk) as change:
                    self.set_password(f"correct horse {number} battery staple")
                self.changes.append(change)
                self.versions.append(read_file(f"{self.root}/var/etc/shadow").rstrip("\n") + "\n")
        expect(len(set(self.versions)) == CHANGES + 1, "a change changed nothing")

    def set_password(self, password):
        """As a person does, at a terminal."""
        master, slave = pty.openpty()
        process = subprocess.Popen([BINARY, "set-root-password", "--root", self.root], stdin=slave, stdout=slave,
                                   stderr=slave, start_new_session=True)
        os.close(slave)
        said = ""
        for question in ("New password: ", "Retype new password: ", None):
            while question is None or not said.endswith(question):
                expect(select.select([master], [], [], TIME_LIMIT)[0], f"set-root-password says nothing after: {said}")
                try:
                    said += os.read(master, 4096).decode()
                except OSError:  # its end
                    expect(question is None, f"set-root-password ends after: {said}")
                    break
            if question:
                os.write(master, f"{password}\n".encode())
        os.close(master)
        expect(process.wait(TIME_LIMIT) == 0, f"set-root-password: {said}")

    def judge(self, state, image):
        with attached(image) as device:
            init_storage(device, f"{self.folder}/initramfs")
            with mounted(device, self.volume):
                version = self.shadow()
            check_file_system(device)
        expect(version in self.versions, f"shadow is no whole version:\n{version}")
        number = self.versions.index(version)
        oldest = sum(change.is_durable(state) for change in self.changes)
        newest = sum(change.may_have_begun(state) for change in self.changes)
        expect(oldest <= number <= newest, f"shadow is version {number}, not one of {oldest} to {newest}")

    def shadow(self):
        """The volume's, without what fills it up."""
        path = f"{self.volume}/etc/shadow"
        status = os.stat(path)
        expect((status.st_uid, status.st_gid, status.st_mode & 0o7777) == (0, 42, 0o640), f"owner or mode: {status}")
        expect(os.getxattr(path, "security.selinux").decode().rstrip("\0") == LABEL, "shadow has another label")
        return read_file(path).rstrip("\n") + "\n"

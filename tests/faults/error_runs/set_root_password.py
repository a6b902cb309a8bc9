"""set-root-password with a passwd(1) that asks nothing: shadow is the whole old one or the whole new one."""
import contextlib
import os

from aftermath import expect_unlocked
from error_runs import ErrorRun
from machine_room import BINARY, aimee, expect, mounted, run, write_file
from padded_image import PaddedImage
from runs.set_root_password import SHADOW, SetRootPassword

NEW = SHADOW.replace("root:*:", "root:$y$new:", 1)
NEXT = SHADOW.replace("root:*:", "root:$y$next:", 1)
PASSWD = "#!/bin/sh\nexec sed -i 's/^root:[^:]*:/root:$y$new:/' /etc/shadow\n"
# passwd(1) never gives the same hash twice: of one that does it is not known where the password went.
PASSWD_ONCE_MORE = PASSWD.replace("$y$new", "$y$next")


class PasswordErrors(ErrorRun, SetRootPassword):
    name = "set-root-password"
    applet = "set-root-password"
    tool = "passwd"
    tool_speaks = True
    exit_without_tool = 3

    def make(self):
        super().make()
        self.passwd = f"{self.folder}/passwd"
        self.disk = PaddedImage(f"{self.folder}/disk.img", self.before)

    def arrange(self):
        self.disk.fresh()
        self.use_tool(PASSWD)

    def use_tool(self, text):
        write_file(self.passwd, text, 0o755)

    @contextlib.contextmanager
    def tool_replaced(self, script):
        """In the root, as what is run there is looked up by its path."""
        if script is not None:
            self.use_tool(script)
            yield None
            return
        usr = f"{self.root}/usr/bin"
        run("mount", "-t", "tmpfs", "none", usr)
        try:
            yield None
        finally:
            run("umount", usr)

    @contextlib.contextmanager
    def booted(self, device):
        with super().booted(device):
            run("mount", "--bind", self.passwd, f"{self.root}/usr/bin/passwd")
            yield

    @contextlib.contextmanager
    def standing(self, device):
        with self.booted(device):
            yield
            expect_unlocked(f"{self.root}/var/etc/shadow")

    def command(self):
        return [BINARY, "set-root-password", "--root", self.root]

    def settle(self, outcome):
        with self.disk.attached() as device:
            with mounted(device, self.volume):
                found = self.shadow()
            expect(found == NEW or (outcome.exit and found == SHADOW), f"shadow is\n{found}")
            expect(outcome.exit != 3 or found == SHADOW, "refused, and it was changed")
            self.use_tool(PASSWD_ONCE_MORE)
            with self.booted(device):
                done = aimee("set-root-password", "--root", self.root)
                expect(done.returncode == 0, f"the next run: exit {done.returncode}: {done.stderr}")
            with mounted(device, self.volume):
                expect(self.shadow() == NEXT, "the next run did not set it")
                expect(os.listdir(f"{self.volume}/etc") == ["shadow"], "something is left beside shadow")
        self.disk.expect_padding()

"""ssh-hostkey-gen: one pair is to be made beside a good one. Each pair is whole or absent, the good one stays."""
import contextlib
import os
import shutil

from aftermath import expect_unlocked, snapshot
from error_runs import ErrorRun
from machine_room import BINARY, attempt, expect, run
from runs.host_keys import TYPES, HostKeys

MADE, GOOD = TYPES


class HostKeyErrors(ErrorRun, HostKeys):
    name = "ssh-hostkey-gen"
    applet = "ssh-hostkey-gen"
    tool = "ssh-keygen"
    tool_limit = True
    idle_tool_says = "_key"
    most_errors = 2

    def make(self):
        os.makedirs(f"{self.root}/var/lib")
        os.makedirs(f"{self.root}/etc")
        self.generate(GOOD)
        self.good = self.fingerprint(GOOD)
        run("cp", "-a", f"{self.root}/var", f"{self.folder}/var")

    def arrange(self):
        shutil.rmtree(f"{self.root}/var")
        run("cp", "-a", f"{self.folder}/var", f"{self.root}/var")
        self.tree = snapshot(self.root)

    @contextlib.contextmanager
    def standing(self, _):
        yield
        expect_unlocked(f"{self.root}/var/lib/ssh")

    def command(self):
        return [BINARY, "ssh-hostkey-gen", "--root", self.root, "--timeout", "3", *TYPES]

    def settle(self, outcome):
        expect(outcome.exit != 3 or snapshot(self.root) == self.tree, "refused, and something was changed")
        made = self.fingerprint(MADE)
        expect(made or outcome.exit, "done, and the key is not there")
        self.expect_good(outcome)
        self.generate(*TYPES)
        expect(self.fingerprint(MADE) == (made or self.fingerprint(MADE)) and self.fingerprint(MADE), "a good key was replaced")
        left = set(os.listdir(f"{self.root}/var/lib/ssh"))
        wanted = {f"ssh_host_{kind}_key{end}" for kind in TYPES for end in ("", ".pub")}
        said = " ".join(line.text for line in outcome.lines).split()
        kept = left & {f"ssh_host_{GOOD}_key.old{end}" for end in ("", ".pub")}.intersection(said)
        expect(left == wanted | kept, f"in the folder is {sorted(left)}")
        expect(self.fingerprint_of_kept(kept) == self.good, f"the good key is lost, and in the folder is {sorted(left)}")

    def fingerprint_of_kept(self, kept):
        """Of the good private key: where it was replaced it is kept under another name."""
        private = f"ssh_host_{GOOD}_key.old"
        if private not in kept:
            return self.fingerprint(GOOD)
        return attempt("ssh-keygen", "-y", "-P", "", "-f", f"{self.root}/var/lib/ssh/{private}").stdout.split()[1]

    def expect_good(self, outcome):
        """The other pair, unless the run said that it could not read it."""
        unreadable = any(f"_{GOOD}_" in line.text and "read" in line.text for line in outcome.lines)
        expect(unreadable or self.fingerprint(GOOD) == self.good, "the good key was replaced or lost")

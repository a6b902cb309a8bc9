"""ssh-hostkey-gen. Each key pair is whole or absent, one that was reported as made is there, and sshd starts after the
next run."""
import contextlib
import os

from machine_room import aimee, attached, attempt, expect, init_storage, make_volume, mounted, run, write_file
from phases import Phase
from runs import Run

ROUNDS = 4
TYPES = ("ed25519", "ecdsa")  # rsa differs in nothing but the seconds that it takes


class HostKeys(Run):
    name = "ssh-hostkey-gen"

    def __init__(self, folder):
        self.folder = folder
        self.root = f"{folder}/root"
        self.before = f"{folder}/before.img"

    def make(self):
        os.makedirs(f"{self.root}/var")
        os.makedirs(f"{self.root}/etc")
        make_volume(self.before)
        with attached(self.before) as device, mounted(device, f"{self.root}/var") as volume:
            os.mkdir(f"{volume}/lib")
        self.config = f"{self.folder}/sshd_config"
        write_file(self.config, "".join(f"HostKey {self.key(kind)}\n" for kind in TYPES))
        self.rounds = []

    @contextlib.contextmanager
    def booted(self, device):
        init_storage(device, self.root)
        with mounted(device, f"{self.root}/var"):
            yield

    def key(self, kind):
        return f"{self.root}/var/lib/ssh/ssh_host_{kind}_key"

    def record(self, disk):
        with mounted(disk.device, f"{self.root}/var"):
            for _ in range(ROUNDS):
                for kind in TYPES:
                    with Phase(disk) as making:
                        self.generate(kind)
                    self.rounds.append((kind, making, self.fingerprint(kind)))
                # Gone, the private key first: without it there is no pair.
                with Phase(disk) as removing:
                    for kind in TYPES:
                        os.unlink(self.key(kind))
                        os.unlink(f"{self.key(kind)}.pub")
                    run("sync", "--file-system", f"{self.root}/var")
                self.rounds.append((None, removing, None))

    def generate(self, *types):
        done = aimee("ssh-hostkey-gen", "--root", self.root, *types)
        expect(done.returncode == 0, f"ssh-hostkey-gen: exit {done.returncode}: {done.stderr}")

    def fingerprint(self, kind):
        """Of the private key; None where there is none."""
        if not os.path.lexists(self.key(kind)):
            return None
        derived = attempt("ssh-keygen", "-y", "-P", "", "-f", self.key(kind))
        expect(derived.returncode == 0, f"{kind}: half a private key: {derived.stderr}")
        if os.path.lexists(f"{self.key(kind)}.pub"):
            with open(f"{self.key(kind)}.pub") as public:
                expect(public.read().split()[:2] == derived.stdout.split()[:2], f"{kind}: the pair does not match")
        return derived.stdout.split()[1]

    def possible(self, kind, state):
        """The keys that this state may have, by what had been reported."""
        keys = [None]
        for made, phase, key in self.rounds:
            if made not in (kind, None):
                continue
            if phase.is_durable(state):
                keys = [key]
            elif phase.may_have_begun(state):
                keys.append(key)
        return keys

    def judge(self, state, image):
        with attached(image) as device, self.booted(device):
            before = {kind: self.fingerprint(kind) for kind in TYPES}
            for kind, key in before.items():
                possible = self.possible(kind, state)
                expect(key in possible, f"{kind}: {key} is none of {possible}")
            self.generate(*TYPES)
            for kind, key in before.items():
                expect(self.fingerprint(kind) == key if key else self.fingerprint(kind), f"{kind}: a good key was replaced")
            started = attempt("/usr/sbin/sshd", "-t", "-f", self.config)
            expect(started.returncode == 0, f"sshd does not start: {started.stderr}")

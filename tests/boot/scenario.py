"""What the boot tests have in common: `main(__doc__, STEP...)` is a whole test NAME SYSTEM.

SYSTEM is the folder of make-system or of the image builder. Each step is a function of a Scenario, they run in order and share its disk. What
holds is printed with the seconds since the start; the console's logs are in SYSTEM/logs/NAME.N.log, N counting the
boots (of a slow machine in a folder of their own). Exit: 0 all hold, 1 one does not, 2 wrong usage.
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import namedtuple

from machine import Failure, Machine
from system import SPEED, System


Extent = namedtuple("Extent", "start size")  # in bytes


class Scenario:
    def __init__(self, name, system, folder):
        self.name = name
        self.system = System(system)
        self.folder = folder
        self.started = time.monotonic()
        self.boots = 0
        self.logs = f"{system}/logs{f'-at-{SPEED:.0f}-mips' if SPEED else ''}"
        os.makedirs(self.logs, exist_ok=True)
        self.disk = self.new_disk("disk.img")
        self.volume = self.extent_of_data_volume()

    def new_disk(self, name):
        """A copy of the disk as it leaves the factory."""
        path = f"{self.folder}/{name}"
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", self.system.disk, path], check=True)
        return path

    def extent_of_data_volume(self):
        told = subprocess.run(["partx", "--noheadings", "--nr", str(self.system.data_partition), "--output",
                               "START,SECTORS", self.disk], check=True, capture_output=True, text=True).stdout
        return Extent(*(int(sectors) * 512 for sectors in told.split()))

    def boot(self, arguments="", disk=None, record=None, system=None):
        """A Machine on the scenario's disk or another, to be used in a `with` statement."""
        self.boots += 1
        return Machine(system or self.system, disk or self.disk, f"{self.logs}/{self.name}.{self.boots}.log", arguments,
                       record)

    def holds(self, text):
        print(f"{time.monotonic() - self.started:6.1f} s  {text}", flush=True)


def choose_moments(test):
    """A step: makes `test.dice`; AIMEE_BOOT_SEED repeats a run's."""
    seed = os.environ.get("AIMEE_BOOT_SEED") or str(random.SystemRandom().randrange(10**6))
    test.dice = random.Random(seed)
    test.holds(f"the moments are those of AIMEE_BOOT_SEED={seed}")


def expect(condition, text):
    if not condition:
        raise Failure(text)


def main(description, *steps):
    name = os.path.basename(sys.argv[0])
    if len(sys.argv) != 2 or not os.path.exists(f"{sys.argv[1]}/disk.img"):
        print(f"{description.strip()}\n\nusage: {name} SYSTEM (a folder that make-system or the image builder made)", file=sys.stderr)
        sys.exit(2)
    # ctest ends what takes too long with a signal; the disks go then too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix=f"aimee-{name}-") as folder:
        scenario = Scenario(name, sys.argv[1], folder)
        try:
            for step in steps:
                step(scenario)
        except Failure as failure:
            print(f"{name}: {step.__name__}: {failure}\n{name}: console logs: {scenario.logs}", file=sys.stderr)
            sys.exit(1)
    print(f"{name}: all hold")

"""What every run needs: programs with a time limit, loop devices, mounts, the program under test; all undone at the end.

AIMEE_BINARY names the program, by default the static product for x86_64.
"""
import contextlib
import ctypes
import json
import multiprocessing
import os
import secrets
import signal
import subprocess

from crash_states import data_ranges
from served_disk import attach, detach

SOURCE = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
BINARY = os.environ.get("AIMEE_BINARY", f"{SOURCE}/build/x86_64-musl/aimee")
TIME_LIMIT = 120  # seconds, for a single program
CLONE_NEWNS = 0x00020000  # <linux/sched.h>


class Wrong(Exception):
    """A state that is not as promised."""


def expect(condition, text):
    if not condition:
        raise Wrong(text)


def run(*command, **options):
    """Runs a program that has to succeed; returns its output."""
    done = attempt(*command, **options)
    if done.returncode:
        raise Wrong(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def attempt(*command, **options):
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIME_LIMIT, **options)


def aimee(applet, *arguments, **options):
    return attempt(BINARY, applet, *arguments, **options)


def write_fstab(root, device):
    write_file(f"{root}/etc/fstab", f"{device} /var btrfs defaults 0 0\n")


def init_storage(device, root):
    """What the next boot does first; its report."""
    write_fstab(root, device)
    done = aimee("init-storage", "--root", root, "--timeout", "10", "--json")
    expect(done.returncode == 0, f"init-storage: exit {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def make_volume(image):
    """An empty data volume, by the mark in its UUID; 128 MiB. mkfs.btrfs refuses a UUID that another disk has."""
    marked = f"{secrets.token_hex(4)}-4b5a-8697-8879-61696d656501"
    with open(image, "wb") as disk:
        disk.truncate(128 << 20)
    run("mkfs.btrfs", "--quiet", "--label", "aimee-data", "--uuid", marked, image)


def own_mounts():
    """From here on no other process sees, or holds, what is mounted; and nothing stays mounted at the end."""
    libc = ctypes.CDLL(None, use_errno=True)
    expect(libc.unshare(CLONE_NEWNS) == 0, f"a mount namespace of its own: {os.strerror(ctypes.get_errno())}")
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    os.mkdir("/run/sshd", 0o755)


ending = []  # not empty: after the work at hand, so that all that was made for it is undone


def end_between_states():
    """SIGTERM and ^C no longer end this process or its workers; whoever works asks `ending` before the next state."""
    def end(*_):
        ending.append(True)
        for worker in multiprocessing.active_children():
            worker.terminate()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)


@contextlib.contextmanager
def attached(image, *options):
    """The image as a block device."""
    device = attach(image, *options)
    try:
        yield device
    finally:
        detach(device)


@contextlib.contextmanager
def mounted(what, where, *options):
    run("mount", *options, what, where)
    try:
        yield where
    finally:
        run("umount", "--recursive", where)


def write_file(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def read_file(path):
    with open(path, errors="replace") as file:
        return file.read()


# What tools that are not ours say.

def check_file_system(device):
    checked = attempt("btrfs", "check", "--readonly", device)
    expect(checked.returncode == 0, f"btrfs check: {checked.stdout}{checked.stderr}")


def differences(expected, found, *options):
    """What rsync would change to make the second tree like the first, labels apart; empty: nothing."""
    return run("rsync", "--dry-run", "-aHAX", "--filter=-x security.selinux", "--checksum", "--delete",
               "--itemize-changes", *options, f"{expected}/", f"{found}/")


def labels(tree):
    listing = run("getfattr", "-Rhd", "-m", "^security.selinux$", ".", cwd=tree)
    return sorted(listing.split("\n\n"))


def subvolumes(tree):
    return sorted(line.split(" path ")[1] for line in run("btrfs", "subvolume", "list", tree).splitlines())


def holds(image, text):
    """Whether the bytes stand anywhere in the image, read as a file."""
    wanted = text.encode()
    with open(image, "rb") as disk:
        for start, end in data_ranges(disk):
            disk.seek(start)
            if wanted in disk.read(end - start):
                return True
    return False


def holds_below(folder, text):
    """Whether any file below the folder has them."""
    return attempt("grep", "--recursive", "--quiet", "--binary-files=text", "--fixed-strings", text, folder,
                   env={**os.environ, "LC_ALL": "C"}).returncode == 0

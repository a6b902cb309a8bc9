"""What every run needs: programs with a time limit, loop devices, mounts, the program under test; all undone at the end.

AIMEE_BINARY names the program, by default the static product for x86_64.
"""
import contextlib
import os
import subprocess

from recorder import attach

SOURCE = os.path.realpath(f"{os.path.dirname(__file__)}/../..")
BINARY = os.environ.get("AIMEE_BINARY", f"{SOURCE}/build/x86_64-musl/aimee")
TIME_LIMIT = 120  # seconds, for a single program


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
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          timeout=TIME_LIMIT, **options)


def aimee(applet, *arguments, **options):
    return attempt(BINARY, applet, *arguments, **options)


@contextlib.contextmanager
def attached(image):
    """The image as a block device."""
    device = attach(image)
    try:
        yield device
    finally:
        run("losetup", "--detach", device)


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


def differences(expected, found):
    """What rsync would change to make the second tree like the first, labels apart; empty: nothing."""
    return run("rsync", "--dry-run", "-aHAX", "--filter=-x security.selinux", "--checksum", "--delete",
               "--itemize-changes", f"{expected}/", f"{found}/")


def labels(tree):
    listing = run("getfattr", "-Rhd", "-m", "^security.selinux$", ".", cwd=tree)
    return sorted(listing.split("\n\n"))


def subvolumes(tree):
    return sorted(line.split(" path ")[1] for line in run("btrfs", "subvolume", "list", tree).splitlines())


def holds(image, text):
    """Whether the bytes stand anywhere in the image, read as a file."""
    found = attempt("grep", "--quiet", "--binary-files=text", "--fixed-strings", text, image)
    expect(found.returncode in (0, 1), found.stderr)
    return found.returncode == 0

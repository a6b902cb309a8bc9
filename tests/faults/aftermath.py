"""What a program may leave behind, and what it said: exit code, lines, mounts, children, loop devices, locks."""
import collections
import ctypes
import errno
import fcntl
import glob
import os
import re
import signal
import subprocess

from machine_room import Wrong, expect, read_file
from patience import in_the_end

LIMIT = 60  # seconds for a run with a fault
ERROR = 3  # syslog(3)
PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>

Line = collections.namedtuple("Line", "severity text")


class Outcome:
    def __init__(self, exit, output, stderr):
        self.exit = exit  # negative: the signal
        self.output = output
        self.stderr = stderr
        self.lines = [Line(int(line[1]), line[3:]) if re.match(r"<\d>", line) else Line(None, line)
                      for line in stderr.splitlines()]

    def errors(self):
        return [line.text for line in self.lines if line.severity == ERROR]


def adopt_orphans():
    """From now on a child that outlives its parent becomes ours, where it is seen."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def carry_out(command, folder, environment=None, meanwhile=None):
    """Runs it as a unit would, its messages with their severity. meanwhile(process) is called while it runs."""
    with open(f"{folder}/stderr", "w+", errors="replace") as stderr, open(f"{folder}/stdout", "w+") as stdout:
        status = os.fstat(stderr.fileno())
        variables = {**os.environ, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}", **(environment or {})}
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=variables)
        try:
            if meanwhile:
                meanwhile(process)
            process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            raise Wrong(f"does not end within {LIMIT} s") from None
        finally:
            process.kill()
            process.wait()
        return Outcome(process.returncode, read_file(stdout.name), read_file(stderr.name))


def check_lines(outcome, subject):
    """Failed: one line that says so (or one for each of several things that failed), and none that is a riddle."""
    applet = subject.applet
    expect(outcome.exit >= 0, f"ended by signal {-outcome.exit}")
    expect(outcome.exit != 2, "calls its command line wrong")
    for line in outcome.lines:
        if subject.tool_speaks and line.severity is None:
            continue
        expect(line.text.startswith(f"{applet}: "), f"a line that is not {applet}'s: {line.text}")
        expect(not re.search(r": (:|$)", line.text), f"a line with nothing between its colons: {line.text}")
    if outcome.exit:
        expect(1 <= len(outcome.errors()) <= subject.most_errors, f"{len(outcome.errors())} error lines")
    else:
        expect(not outcome.errors(), "an error line, and exit 0")


class Surroundings:
    """Everything outside the program that it has to leave as it was."""

    def __init__(self, folder, mounts_stay):
        """mounts_stay: below this the program is to mount something; None: nowhere."""
        self.folder = folder
        self.mounts_stay = mounts_stay
        self.before = self.look()

    def look(self):
        reap()
        return {"mounts": self.mounts(), "loop devices": self.loops(), "children": sorted(children())}

    def mounts(self):
        """Without what a file system makes of itself when its disk fails (read-only, from then on)."""
        lines = sorted(" ".join(line.split()[:-1]) for line in read_file("/proc/self/mountinfo").splitlines())
        return [line for line in lines if not self.mounts_stay or not line.split()[4].startswith(self.mounts_stay)]

    def loops(self):
        files = {}
        for name in glob.glob("/sys/block/loop*/loop/backing_file"):
            try:
                files[name] = read_file(name).strip()
            except OSError:
                continue  # somebody's, detached meanwhile
        return sorted(name for name, file in files.items() if file.startswith(self.folder))

    def expect_same(self):
        now = in_the_end(self.look, lambda now: now == self.before)
        for pid in set(now["children"]) - set(self.before["children"]):
            os.kill(pid, signal.SIGKILL)
        for kind, found in now.items():
            left = [item for item in found if item not in self.before[kind]]
            gone = [item for item in self.before[kind] if item not in found]
            expect(not left, f"{kind} left: {left}")
            expect(not gone, f"{kind} gone: {gone}")


def children():
    """Ours, but for those that have ended."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            _, _, rest = read_file(f"/proc/{entry}/stat").rpartition(") ")
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if int(parent) == os.getpid() and state != "Z":
            yield int(entry)


def reap():
    """Orphans that have ended. Called while no child of our own is waited for elsewhere, but for servers, which run."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def expect_unlocked(path, flags=os.O_RDONLY):
    """flags: with O_EXCL a block device may not be mounted either."""
    complaint = in_the_end(lambda: in_use(path, flags), lambda complaint: not complaint)
    expect(not complaint, f"{path} is still {complaint}")


def in_use(path, flags):
    try:
        file = os.open(path, flags)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return "mounted"
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "locked"
    finally:
        os.close(file)
    return None


def snapshot(tree, *but):
    """Of every file: what is there, as whom, since when."""
    found = {}
    for folder, folders, files in os.walk(tree):
        folders[:] = [name for name in folders if f"{folder}/{name}" not in but]
        for name in (*folders, *files):
            path = f"{folder}/{name}"
            if path not in but:
                status = os.lstat(path)
                found[path] = (status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_mtime_ns,
                               status.st_nlink)
    return found

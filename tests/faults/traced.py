"""Programs under strace: which system calls a run makes, and a run in which one of them fails or brings a signal.

Of Calls, Kills and Terminations only the program's own first thread is counted and injected into; its children are
not. A run that is to do all its work in that thread is refused the others (clone fails with EAGAIN).

Workers are the other threads. Which of them copies a file is chance, and strace counts the calls of each thread apart.
So a place in a worker is the Nth call of its name that has to do with one file, whichever thread makes it.
"""
import collections
import glob
import os
import re

ALONE = ["--inject=clone:error=EAGAIN"]

# With what a call may plausibly fail. Not here: calls that cannot fail, whose failure nobody can act on (close, munmap)
# or that the C library alone makes for its threads (futex).
PLAUSIBLE = {
    "brk": ["ENOMEM"], "mmap": ["ENOMEM"], "mprotect": ["ENOMEM"], "mremap": ["ENOMEM"],
    "clone": ["EAGAIN"], "fork": ["EAGAIN", "ENOMEM"], "vfork": ["EAGAIN"], "pidfd_open": ["ENOSYS", "EMFILE"],
    "pipe2": ["EMFILE"], "memfd_create": ["EMFILE"], "poll": ["EINTR", "ENOMEM"], "wait4": ["EINTR"],
    "open": ["EMFILE", "EIO", "EACCES"], "openat": ["EMFILE", "EIO", "EACCES"],
    "openat2": ["EMFILE", "EIO", "EACCES", "ENOSYS"], "open_tree": ["EPERM", "ENOMEM"], "move_mount": ["EBUSY", "EPERM"],
    "name_to_handle_at": ["EOPNOTSUPP", "EIO"], "open_by_handle_at": ["ESTALE", "EIO"],
    "read": ["EIO", "EINTR"], "pread64": ["EIO"], "readv": ["EIO"], "getdents64": ["EIO"], "readlink": ["EIO"],
    "readlinkat": ["EIO"], "copy_file_range": ["ENOSPC", "EIO"], "sendfile": ["ENOSPC", "EIO"], "lseek": ["EIO"],
    "write": ["ENOSPC", "EIO"], "pwrite64": ["ENOSPC", "EIO"], "writev": ["ENOSPC", "EIO"], "ftruncate": ["ENOSPC"],
    "fallocate": ["ENOSPC"], "fsync": ["EIO"], "fdatasync": ["EIO"], "syncfs": ["EIO"],
    "stat": ["EIO"], "fstat": ["EIO"], "lstat": ["EIO"], "newfstatat": ["EIO"], "statx": ["EIO"], "statfs": ["EIO"],
    "fstatfs": ["EIO"], "access": ["EACCES"], "faccessat": ["EACCES"], "faccessat2": ["EACCES"],
    "mkdir": ["ENOSPC", "EIO"], "mkdirat": ["ENOSPC", "EIO"], "mknodat": ["ENOSPC"], "symlinkat": ["ENOSPC"],
    "link": ["ENOSPC"], "linkat": ["ENOSPC", "EMLINK"], "unlink": ["EIO"], "unlinkat": ["EIO"], "rmdir": ["EIO"],
    "rename": ["EIO", "ENOSPC"], "renameat": ["EIO", "ENOSPC"], "renameat2": ["EIO", "ENOSPC"],
    "fchmod": ["EIO"], "fchmodat": ["EIO"], "fchown": ["EIO", "EDQUOT"], "fchownat": ["EIO"], "utimensat": ["EIO"],
    "fgetxattr": ["EIO"], "lgetxattr": ["EIO"], "flistxattr": ["EIO"], "llistxattr": ["EIO"],
    "fsetxattr": ["ENOSPC", "EIO"], "lsetxattr": ["ENOSPC", "EIO"],
    "mount": ["EBUSY", "EPERM"], "umount2": ["EBUSY"], "unshare": ["EPERM", "ENOMEM"], "mount_setattr": ["EPERM"],
    "ioctl": ["EIO", "ENOTTY"], "flock": ["EINTR", "ENOLCK"], "fcntl": ["EMFILE"], "fchdir": ["EACCES"],
    "getrandom": ["EINTR", "ENOSYS"], "prctl": ["EINVAL"], "prlimit64": ["EPERM"], "sched_getaffinity": ["ENOSYS"],
    "setitimer": ["EINVAL"], "rt_sigaction": ["EINVAL"], "socket": ["EMFILE"], "sendmsg": ["ENOBUFS"],
    "sendto": ["ENOBUFS"], "connect": ["ECONNREFUSED"],
}

# what: an errno's name, or a signal's. file: a path, or a name as openat is given it; None: any.
Place = collections.namedtuple("Place", "call number what file", defaults=[None])


def strace(log, arguments):
    return ["strace", "--quiet=all", "--decode-fds=path", f"--output={log}", *arguments]


def counting(log, alone):
    return strace(log, ALONE if alone else [])


def injecting(log, place, alone):
    how = "signal" if place.what.startswith("SIG") else "error"
    others = ALONE if alone and place.call != "clone" else []
    return strace(log, [f"--trace={place.call}", *others, f"--inject={place.call}:{how}={place.what}:when={place.number}"])


def places_in(log):
    """Each call of the run: its place among those of its name, and its line."""
    numbers = collections.Counter()
    with open(log, errors="replace") as lines:
        for line in lines:
            if re.match(r"\w+\(", line):
                call = line.partition("(")[0]
                numbers[call] += 1
                yield Place(call, numbers[call], None), line


def injected_in(log, place):
    """The line of the injected call; None where the run did not come so far."""
    with open(log, errors="replace") as lines:
        found = [line.strip() for line in lines if line.startswith(f"{place.call}(")]
    return found[place.number - 1] if len(found) >= place.number else None


# The other threads of the program: strace writes a log for each.

def following(log, *arguments):
    for old in glob.glob(f"{log}.*"):
        os.unlink(old)
    return strace(log, ["-ff", *arguments])


def injecting_by_file(log, place):
    return following(log, f"--trace={place.call}", f"--trace-path={place.file}",
                     f"--inject={place.call}:error={place.what}:when={place.number}")


def worker_logs(log):
    """Those of the threads of the first process, without its first thread's."""
    threads = set()
    for path in glob.glob(f"{log}.*"):
        with open(path, errors="replace") as lines:
            threads |= set(re.findall(r"^clone\(.*CLONE_THREAD.* = (\d+)$", lines.read(), re.MULTILINE))
    return sorted(path for path in glob.glob(f"{log}.*") if path.rpartition(".")[2] in threads)


def places_in_workers(log):
    """Each call of a worker that has to do with a file."""
    for path in worker_logs(log):
        numbers = collections.Counter()
        with open(path, errors="replace") as lines:
            for line in lines:
                found = re.match(r'(?:openat\([^,]*, "([^"]+)"|\w+\(\d+<(/[^>]*)>)', line)
                if found:
                    call, file = line.partition("(")[0], found[1] or found[2]
                    numbers[call, file] += 1
                    yield Place(call, numbers[call, file], None, file)


def injected_in_worker(log):
    """The line of the injected call; None where it was the first thread, or nobody, that made it."""
    for path in sorted(glob.glob(f"{log}.*"), key=lambda path: int(path.rpartition(".")[2]))[1:]:
        with open(path, errors="replace") as lines:
            for line in lines:
                if "(INJECTED)" in line:
                    return line.strip()
    return None


def failing(place):
    """The place, once with each errno."""
    return [place._replace(what=error) for error in PLAUSIBLE.get(place.call, [])]


def signalled(place, name):
    """A signal may come with any call, but the first, which is strace's, and the last."""
    return [] if place.call in ("execve", "exit_group") else [place._replace(what=name)]

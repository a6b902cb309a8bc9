"""The kinds of faults. A kind lists its faults for a run, each with a name that makes it again; a fault carries the run
out and says what the outcome has to be like, beyond what error_runs judge."""
import contextlib
import os
import re
import signal
import time

import traced
from aftermath import carry_out, check_lines
from failing_disk import FailingDisk
from machine_room import BINARY, attempt, expect
from padded_image import PADDING
from traced import Place

HANDLER = "rt_sigaction(SIGTERM, {sa_handler=0x"  # from here on the program has something to say to SIGTERM
# libselinux takes a failed read of its texts for their end. FileContexts::of_image() has read them just before, so a
# disk shows its error there.
UNSEEN = re.compile(r"^(read|readv)\(\d+<[^>]*/contexts/files/file_contexts[^>]*>, (.*, 1024\)|\[)")


class Fault:
    group = ""  # of the faults of a group a short run tries the first and the last

    def __init__(self, name):
        self.name = name
        self.text = ""  # what was hit, for people

    @contextlib.contextmanager
    def attached(self, subject):
        """The run's disk."""
        if subject.disk is None:
            yield None
            return
        with subject.disk.attached() as device:
            yield device

    def check(self, outcome, subject):
        check_lines(outcome, subject)


# The Nth system call.

class Call(Fault):
    """It fails, or a signal comes with it."""

    def __init__(self, place, alone, handled):
        super().__init__(f"{place.call}:{place.number}:{place.what}")
        self.group = f"{place.call}:{place.what}"
        self.place = place
        self.alone = alone
        self.handled = handled

    def carry_out(self, subject):
        log = f"{subject.folder}/strace"
        outcome = carry_out(traced.injecting(log, self.place, self.alone) + subject.command(), subject.folder)
        self.text = traced.injected_in(log, self.place)
        return outcome if self.text else None

    def check(self, outcome, subject):
        if self.place.what == "SIGKILL":
            return expect(outcome.exit == -signal.SIGKILL, f"exit {outcome.exit}")
        if self.place.what == "SIGTERM":
            return self.check_terminated(outcome, subject)
        if "(2<" in self.text and self.place.call in ("write", "fstat", "newfstatat"):
            return expect(outcome.exit >= 0, f"ended by signal {-outcome.exit}")  # its line was what failed
        return super().check(outcome, subject)

    def check_terminated(self, outcome, subject):
        if not self.handled:
            return expect(outcome.exit in (-signal.SIGTERM, 1), f"exit {outcome.exit}")
        lines = [line.text for line in outcome.lines if line.severity is None]
        expect(outcome.exit == 1, f"exit {outcome.exit}")
        expect(len(lines) == 1 and lines[0].startswith(f"{subject.applet}: ") and "interrupted" in lines[0],
               f"said {lines}")


class Calls:
    """Each system call of the run fails, with each errno that is plausible."""
    name = "calls"
    budget = 6

    def faults(self, subject, alone=True):
        log = f"{subject.folder}/strace"
        outcome = undisturbed(subject, Fault(""), lambda: carry_out(traced.counting(log, alone) + subject.command(),
                                                                     subject.folder))
        expect(outcome.exit == 0, f"without a fault: exit {outcome.exit}: {outcome.stderr}")
        begun, handled, faults = False, False, []
        for place, line in traced.places_in(log):
            begun = begun or place.call == "set_tid_address"  # until then it is musl's, which can only crash
            faults += [] if not begun else [Call(one, alone, handled)
                                              for one in self.at(place, line)]
            handled = handled or line.startswith(HANDLER)
        return faults

    def at(self, place, line):
        return [] if UNSEEN.match(line) else traced.failing(place)


class Kills(Calls):
    """SIGKILL at each system call."""
    name = "kill"
    budget = 2

    def at(self, place, _):
        return traced.signalled(place, "SIGKILL")


class Terminations(Calls):
    """SIGTERM at each system call."""
    name = "term"
    budget = 2

    def at(self, place, _):
        return traced.signalled(place, "SIGTERM")


class WorkerCall(Call):
    """One of a worker fails. Reached only where it was a worker that made it."""

    def __init__(self, place, folder):
        super().__init__(place, alone=False, handled=True)
        self.name += "@" + place.file.removeprefix(folder)

    def carry_out(self, subject):
        log = f"{subject.folder}/strace"
        outcome = carry_out(traced.injecting_by_file(log, self.place) + subject.command(), subject.folder)
        self.text = traced.injected_in_worker(log)
        return outcome if self.text else None


class Workers:
    """Each system call on a file that a worker thread makes fails, with each errno that is plausible."""
    name = "workers"
    budget = 4

    def faults(self, subject):
        log = f"{subject.folder}/strace"
        outcome = undisturbed(subject, Fault(""), lambda: carry_out(traced.following(log) + subject.command(),
                                                                     subject.folder))
        expect(outcome.exit == 0, f"without a fault: exit {outcome.exit}: {outcome.stderr}")
        found = [WorkerCall(one, subject.folder) for place in traced.places_in_workers(log)
                 for one in traced.failing(place)]
        return list({fault.name: fault for fault in found}.values())


def undisturbed(subject, fault, work):
    subject.arrange()
    with fault.attached(subject) as device, subject.standing(device):
        return work()


# The Nth request of the disk.

class Request(Fault):
    def __init__(self, kind, number, forever):
        super().__init__(f"{kind}:{number}" + (":gone" if forever else ""))
        self.group = kind
        self.kind, self.number, self.forever = kind, number, forever

    @contextlib.contextmanager
    def attached(self, subject):
        with FailingDisk(subject.disk.path, subject.folder, PADDING, subject.disk.size) as self.disk:
            yield self.disk.device

    def carry_out(self, subject):
        self.disk.fail(self.kind, self.number, self.forever)
        outcome = carry_out(subject.command(), subject.folder)
        reached = self.disk.failed()
        self.disk.mend()
        return outcome if reached else None


class Requests:
    """Each read, write and flush of the disk fails once."""
    name = "requests"
    budget = 3
    kinds = ("read", "write", "flush")
    forever = False

    def faults(self, subject):
        if subject.disk is None:
            return []
        counting = Request("read", 1 << 62, False)
        before = after = None

        def work():
            nonlocal before, after
            before = counting.disk.counts()
            outcome = carry_out(subject.command(), subject.folder)
            after = counting.disk.counts()
            return outcome
        outcome = undisturbed(subject, counting, work)
        expect(outcome.exit == 0, f"on a disk served by hand: exit {outcome.exit}: {outcome.stderr}")
        return [Request(kind, number, self.forever) for kind in self.kinds
                for number in range(1, after[kind] - before[kind] + 1)]


class Unplugged(Requests):
    """From the Nth request on every one fails."""
    name = "unplugged"
    budget = 3
    kinds = ("read", "write")
    forever = True


# Memory.

class Memory(Fault):
    def __init__(self, limit, size):
        super().__init__(f"{limit}:{size >> 10}K")
        self.group = limit
        self.limits = [f"--{limit}={size}"]

    def carry_out(self, subject):
        return carry_out(["prlimit", *self.limits, *subject.command()], subject.folder)


class LittleMemory:
    """Less and less memory, from what is enough down to what --version needs."""
    name = "memory"
    budget = 3
    step = 128 << 10

    def faults(self, subject):
        found = []
        for limit in ("as", "data"):
            least = next(size for size in range(self.step, 1 << 30, self.step)
                         if attempt("prlimit", f"--{limit}={size}", BINARY, "--version").returncode == 0)
            enough = False
            while not enough:
                fault = Memory(limit, least)
                found.append(fault)
                enough = undisturbed(subject, fault, lambda: fault.carry_out(subject)).exit == 0
                least += max(self.step, least // 8 & ~4095)
        return found


# The tool that the applet needs.

class Tool(Fault):
    """`script` in its place; None: there is none. It ends by itself, or `signal` ends the run, and the run ends it."""

    def __init__(self, name, script, says, signal=None):
        super().__init__(name)
        self.script = script
        self.says = says
        self.signal = signal

    def carry_out(self, subject):
        with subject.tool_replaced(self.script and f"#!/bin/sh\n{self.script}\n") as environment:
            return carry_out(subject.command(), subject.folder, environment, self.end if self.signal else None)

    def end(self, process):
        time.sleep(2)
        expect(process.poll() is None, "ended before the tool did")
        process.send_signal(self.signal)

    def check(self, outcome, subject):
        last = outcome.lines[-1].text if outcome.lines else ""
        expect(outcome.exit == self.exit(subject), f"exit {outcome.exit}")
        expect(last.startswith(f"{subject.applet}: ") and self.says.replace("TOOL", subject.tool) in last,
               f"does not say {self.says!r}")
        if not self.signal:
            check_lines(outcome, subject)

    def exit(self, subject):
        return subject.exit_without_tool if self.script is None else 1


class Tools:
    """The tool is missing, fails, does nothing, hangs, prints without end."""
    name = "tools"
    budget = 3

    def faults(self, subject):
        if not subject.tool:
            return []
        found = [Tool("missing", None, "TOOL"),
                 Tool("failing", "echo 'the reason' >&2; exit 7", "7"),
                 Tool("killed", "kill -KILL $$", "signal 9"),
                 *([Tool("idle", "exit 0", subject.idle_tool_says)] if subject.idle_tool_says else [])]
        endless = [("hanging", "exec sleep 600")]
        if not subject.tool_speaks:
            endless.append(("printing", "exec yes 'and so on'"))
        for name, script in endless:
            found.append(Tool(f"{name}-terminated", script, "interrupted", signal.SIGTERM))
            if subject.tool_limit:
                found.append(Tool(f"{name}-limited", script, "did not end within"))
        return found


# Space.

class Space(Fault):
    """The disk is so big."""

    def __init__(self, size):
        super().__init__(f"{size >> 20}M")
        self.size = size

    @contextlib.contextmanager
    def attached(self, subject):
        subject.resize(self.size)
        with subject.disk.attached() as device:
            yield device

    def carry_out(self, subject):
        return carry_out(subject.command(), subject.folder)

    def check(self, outcome, subject):
        super().check(outcome, subject)
        if outcome.exit == 1:
            expect("No space left on device" in outcome.errors()[0], "does not say that there is no space")
        if outcome.exit == 3:
            expect("too small" in outcome.errors()[0], "does not say that it is too small")


class LittleSpace:
    """Disks from the smallest that is taken up to the first that is enough; then the same disk, grown."""
    name = "space"
    budget = 2
    step = 4 << 20

    def faults(self, subject):
        return [Space(size) for size in subject.sizes(self.step)]


KINDS = (Calls, Workers, Kills, Terminations, Requests, Unplugged, LittleMemory, LittleSpace, Tools)

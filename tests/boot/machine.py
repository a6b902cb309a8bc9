"""A system (system.py) running in QEMU: its console, a root shell and its plug.

    with Machine(system, disk, log) as machine:
        machine.wait_until_up()
        print(machine.run("findmnt /var"))
        machine.console.wait(r"login: ")
        machine.cut_power()

Everything waits for an event, nothing sleeps. A text that does not come in time, a kernel panic, a command that
fails and a QEMU that ends unasked raise Failure, whose text ends with what the console said last. However a test
ends, its QEMU ends with it: the context manager kills it, and so does the kernel when the test itself is killed.

QEMU emulates (TCG) where there is no KVM, so time limits are generous: AIMEE_BOOT_PATIENCE multiplies them. AIMEE_BOOT_MIPS
makes the machine a slow one (system.py).
"""
import codecs
import os
import re
import selectors
import socket
import subprocess
import time

from power_loss import blockdev_options
from system import SLOWNESS

PATIENCE = float(os.environ.get("AIMEE_BOOT_PATIENCE", "1")) * SLOWNESS
BOOT_TIMEOUT = 240
TELL_TROUBLE = "systemctl --no-pager --failed; journalctl --boot --priority warning --output short-monotonic --lines 40"
ESCAPE_SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|[=>78cDEHMNOZ])")


class Failure(Exception):
    """What the tests were to find and did not."""


class Channel:
    """One byte stream of the machine: a serial port or QMP. `text` is all that came, without escape sequences."""

    def __init__(self, machine, name, log=None):
        self.machine = machine
        self.name = name
        self.ours, self.qemus = socket.socketpair()
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.raw = ""
        self.text = ""
        self.position = 0  # what wait() has passed
        self.closed = False
        self.log = log

    def receive(self):
        try:
            data = self.ours.recv(65536)
        except ConnectionResetError:
            data = b""
        if not data:
            self.closed = True
            return
        if self.log:
            self.log.write(data)
            self.log.flush()
        self.raw += self.decoder.decode(data)
        self.text = ESCAPE_SEQUENCE.sub("", self.raw).replace("\r", "")

    def send(self, line):
        self.ours.sendall(line.encode() + b"\n")

    def wait(self, pattern, timeout=BOOT_TIMEOUT):
        """Waits for what comes next and matches; a later wait looks behind it. Returns the match."""
        expression = re.compile(pattern, re.MULTILINE)
        self.machine.pump_until(lambda: expression.search(self.text, self.position), timeout,
                                f"{self.name}: no text matches {pattern!r}")
        match = expression.search(self.text, self.position)
        self.position = match.end()
        return match

    def seen(self, pattern):
        return re.search(pattern, self.text, re.MULTILINE)


def free_port():
    with socket.socket() as port:
        port.bind(("127.0.0.1", 0))
        return port.getsockname()[1]


class Machine:
    """system: a System. disk: the image to run on, changed. log: gets all of the console. arguments: for
    the kernel's command line. record: a file that gets all writes to the disk, see power_loss."""

    def __init__(self, system, disk, log, arguments="", record=None):
        self.started = time.monotonic()
        self.log = open(log, "wb")
        self.selector = selectors.DefaultSelector()
        self.console = self.open_channel("console", self.log)
        self.shell = self.open_channel("shell")
        self.qmp = self.open_channel("qmp")
        self.shell_is_ready = False
        self.commands = 0
        self.ssh_port = free_port()
        channels = (self.console, self.shell, self.qmp)
        self.qemu = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *self.command_line(system, disk, arguments, record)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=[c.qemus.fileno() for c in channels])
        for channel in channels:
            channel.qemus.close()
        self.qmp.send('{"execute": "qmp_capabilities"}')

    def command_line(self, system, disk, arguments, record):
        def port(channel):
            return f"socket,id={channel.name},fd={channel.qemus.fileno()}"

        return [
            *system.run_options(disk, arguments, blockdev_options(disk, record) if record else None),
            # The machine sees no network but QEMU's own, with one door, for ssh.
            "-netdev", f"user,id=network,restrict=on,hostfwd=tcp:127.0.0.1:{self.ssh_port}-:22",
            "-chardev", port(self.console), "-serial", "chardev:console",
            "-chardev", port(self.shell), *system.shell_options("shell"),
            "-chardev", port(self.qmp), "-mon", "chardev=qmp,mode=control",
        ]

    def open_channel(self, name, log=None):
        channel = Channel(self, name, log)
        self.selector.register(channel.ours, selectors.EVENT_READ, channel)
        return channel

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.qemu.kill()
        self.qemu.wait()
        self.qemu.stderr.close()
        for channel in (self.console, self.shell, self.qmp):
            channel.ours.close()
        self.selector.close()
        self.log.close()

    # Waiting.

    def pump_until(self, done, timeout, complaint):
        """Takes in what every channel says until done() is true."""
        end = time.monotonic() + timeout * PATIENCE
        while not done():
            if self.console.seen(r"Kernel panic"):
                raise self.failure("the kernel panicked")
            if self.is_off():
                raise self.failure(f"{complaint}, and QEMU ended: {self.qemu.stderr.read().decode().strip()}")
            remaining = end - time.monotonic()
            if remaining <= 0:
                raise self.failure(f"{complaint} within {timeout * PATIENCE:.0f} s")
            for key, _ in self.selector.select(min(remaining, 1)):
                key.data.receive()
                if key.data.closed:
                    self.selector.unregister(key.fileobj)

    def let_run(self, seconds):
        """For a cut at a moment of no meaning."""
        end = time.monotonic() + seconds
        self.pump_until(lambda: time.monotonic() >= end, seconds + 1, "unreachable")

    def failure(self, text):
        last = "\n".join("    | " + line for line in self.console.text.splitlines()[-25:])
        return Failure(f"{text}; the console's last lines:\n{last}")

    def seconds(self):
        return time.monotonic() - self.started

    # The root shell on the second serial port, see test-shell.

    def wait_for_shell(self, timeout=BOOT_TIMEOUT):
        if not self.shell_is_ready:
            self.shell.wait("^test-shell is ready$", timeout)
            self.shell_is_ready = True

    def expect_restart(self):
        """To be called before the machine restarts: the next shell is a new one."""
        self.shell_is_ready = False

    def try_run(self, command, timeout=60):
        """Runs a command of one line; returns its status and its output, errors included."""
        self.wait_for_shell()
        self.commands += 1
        mark = f"END-OF-COMMAND-{self.commands}"
        begin = self.shell.position
        self.shell.send(f"{mark} {command}")
        match = self.shell.wait(rf"{mark} (\d+)\n", timeout)
        return int(match[1]), self.shell.text[begin:match.start()].strip("\n")

    def run(self, command, timeout=60):
        status, output = self.try_run(command, timeout)
        if status:
            raise self.failure(f"`{command}` ends with {status}: {output}")
        return output

    def wait_until_up(self, timeout=BOOT_TIMEOUT):
        """Waits for the end of the boot; every unit must be well. Returns the seconds since power-on."""
        self.wait_for_shell(timeout)
        state = self.try_run("systemctl is-system-running --wait", timeout)[1]
        seconds = self.seconds()
        if state != "running":
            raise self.failure(f"the system is {state}:\n{self.try_run(TELL_TROUBLE)[1]}")
        return seconds

    # Power.

    def cut_power(self):
        """Pulls the plug: nothing of the machine gets a chance to react."""
        self.qmp.send('{"execute": "quit"}')
        self.wait_for_power_off(30)

    def power_off(self, timeout=BOOT_TIMEOUT):
        self.shell.send("OFF systemctl poweroff")
        self.wait_for_power_off(timeout)

    def wait_for_power_off(self, timeout=BOOT_TIMEOUT):
        """Waits for QEMU's end and takes in all that the console still says."""
        self.pump_until(self.is_off, timeout, "the machine is still on")
        self.qemu.wait()

    def is_off(self):
        return all(channel.closed for channel in (self.console, self.shell, self.qmp))

"""What a test boots: a folder that make-system or the image builder made, and how QEMU runs it.

The builder's folder says so in boot.env (kernel, initramfs, disk, command line, architecture, number of the data
partition); make-system's has fixed names and is for amd64.
"""
import math
import os
import re
import shlex

# AIMEE_BOOT_MIPS=N: the machine's processors do N million instructions a second by its own clock, however busy this machine is.
# What is bounded by time, or comes in another order on a slow processor, is so then, and in little more of this machine's time.
SPEED = float(os.environ.get("AIMEE_BOOT_MIPS", "0"))
# For an emulated machine on a busy host: the kernel takes a late timer for a broken one and panics, and systemd gives
# up after 90 s. The tests' own time limits decide. How long a slow machine waits for its disk is the appliance's to say.
NO_HURRY = "no_timer_check systemd.default_timeout_start_sec=1h"
if not SPEED:
    NO_HURRY += " systemd.default_device_timeout_sec=1h"
# What a slow one takes of this machine's time, as measured.
SLOWNESS = 1 + 16 / SPEED if SPEED else 1


def has_virtualization():
    """The processor's own. Without it /dev/kvm, where there is one, is that of pvm: it opens and starts, and stops at the first
    instruction of Debian's kernel that it does not know."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as cpuinfo:
        return re.search(r"^flags\s*:.*\b(vmx|svm)\b", cpuinfo.read(), re.MULTILINE)


class System:
    def __init__(self, folder):
        settings = {"ARCH": "amd64", "KERNEL": "vmlinuz", "INITRD": "initrd", "DISK": "disk.img",
                    "CMDLINE": "console=ttyS0", "DATA_PARTITION": "2"}
        if os.path.exists(f"{folder}/boot.env"):
            with open(f"{folder}/boot.env", encoding="utf-8") as lines:
                settings |= dict(setting.split("=", 1) for setting in shlex.split(lines.read()))
        self.folder = folder
        self.architecture = settings["ARCH"]
        self.kernel = f"{folder}/{settings['KERNEL']}"
        self.initrd = f"{folder}/{settings['INITRD']}"
        self.disk = f"{folder}/{settings['DISK']}"
        self.command_line = settings["CMDLINE"]
        self.data_partition = int(settings["DATA_PARTITION"])
        self.data_device = f"/dev/vda{self.data_partition}"
        self.is_enforcing = "enforcing=1" in self.command_line.split()

    def machine_options(self):
        """QEMU's program and the machine it emulates; the first serial port is the console."""
        # An instruction takes 2^shift nanoseconds; counting them needs one thread.
        slowly = ["-icount", f"shift={max(0, round(math.log2(1000 / SPEED)))}"] if SPEED else []
        if self.architecture == "arm64":
            threads = "single" if SPEED else "multi"
            return ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-accel", f"tcg,thread={threads}", *slowly]
        kvm = ["-accel", "kvm"] if has_virtualization() and not SPEED else []  # QEMU takes the next where it cannot have this one
        # One thread for both processors: with a thread each, QEMU before 8.1 now and then runs code that the kernel has
        # just patched ("Oops: int3"; ClangBuiltLinux/boot-utils issue 111), and Debian 12 has 7.2.
        return ["qemu-system-x86_64", "-machine", "q35", *kvm, "-accel", "tcg,thread=single", "-cpu", "max", *slowly]

    def run_options(self, disk, arguments="", blockdev=None):
        """All but the ports and the netdev "network": the machine on the image `disk`, or on the options `blockdev` for its node "disk";
        arguments: for the kernel's command line."""
        return [
            *self.machine_options(), "-nodefaults", "-no-user-config", "-display", "none", "-smp", "2", "-m", "1024",
            "-kernel", self.kernel, "-initrd", self.initrd,
            "-append", f"{self.command_line} {NO_HURRY} {arguments}",
            *(blockdev or ["-blockdev", f"driver=file,node-name=disk,filename={disk},discard=unmap"]),
            "-device", "virtio-blk-pci,drive=disk,serial=aimee-test",
            "-device", "virtio-rng-pci",
            "-device", "virtio-net-pci,netdev=network",
        ]

    def shell_options(self, chardev):
        """The port of test-shell. This machine of arm64 has one serial port, and a second on PCI."""
        if self.architecture == "arm64":
            return ["-device", f"pci-serial,chardev={chardev}"]
        return ["-serial", f"chardev:{chardev}"]

"""What a test boots: a folder that make-system or the image builder made, and how QEMU runs it.

The builder's folder says so in boot.env (kernel, initramfs, disk, command line, architecture, number of the data
partition); make-system's has fixed names and is for amd64.
"""
import os
import re
import shlex

# For an emulated machine on a busy host: the kernel takes a late timer for a broken one and panics, and systemd gives
# up after 90 s. The tests' own time limits decide.
NO_HURRY = "no_timer_check systemd.default_timeout_start_sec=1h systemd.default_device_timeout_sec=1h"


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
        if self.architecture == "arm64":
            return ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-accel", "tcg,thread=multi"]
        kvm = ["-accel", "kvm"] if has_virtualization() else []  # QEMU takes the next where it cannot have this one
        # One thread for both processors: with a thread each, QEMU before 8.1 now and then runs code that the kernel has
        # just patched ("Oops: int3"; ClangBuiltLinux/boot-utils issue 111), and Debian 12 has 7.2.
        return ["qemu-system-x86_64", "-machine", "q35", *kvm, "-accel", "tcg,thread=single", "-cpu", "max"]

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

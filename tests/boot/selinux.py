"""What SELinux has to say of a machine: its denials, the labels of its volume, the domains of the applets.

Boot with ARGUMENTS, or the kernel leaves denials out of its log without a word.
"""
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager

from machine import Failure

ARGUMENTS = "sysctl.kernel.printk_ratelimit=0 log_buf_len=8M audit_backlog_limit=8192"
# Record types without an audit daemon: AVC, SELINUX_ERR, USER_AVC, USER_SELINUX_ERR.
RECORD = re.compile(r"type=(1400|1401|1107|1108)\b")
GRANTED = re.compile(r"avc: +granted")
INCOMPLETE = re.compile(r"audit_lost=[1-9]|rate limit exceeded|audit: backlog limit exceeded|callbacks suppressed")
# The applets that systemd starts at every first boot, and the program that it does so by.
STARTED_AT_BOOT = {"init-storage": "init-storage", "relabel-var": "aimee", "writable-etc": "writable-etc",
                   "ssh-hostkey-gen": "ssh-hostkey-gen"}


def domain_of(applet):
    return f"aimee_{applet.replace('-', '_')}_t"


def denials(machine):
    """Everything that SELinux denied since power-on, a line each; none is lost, or this fails."""
    log = machine.run("dmesg")
    if lost := INCOMPLETE.search(log):
        raise Failure(f"the list of denials is incomplete: {lost[0]}")
    if not re.search(r"SELinux: +policy capability|audit: type=1403", log):
        raise Failure("the kernel log has no sign of an SELinux policy: it begins too late, or there is none")
    return denials_in(log)


def denials_on_the_console(machine):
    """Also those of a shutdown, after which nobody can be asked."""
    return denials_in(machine.console.text)


def denials_in(log):
    return [line for line in log.splitlines() if RECORD.search(line) and not GRANTED.search(line)]


def domain_of_unit(machine, process):
    """The domain in which systemd last started `process` for a unit: the policy has that audited. (The journal's
    _SELINUX_CONTEXT is systemd's own for the first second of a unit's output.)"""
    name = f"({process[-8:]})"  # what systemd calls the child that becomes it
    started = re.findall(rf'avc: +granted +{{ transition }} .*comm="{re.escape(name)}" .*tcontext=\S+:(aimee_\w+):',
                         machine.run("dmesg"))
    if not started:
        raise Failure(f"systemd has started no {process} in a domain of aimee's")
    return started[-1]


def domain_of_process(machine, pid):
    return machine.run(f"tr -d '\\0' </proc/{pid}/attr/current").strip().split(":")[2]


def domain_of_command(machine, command):
    """The domain of a command that writes to standard output, started by root's shell. It is held up by a pipe that
    is full and that nobody reads, looked at, and killed."""
    return machine.run(
        "exec 3> >(exec sleep infinity); reader=$!; head -c 65536 /dev/zero >&3; "
        f"{command} >&3 2>&1 </dev/null & writer=$!; "
        "until grep -qs pipe_write /proc/$writer/wchan || ! kill -0 $writer; do sleep 0.1; done; "
        "tr -d '\\0' </proc/$writer/attr/current; kill -9 $writer $reader").strip().split(":")[2]


def output_of(*command):
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode:
        raise Failure(f"{command[0]} ends with {ended.returncode}: {ended.stderr.strip()}")
    return ended.stdout


def image_file_contexts(system, folder):
    """The text of the image's file contexts in `folder`: what a compiled one says too, in a form of any version."""
    slot_a = "2"
    start = int(output_of("partx", "--noheadings", "--nr", slot_a, "--output", "START", system.disk)) * 512
    output_of("unsquashfs", "-quiet", "-no-progress", "-no-xattrs", "-offset", str(start), "-dest", f"{folder}/image",
              system.disk, "etc/selinux")
    contexts = f"{folder}/image/etc/selinux/default/contexts/files"
    output_of("find", contexts, "-name", "*.bin", "-delete")
    return f"{contexts}/file_contexts"


@contextmanager
def mounted(disk, extent):
    """The volume of a machine that is off, mounted read-only as `var` in the folder that this gives."""
    folder = tempfile.mkdtemp(prefix="aimee-volume-")
    try:
        os.mkdir(f"{folder}/var")
        options = f"loop,ro,offset={extent.start},sizelimit={extent.size}"
        output_of("mount", "-t", "btrfs", "-o", options, disk, f"{folder}/var")
        try:
            yield folder
        finally:
            output_of("umount", f"{folder}/var")
    finally:
        shutil.rmtree(folder)


def wrong_labels(test):
    """Files of the volume of a machine that is off whose type is not what the image's policy says, a line each, and
    how many files were looked at."""
    with tempfile.TemporaryDirectory(prefix="aimee-contexts-") as folder:
        contexts = image_file_contexts(test.system, folder)
        with mounted(test.disk, test.extent_of_data_volume()) as root:
            # setfiles stops where a subvolume begins, whose root is number 256.
            subvolumes = output_of("find", f"{root}/var", "-type", "d", "-inum", "256").splitlines()
            files = output_of("find", f"{root}/var", "-printf", "x")
            told = output_of("setfiles", "-n", "-v", "-r", root, contexts, *subvolumes)
            return [line for line in told.splitlines() if "relabel" in line], len(files)

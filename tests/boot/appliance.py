"""What is true of every appliance that is up, and what its owner can do at the console."""
import re

from scenario import expect

# What the console of a device without a password asks.
OFFER = r"This device has no password for root\. Set one now\? \[y/N\] "
# Each path of the image's /var with its type, mode and owner.
LIST = "(cd {} && find . -mindepth 1 -printf '%P %y %m %U:%G\\n' | sort)"
IMAGE = "/run/image"  # the root once more, without what is mounted over its /var


def check_var(machine, device="/dev/vda2"):
    """/var is a committed volume of aimee's, and everything of the image's /var is in it. Returns the UUID."""
    mounted = machine.run("findmnt -no FSTYPE,SOURCE /var").split()
    expect(mounted == ["btrfs", device], f"/var is {mounted}")
    uuid = machine.run("btrfs filesystem show /var | sed -n 's/.*uuid: //p'")
    expect(uuid[14] == "8" and "61696d6565" in uuid, f"aimee did not make the volume: UUID {uuid}")
    label = machine.run("btrfs filesystem label /var")
    expect(label == "aimee-data", f"the volume is not committed: label {label}")

    subvolumes = machine.run("btrfs subvolume list -o /var | sed 's/.* path //'").split()
    expect({"etc", "log", "tmp"} <= set(subvolumes), f"the subvolumes are {subvolumes}")

    # SELinux has another domain for mount(8), which the shell of the tests may not enter; for BusyBox's it has none.
    busybox = machine.run("command -v busybox || true")
    machine.run(f"mkdir {IMAGE} && {busybox} mount --bind / {IMAGE}")
    missing = machine.run(f"comm -23 <{LIST.format(IMAGE + '/var')} <{LIST.format('/var')}")
    expect(not missing, f"of the image's /var, /var has not, or not so:\n{missing}")
    different = machine.run(f"diff -rq --no-dereference --exclude=wtmp --exclude=btmp --exclude=lastlog {IMAGE}/var /var | grep -v '^Only in /var' || true")
    expect(not different, f"files of /var are not the image's: {different}")
    machine.run(f"{busybox} umount {IMAGE} && rmdir {IMAGE}")

    scrubbed = machine.run("btrfs scrub start -B /var")
    expect("no errors found" in scrubbed, f"btrfs finds damage: {scrubbed}")
    return uuid


# Whoever reads /etc/machine-id while systemd unmounts it keeps its bind mount busy: systemd tells so, goes on, and
# unmounts it once more at its end. Seen once in some twenty shutdowns of a busy machine.
BUSY_AT_SHUTDOWN = "Failed unmounting etc-machine\\x2did.mount"


def nothing_failed_on_the_console(machine):
    failed = [line for line in re.findall(r"^\[FAILED\].*", machine.console.text, re.MULTILINE)
              if BUSY_AT_SHUTDOWN not in line]
    expect(not failed, "on the console:\n" + "\n".join(failed))


def log_in(machine, password, host_name="aimee-test"):
    console = machine.console
    console.wait(f"{host_name} login: ")
    begin = console.position
    console.send("root")
    console.wait("Password: ")
    console.send(password)
    console.wait("# ")
    console.send("echo logged in as $(id -un)")
    console.wait("^logged in as root$")
    complaint = re.search(r"^.*(unrecognized option|invalid option|not found|^Usage: ).*$",
                          console.text[begin:console.position], re.MULTILINE)
    expect(not complaint, f"the login's own commands complain: {complaint and complaint[0]}")

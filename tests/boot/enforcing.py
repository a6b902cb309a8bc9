"""What holds of an appliance whose SELinux enforces."""
from appliance import OFFER, check_var, nothing_failed_on_the_console
from scenario import expect
from selinux import (STARTED_AT_BOOT, denials, denials_on_the_console, domain_of, domain_of_command, domain_of_process,
                     domain_of_unit)

KEYS = {"ed25519", "ecdsa", "rsa"}


def nothing_was_denied(machine):
    denied = denials(machine)
    expect(not denied, "SELinux denied:\n" + "\n".join(denied))


def nothing_was_denied_to_the_end(machine):
    """Of a machine that is off, with whatever happened while it went down."""
    denied = denials_on_the_console(machine)
    expect(not denied, "SELinux denied, as the console tells:\n" + "\n".join(denied))


def turn_off(machine):
    """Shuts it down and expects no word of trouble until the end, or during a restart before."""
    nothing_was_denied(machine)
    machine.power_off()
    nothing_failed_on_the_console(machine)
    nothing_was_denied_to_the_end(machine)


def no_ordering_cycle(machine):
    cycles = machine.try_run("journalctl --boot --quiet --grep 'ordering cycle'")[1]
    expect(not cycles, f"units are ordered in a cycle: {cycles}")


def comes_to_the_offer(machine):
    """The console of a device without a password; what is asked waits for its answer."""
    machine.console.wait(OFFER)
    pid = machine.run("systemctl show --property MainPID --value 'serial-getty@*.service'")
    domain = domain_of_process(machine, pid)
    expect(domain == domain_of("set-root-password"), f"the console's offer runs in {domain}")


def every_applet_has_its_domain(machine):
    for applet, process in STARTED_AT_BOOT.items():
        domain = domain_of_unit(machine, process)
        expect(domain == domain_of(applet), f"{applet}'s unit ran it in {domain}")
    for command in ["init-storage --dry-run", "factory-reset --status", "aimee relabel-var --dry-run",
                    "aimee rescue-console --dry-run", "set-root-password --dry-run", "ssh-hostkey-gen --json",
                    "writable-etc --json"]:
        applet = command.removeprefix("aimee ").split()[0]
        domain = domain_of_command(machine, command)
        expect(domain == domain_of(applet), f"`{command}` of root's shell ran in {domain}")
    domain = domain_of_command(machine, "aimee status")
    expect(domain == "unconfined_t", f"`aimee status` ran in {domain}, and not where it was started")


def storage_is_in_place(test, machine):
    check_var(machine, test.system.data_device)
    grown = int(machine.run(f"blockdev --getsize64 {test.system.data_device}"))
    disk = int(machine.run("blockdev --getsize64 /dev/vda"))
    expect(grown > test.volume.size and disk - grown < disk / 2, f"the partition has {grown} of the disk's {disk} bytes")
    used = int(machine.run("btrfs filesystem usage --raw /var | sed -n 's/.*Device size:[^0-9]*//p'"))
    expect(used > 0.99 * grown, f"the file system has {used} of the partition's {grown} bytes")
    expect(machine.run("stat -c %i /etc/shadow") == machine.run("stat -c %i /var/etc/shadow"), "shadow is not the store's")
    for key in KEYS:
        machine.run(f"ssh-keygen -lf /var/lib/ssh/ssh_host_{key}_key")

"""The console of an appliance whose storage fails: rescue-console's."""

CHOICE = r"Your choice \(.*\), then Enter: "


def waits_for_a_choice(machine, reason):
    machine.console.wait("This device cannot start: its storage")
    machine.console.wait(reason)
    machine.console.wait(CHOICE)

"""When something was begun and when it was done, in entries of the log."""


class Phase:
    """with Phase(disk) as phase: …; then a state is before, during or after it."""

    def __init__(self, disk):
        self.disk = disk

    def __enter__(self):
        self.begun = self.disk.entries()
        return self

    def __exit__(self, *_):
        self.done = self.disk.entries()

    def may_have_begun(self, state):
        return state.moment > self.begun

    def is_durable(self, state):
        """What ended with a flush is on the disk."""
        return state.since >= self.done

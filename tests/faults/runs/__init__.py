"""The runs of the campaign."""


class Run:
    """make() prepares `before`, the disk to begin with; record(disk) does what is recorded; judge(state, image) looks at one
    state after a power cut and raises machine_room.Wrong where a promise is broken."""

    cuts = 1          # so many, each in what follows the one before; the states after the last are judged,
    first_judged = 1  # and those after earlier ones, from this one on

    every_prefix = False  # judged in the short part too
    alone = False  # one state at a time

    def read_log(self, log):
        """What judge() has to know of the recorded writes."""

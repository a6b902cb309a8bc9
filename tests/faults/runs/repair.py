"""A cut during the repair of a cut, three deep: what the first cut left is started over and cut again, and so once more.
After each of the later two the same holds as after a first one."""
from runs.first_boot import FirstBoot


class Repair(FirstBoot):
    name = "repair"
    every_prefix = False
    cuts = 3
    first_judged = 2  # first-boot has the states after one cut

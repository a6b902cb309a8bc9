"""The runs that faults are put into. Each is a class:

    make()             prepares, once
    arrange()          everything as it is before the run
    standing(device)   the system around the run, as a context: mounts, fstab
    command()          the run
    settle(outcome)    afterwards, without a fault: what is there has to fit what was said, and the next run succeeds

`disk` is where it happens (None: the run has none of its own), `tool` the program that the applet needs, `most_errors` how many
error lines a failure may have. machine_room.Wrong where a promise is broken.
"""

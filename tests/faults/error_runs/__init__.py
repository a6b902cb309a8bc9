"""The runs that faults are put into. Each is a class:

    make()             prepares, once
    arrange()          everything as it is before the run
    standing(device)   the system around the run, as a context: mounts, fstab
    command()          the run
    settle(outcome)    afterwards, without a fault: what is there has to fit what was said, and the next run succeeds

and machine_room.Wrong where a promise is broken.
"""
import contextlib
import os

from machine_room import write_file


class ErrorRun:
    disk = None  # where it happens, a PaddedImage
    slowness = 1  # how much less of it a short run tries
    most_errors = 1  # lines that a failure may have
    mounts_stay = None  # below this the run is to mount something
    tool = None  # the program that the applet needs
    tool_limit = False  # whether the run ends a tool that hangs within seconds
    tool_speaks = False  # on the run's own stderr
    idle_tool_says = "TOOL"  # what is said where it does nothing; empty: all is well then
    exit_without_tool = 1

    def sizes(self, step):
        """Of disks from too small to big enough, where that is a question."""
        return ()

    @contextlib.contextmanager
    def tool_replaced(self, script):
        """Another in its place, or none; the environment for that."""
        folder = f"{self.folder}/tools"
        os.makedirs(folder, exist_ok=True)
        path = f"{folder}/{self.tool}"
        if script is None:
            os.path.exists(path) and os.unlink(path)
            yield {"PATH": folder}
        else:
            write_file(path, script, 0o755)
            yield {"PATH": f"{folder}:{os.environ['PATH']}"}

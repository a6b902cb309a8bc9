"""Loop devices; and a disk that is one over a file which a server of ours exports, for as long as it is entered."""
import os
import subprocess

from patience import in_the_end


class ServedDisk:
    """start() begins to serve the file `export`, stop() ends it; `device` is a loop device over it."""

    loop_options = ()

    def __enter__(self):
        self.start()
        try:
            self.device = attach(self.export, *self.loop_options)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        try:
            detach(self.device)
        finally:
            self.stop()


def attach(file, *options):
    """A loop device over `file`."""
    return subprocess.run(["losetup", "--find", "--show", *options, file], check=True, capture_output=True,
                          text=True).stdout.strip()


def detach(device):
    """The kernel keeps one that is in use until nobody uses it."""
    file = backing_file(device)
    subprocess.run(["losetup", "--detach", device], check=True)
    if in_the_end(lambda: backing_file(device), lambda now: now != file) == file:
        raise OSError(f"{device} over {file} is still in use")


def backing_file(device):
    """None: it has none."""
    try:
        with open(f"/sys/block/{os.path.basename(device)}/loop/backing_file", encoding="utf-8") as file:
            return file.read()
    except OSError:
        return None

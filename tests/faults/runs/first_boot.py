"""init-storage on a blank disk, flashed anew over one that had a partition table. Whatever is the last write to reach
the disk: the next run ends ready, whole, labelled, and btrfs check finds nothing; never refused, and never half a tree
taken for ready."""
import os

from machine_room import (SOURCE, attached, check_file_system, differences, expect, init_storage, labels, mounted, run,
                          subvolumes, write_file)
from runs import Run


class FirstBoot(Run):
    name = "first-boot"
    every_prefix = True
    size = 256 << 20
    files = ("40", "1500000")  # in the image's /var: how many, bytes in all

    def __init__(self, folder):
        self.folder = folder
        self.root = f"{folder}/root"
        self.mount_point = f"{folder}/volume"
        self.before = f"{folder}/before.img"

    def make(self):
        policy = f"{self.folder}/policy"
        run(f"{SOURCE}/tests/fixtures/make-policy", policy)
        run(f"{SOURCE}/tests/fixtures/make-root", self.root, "--policy", policy, "--kind", "files", *self.files,
            "--device", "/dev/none")
        self.add_attributes()
        os.mkdir(self.mount_point)
        with open(self.before, "wb") as image:
            image.truncate(self.size)
            image.seek(self.size - 512)
            image.write(b"EFI PART")
        self.make_reference()

    def add_attributes(self):
        """What the skeleton has not: hard links, xattrs, capabilities, ACLs, a FIFO, a device, a hole, an old time."""
        var = f"{self.root}/var/lib/misc"
        write_file(f"{var}/one", "first name\n")
        os.link(f"{var}/one", f"{var}/two")
        run("setfattr", "-n", "user.note", "-v", "kept", f"{var}/one")
        write_file(f"{var}/program", "#!/bin/sh\n", 0o755)
        run("setcap", "cap_net_raw=ep", f"{var}/program")
        run("setfacl", "-m", "u:1:r", f"{var}/one")
        os.mkfifo(f"{var}/fifo")
        os.mknod(f"{var}/null", 0o600 | 0o020000, os.makedev(1, 3))
        with open(f"{var}/hole", "wb") as file:
            file.seek(1 << 20)
            file.write(b"after the hole")
        os.utime(f"{var}/hole", (1, 1))

    def make_reference(self):
        """An undisturbed first boot tells the labels; tests/loop compares those with the policy's own tools."""
        image = f"{self.folder}/reference.img"
        with open(image, "wb") as file:
            file.truncate(self.size)
        with attached(image) as device:
            self.boot(device)
            with mounted(device, self.mount_point, "-o", "ro") as volume:
                self.labels = labels(volume)
                self.subvolumes = subvolumes(volume)
        os.unlink(image)

    def record(self, disk):
        self.boot(disk.device)

    def boot(self, device):
        return init_storage(device, self.root)

    def judge(self, state, image):
        with attached(image) as device:
            self.boot(device)
            self.check(device)

    def check(self, device):
        check_file_system(device)
        with mounted(device, self.mount_point, "-o", "ro,noatime") as volume:
            expect(run("btrfs", "filesystem", "label", device).strip() == "aimee-data", "the volume is not committed")
            different = differences(f"{self.root}/var", volume)
            expect(not different, f"/var differs from the image's:\n{different}")
            expect(subvolumes(volume) == self.subvolumes, f"subvolumes: {subvolumes(volume)}")
            expect(labels(volume) == self.labels, "labels differ from those of an undisturbed boot")
        report = self.boot(device)
        expect((report["state"], report["action"]) == ("ready", "none"), f"the boot after that: {report}")

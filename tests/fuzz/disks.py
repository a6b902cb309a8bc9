"""Disks of somebody's, of many kinds, each made by the tools that are meant for it, and where their superblocks stand.

Those of md are written by hand: mdadm would start an array. So are those of ZFS, whose tools want its kernel module.
"""
import os
import struct
import subprocess
import tempfile

from machine_room import aimee, attached, expect, mounted, run, write_file, write_fstab

KIB, MIB = 1 << 10, 1 << 20
MARKER = "kept/by the owner"  # a file on a volume of ours, in use


class Kind:
    """`make(device, folder)` for a device of `size` bytes; `places`: (offset, length), from the end where negative."""

    def __init__(self, name, tool, make, places, size=192 * MIB):
        self.name, self.tool, self.make, self.places, self.size = name, tool, make, places, size
        self.is_ours = name.startswith("ours")

    def make_image(self, image, folder, size=None):
        with open(image, "wb") as file:
            file.truncate(size or self.size)
        with attached(image) as device:
            self.make(device, folder)

    def superblocks(self):
        return [(offset % self.size, length) for offset, length in self.places]

    def copies(self, image):
        """{offset: content} of the copies of superblocks behind the first 16 MiB, by their magic numbers."""
        if self.name not in COPY_MAGICS:
            return {}
        at, magic = COPY_MAGICS[self.name]
        found = {}
        with open(image, "rb") as file:
            for offset in range(16 * MIB, self.size, KIB if at else 512):
                file.seek(offset)
                content = file.read(512)
                if content[at:at + len(magic)] == magic:
                    found[offset] = content
        return found


# Of kinds that keep whole copies which say where they belong: the magic number's place in one.
COPY_MAGICS = {"ext2": (56, b"\x53\xef"), "ext3": (56, b"\x53\xef"), "ext4": (56, b"\x53\xef"), "xfs": (0, b"XFSB"),
               "ntfs": (3, b"NTFS    ")}
PARTITION_STARTS = [start * MIB for start in (16, 17, 32, 33, 64, 128, 129)]


def by(*command):
    return lambda device, _: run(*command, device)


def vfat(device, folder):
    run("mkfs.vfat", "-n", "BOOT", device)
    write_file(f"{folder}/vfat-file", "somebody's\n" * 5000)
    run("mcopy", "-i", device, f"{folder}/vfat-file", "::")


def table(label):
    def make(device, _):
        subprocess.run(["sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", device], check=True, text=True,
                       capture_output=True, input=f"label: {label}\nsize=32MiB\n")
    return make


def luks(version):
    def make(device, _):
        subprocess.run(["cryptsetup", "luksFormat", "--batch-mode", "--type", version, "--pbkdf", "pbkdf2",
                        "--pbkdf-force-iterations", "1000", device], check=True, capture_output=True, input="secret",
                       text=True)
    return make


def archive(*command):
    """A read-only file system of a folder, copied to the disk; {folder} and {image} stand for the two."""
    def make(device, folder):
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            write_file(f"{scratch}/files/file", "somebody's\n" * 5000)
            run(*(word.format(folder=f"{scratch}/files", image=f"{scratch}/image") for word in command))
            write_at(device, 0, open(f"{scratch}/image", "rb").read())
    return make


def write_at(device, offset, content):
    with open(device, "r+b") as file:
        file.seek(offset)
        file.write(content)


def size_of(device):
    with open(device, "rb") as file:
        return file.seek(0, os.SEEK_END)


def md_checksum(words):
    total = sum(struct.unpack(f"<{len(words) // 4}I", words))
    return (total & 0xffffffff) + (total >> 32) & 0xffffffff


def md_old(device, _):
    """Version 0.90; struct mdp_superblock_s of <linux/raid/md_p.h>."""
    offset = size_of(device) // (64 * KIB) * 64 * KIB - 64 * KIB
    block = bytearray(4096)
    for at, value in {0: 0xa92b4efc, 8: 90, 20: 0x12345678, 28: 1, 32: offset // KIB, 36: 2, 40: 2}.items():
        struct.pack_into("<I", block, at, value)
    struct.pack_into("<I", block, 152, md_checksum(block))
    write_at(device, offset, block)


def md_new(minor):
    """Version 1; struct mdp_superblock_1 of <linux/raid/md_p.h>."""
    def make(device, _):
        size = size_of(device)
        offset = {0: size - 8 * KIB, 1: 0, 2: 4 * KIB}[minor]
        block = bytearray(4096)
        struct.pack_into("<IIII16s32sQII", block, 0, 0xa92b4efc, 1, 0, 0, b"somebody's array", b"host:0", 0, 1, 0)
        struct.pack_into("<QIII", block, 80, size // 512 - 4096, 0, 2, 0)
        struct.pack_into("<QQQ", block, 128, 2048 if minor else 0, size // 512 - 4096, offset // 512)
        struct.pack_into("<16s", block, 168, b"somebody's disk!")
        struct.pack_into("<I", block, 220, 2)
        struct.pack_into("<H", block, 258, 1)
        struct.pack_into("<I", block, 216, md_checksum(block[:260]))
        write_at(device, offset, block)
    return make


def zfs_string(text):
    return struct.pack(">I", len(text)) + text.encode() + bytes(-len(text) % 4)


def zfs_list(pairs):
    """XDR, as nvlist_pack(3) writes it: of numbers, strings and further lists."""
    packed = struct.pack(">II", 0, 1)
    for name, value in pairs.items():
        if isinstance(value, int):
            kind, body, length = 8, struct.pack(">Q", value), 8
        elif isinstance(value, str):
            kind, body, length = 9, zfs_string(value), len(value) + 1
        else:
            kind, body, length = 19, zfs_list(value), 24
        body = zfs_string(name) + struct.pack(">II", kind, 1) + body
        in_memory = -(-(16 + len(name) + 1) // 8) * 8 + -(-length // 8) * 8
        packed += struct.pack(">II", 8 + len(body), in_memory) + body
    return packed + bytes(8)


ZFS_LABELS = (0, 256 * KIB, -512 * KIB, -256 * KIB)


def zfs(device, _):
    """Four labels of 256 KiB, each with the pool's description and a ring of uberblocks; without the checksums that ZFS
    itself would look at. Source: the ZFS On-Disk Specification, chapter 1."""
    size = size_of(device)
    vdev = {"type": "disk", "id": 0, "guid": 0x1234567890abcdef, "path": "/dev/sdb1", "metaslab_array": 67,
            "ashift": 12, "asize": size - 4718592}
    pool = {"version": 5000, "name": "tank", "state": 0, "txg": 40, "pool_guid": 0x0123456789abcdef,
            "top_guid": vdev["guid"], "guid": vdev["guid"], "vdev_children": 1, "vdev_tree": vdev}
    description = struct.pack("BBxx", 1, 1) + zfs_list(pool)
    for label in ZFS_LABELS:
        write_at(device, label % size + 16 * KIB, description)
        for slot in range(40):
            uberblock = struct.pack("<5Q", 0x00bab10c, 5000, slot, pool["pool_guid"] + vdev["guid"], 1764000000 + slot)
            write_at(device, label % size + 128 * KIB + slot * KIB, uberblock)


def two_devices(device, folder):
    with tempfile.NamedTemporaryFile(dir=folder) as other:
        other.truncate(192 * MIB)
        with attached(other.name) as second:
            run("mkfs.btrfs", "-q", "-f", "-d", "raid1", "-m", "raid1", device, second)
            run("btrfs", "device", "scan", "--forget", device)
            run("btrfs", "device", "scan", "--forget", second)


def ours(device, folder):
    """What init-storage makes of a blank disk, and then an owner's file on it."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        make_root(f"{scratch}/root", device)
        done = aimee("init-storage", "--root", f"{scratch}/root", "--timeout", "10")
        expect(done.returncode == 0, f"init-storage: {done.stderr}")
        os.mkdir(f"{scratch}/volume")
        with mounted(device, f"{scratch}/volume") as volume:
            write_file(f"{volume}/{MARKER}", "somebody's\n")
        run("btrfs", "device", "scan", "--forget", device)


def make_root(root, device):
    """As little of an image as init-storage reads."""
    write_fstab(root, device)
    write_file(f"{root}/usr/lib/tmpfiles.d/aimee.conf", "v /var/log 0755 root root -\n")
    write_file(f"{root}/var/lib/template", "the image's\n")


KINDS = [
    Kind("ext2", "mkfs.ext2", by("mkfs.ext2", "-q", "-F"), [(KIB, KIB)]),
    Kind("ext3", "mkfs.ext3", by("mkfs.ext3", "-q", "-F"), [(KIB, KIB)]),
    Kind("ext4", "mkfs.ext4", by("mkfs.ext4", "-q", "-F", "-L", "home"), [(KIB, KIB)]),
    Kind("xfs", "mkfs.xfs", by("mkfs.xfs", "-q", "-f"), [(0, 512)], 320 * MIB),
    Kind("vfat", "mkfs.vfat", vfat, [(0, 512)]),
    Kind("exfat", "mkfs.exfat", by("mkfs.exfat"), [(0, 512), (6144, 512)]),
    Kind("ntfs", "mkntfs", by("mkntfs", "-F", "-Q", "-q"), [(0, 512), (-512, 512)]),
    Kind("f2fs", "mkfs.f2fs", by("mkfs.f2fs", "-q", "-f"), [(KIB, KIB), (5 * KIB, KIB)]),
    Kind("btrfs", "mkfs.btrfs", by("mkfs.btrfs", "-q", "-f"), [(64 * KIB, 4 * KIB), (64 * MIB, 4 * KIB)]),
    Kind("btrfs-of-two", "mkfs.btrfs", two_devices, [(64 * KIB, 4 * KIB), (64 * MIB, 4 * KIB)]),
    Kind("ours", "mkfs.btrfs", ours, [(64 * KIB, 4 * KIB), (64 * MIB, 4 * KIB)]),
    Kind("swap", "mkswap", by("mkswap", "--quiet"), [(KIB, 512), (4086, 10)]),
    Kind("luks1", "cryptsetup", luks("luks1"), [(0, 592)]),
    Kind("luks2", "cryptsetup", luks("luks2"), [(0, 4 * KIB), (16 * KIB, 4 * KIB)]),
    Kind("md-0.90", "losetup", md_old, [(-64 * KIB, 4 * KIB)]),
    Kind("md-1.0", "losetup", md_new(0), [(-8 * KIB, 512)]),
    Kind("md-1.1", "losetup", md_new(1), [(0, 512)]),
    Kind("md-1.2", "losetup", md_new(2), [(4 * KIB, 512)]),
    Kind("lvm2", "pvcreate", by("pvcreate", "-q", "-ff", "-y", "--config", "devices{use_devicesfile=0}"),
         [(512, 512), (4 * KIB, 512)]),
    Kind("zfs", "losetup", zfs, [(label + at, length) for label in ZFS_LABELS
                                 for at, length in ((16 * KIB, KIB), (128 * KIB, 40 * KIB))]),
    Kind("bcache", "make-bcache", by("make-bcache", "-C"), [(4 * KIB, 4 * KIB)]),
    Kind("squashfs", "mksquashfs", archive("mksquashfs", "{folder}", "{image}", "-quiet", "-no-progress"), [(0, 96)]),
    Kind("iso9660", "mkisofs", archive("mkisofs", "-quiet", "-o", "{image}", "{folder}"), [(32 * KIB, 2 * KIB)]),
    Kind("erofs", "mkfs.erofs", archive("mkfs.erofs", "{image}", "{folder}"), [(KIB, 128)]),
    Kind("gpt", "sfdisk", table("gpt"), [(0, 512), (512, 512), (-512, 512)]),
    Kind("mbr", "sfdisk", table("dos"), [(0, 512)]),
]

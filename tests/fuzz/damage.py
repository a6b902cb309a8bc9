"""Damage to a disk's image, each kind of it as the chance that it is given decides; returns what it did, in words."""

KIB, MIB = 1 << 10, 1 << 20
SECTOR = 512


class Disk:
    """An image that is being damaged, and the chance that decides how."""

    def __init__(self, file, kind, chance):
        self.file, self.kind, self.chance = file, kind, chance

    def read(self, offset, length):
        self.file.seek(offset)
        return self.file.read(length)

    def write(self, offset, content):
        content = content[:self.kind.size - offset]
        self.file.seek(offset)
        self.file.write(content)

    def fill(self, offset, length, byte=0):
        self.write(offset, bytes([byte]) * length)


def all_superblocks(disk):
    for offset, length in disk.kind.superblocks():
        disk.fill(offset, length)
    return "every superblock zeroed"


def one_superblock(disk):
    offset, length = disk.chance.choice(disk.kind.superblocks())
    disk.fill(offset, length, disk.chance.choice((0, 0xff)))
    return f"superblock at {offset} gone"


def part_of_a_superblock(disk):
    offset, length = disk.chance.choice(disk.kind.superblocks())
    begin = disk.chance.randrange(length)
    count = disk.chance.randint(1, length - begin)
    disk.fill(offset + begin, count)
    return f"{count} bytes at {offset + begin} zeroed"


def half_written_superblock(disk):
    offset, length = disk.chance.choice(disk.kind.superblocks())
    kept = disk.chance.choice((8, 64, 256, SECTOR))
    disk.write(offset + kept, disk.chance.randbytes(max(0, length - kept)))
    return f"superblock at {offset} of another after {kept} bytes"


def flipped_bits(disk):
    count = disk.chance.choice((1, 1, 1, 2, 4, 8))
    places = []
    for _ in range(count):
        offset, length = disk.chance.choice(disk.kind.superblocks())
        at = offset + disk.chance.randrange(length)
        disk.write(at, bytes([disk.read(at, 1)[0] ^ 1 << disk.chance.randrange(8)]))
        places.append(at)
    return f"bits flipped at {places}"


def sectors(disk, limit):
    count = disk.chance.choice((1, 2, 8, 32))
    for _ in range(count):
        at = disk.chance.randrange(limit // SECTOR) * SECTOR
        disk.write(at, disk.chance.choice((bytes(SECTOR), disk.chance.randbytes(SECTOR))))
    return f"{count} sectors below {limit} overwritten"


def sectors_at_the_start(disk):
    return sectors(disk, disk.chance.choice((64 * KIB, MIB, 4 * MIB)))


def sectors_anywhere(disk):
    return sectors(disk, disk.kind.size)


def start(disk):
    length = disk.chance.choice((SECTOR, 4 * KIB, 64 * KIB, 68 * KIB, MIB - SECTOR, 16 * MIB - SECTOR, 16 * MIB,
                                 disk.chance.randint(1, 15) * MIB))
    byte = disk.chance.choice((0, 0, 0xff))
    disk.fill(0, length, byte)
    return f"the first {length} bytes are 0x{byte:02x}"


def torn_start(disk):
    """As a power cut, or a worn-out card, leaves an image that was being written."""
    length = disk.chance.randint(1, 16) * MIB
    step = disk.chance.choice((SECTOR, 4 * KIB, 64 * KIB, MIB))
    byte = disk.chance.choice((0, 0xff))
    for offset in range(0, length, 2 * step):
        disk.fill(offset, step, byte)
    return f"every other {step} bytes of the first {length} are 0x{byte:02x}"


def moved_behind_zeros(disk):
    """A disk that lost its partition table, and has a partition that is whole in its first 8 MiB."""
    length = disk.chance.choice((MIB, 2 * MIB, 8 * MIB, 16 * MIB, 17 * MIB, 32 * MIB, 64 * MIB, 128 * MIB))
    content = disk.read(0, 8 * MIB)
    disk.fill(0, min(length, 32 * MIB))
    disk.write(length, content)
    return f"begins {length} bytes later, behind zeros"


def end(disk):
    length = disk.chance.choice((SECTOR, 4 * KIB, 64 * KIB, 128 * KIB, MIB))
    disk.fill(disk.kind.size - length, length)
    return f"the last {length} bytes zeroed"


def cut_off_start(disk):
    """As a disk looks whose partition begins elsewhere now."""
    length = disk.chance.choice((SECTOR, 4 * KIB, 64 * KIB, MIB, disk.chance.randint(2, 15) * MIB))
    content = disk.read(length, 20 * MIB)
    disk.write(0, content)
    return f"begins {length} bytes later"


def wiped(disk):
    """What wipefs takes away: magic numbers and nothing else."""
    for offset, length in disk.kind.superblocks():
        content = bytearray(disk.read(offset, length))
        for magic in MAGICS:
            at = content.find(magic)
            if at >= 0:
                content[at:at + len(magic)] = bytes(len(magic))
        disk.write(offset, content)
    return "magic numbers wiped"


MAGICS = [b"\x53\xef", b"XFSB", b"_BHRfS_M", b"LUKS\xba\xbe", b"SKUL\xba\xbe", b"SWAPSPACE2", b"\xfc\x4e\x2b\xa9",
          b"LABELONE", b"hsqs", b"CD001", b"EFI PART", b"\x55\xaa", b"NTFS    ", b"EXFAT   ", b"\x10\x20\xf5\xf2",
          b"\xe2\xe1\xf5\xe0"]
DAMAGES = [all_superblocks, one_superblock, part_of_a_superblock, half_written_superblock, flipped_bits, flipped_bits,
           sectors_at_the_start, sectors_anywhere, start, start, start, torn_start, moved_behind_zeros, end, cut_off_start,
           wiped]


def apply(file, kind, chance):
    disk = Disk(file, kind, chance)
    chosen = chance.sample(DAMAGES, chance.choice((1, 1, 1, 2)))
    return "; ".join(damage(disk) for damage in chosen)

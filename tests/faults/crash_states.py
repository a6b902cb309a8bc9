"""The disks that a power cut can leave, made from a log of what was written.

A disk keeps all that was written before a flush ended. Of what was written since, each write is on the disk whole, or
not at all, or in part (torn, at a sector's edge), in any order; a cut before some of them were issued is the choice
that has none of these. So between two flushes the disks are: what the earlier flush left, and for each later write how
much of it is there. Where few writes lie between two flushes every choice is tried, elsewhere as many as asked for,
drawn by a seed.

A disk is known by its content: the sum over its sectors that are not zero of a hash of place and content. Two choices
that give the same bytes count once.
"""
import hashlib
import itertools
import os
from collections import namedtuple

from disk_log import SECTOR

EXHAUSTIVE = 5  # so many writes between two flushes: 32 choices
MODULUS = 1 << 128
ZEROS = bytes(SECTOR)

# kind: "prefix", "subset" (whole writes dropped) or "torn". since: how many entries of the log had been flushed;
# moment: how many had been issued; text: which of those in between are on the disk.
State = namedtuple("State", "kind since moment text fingerprint")


class Content:
    """The bytes of a disk image, and their fingerprint."""

    def __init__(self):
        self.sectors = {}
        self.sum = 0

    @classmethod
    def of(cls, path):
        """Of an image that is there already."""
        content = cls()
        with open(path, "rb") as image:
            for start, end in data_ranges(image):
                image.seek(start)
                content.note(start // SECTOR, image.read(end - start))
        return content

    def note(self, sector, data):
        for offset in range(0, len(data), SECTOR):
            self.put(sector, hash_of(sector, data[offset:offset + SECTOR]))
            sector += 1

    def put(self, sector, value):
        self.sum = (self.sum - self.sectors.get(sector, 0) + value) % MODULUS
        if value:
            self.sectors[sector] = value
        else:
            self.sectors.pop(sector, None)

    def apply(self, disk, entry):
        """Writes an entry to the image, which is open as `disk`."""
        write(disk, entry, entry.count)
        if entry.is_discard():
            self.forget(entry.sector, entry.count)
        else:
            self.note(entry.sector, entry.data())

    def forget(self, sector, count):
        known = range(sector, sector + count) if count < len(self.sectors) else \
            [number for number in self.sectors if sector <= number < sector + count]
        for number in list(known):
            self.put(number, 0)

    def fingerprint_with(self, changes):
        """As it would be with some entries' first sectors written: pairs of entry and number."""
        seen = {}
        for entry, sectors in changes:
            if entry.is_discard():
                for number in self.sectors:
                    if entry.sector <= number < entry.sector + sectors:
                        seen[number] = 0
                for number in seen:
                    if entry.sector <= number < entry.sector + sectors:
                        seen[number] = 0
                continue
            data = entry.data(sectors)
            for offset in range(0, len(data), SECTOR):
                number = entry.sector + offset // SECTOR
                seen[number] = hash_of(number, data[offset:offset + SECTOR])
        return (self.sum + sum(value - self.sectors.get(number, 0) for number, value in seen.items())) % MODULUS


def hash_of(sector, data):
    if data == ZEROS:
        return 0
    return int.from_bytes(hashlib.blake2b(data, digest_size=16, salt=sector.to_bytes(16, "little")).digest(), "little")


def data_ranges(file):
    end, size = 0, os.fstat(file.fileno()).st_size
    while end < size:
        try:
            start = os.lseek(file.fileno(), end, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
        yield start, end


def write(disk, entry, sectors):
    if entry.is_discard():
        punch(disk, entry.sector * SECTOR, sectors * SECTOR)
    else:
        os.pwrite(disk, entry.data(sectors), entry.sector * SECTOR)


def punch(disk, offset, length):
    """Zeros: where the image has data only, since discards are large and images sparse."""
    end = offset + length
    while offset < end:
        try:
            start = os.lseek(disk, offset, os.SEEK_DATA)
        except OSError:
            return
        if start >= end:
            return
        offset = min(os.lseek(disk, start, os.SEEK_HOLE), end)
        while start < offset:
            start += os.pwrite(disk, bytes(min(offset - start, 1 << 20)), start)


def copy_sparse(source, target):
    """Copies an image; what was in the target before is gone."""
    with open(source, "rb") as image, open(target, "wb") as copy:
        copy.truncate(os.fstat(image.fileno()).st_size)
        for start, end in data_ranges(image):
            copy.seek(start)
            while start < end:
                start += os.sendfile(copy.fileno(), image.fileno(), start, end - start)


class CrashStates:
    """Goes through the states of a log and makes the disk of each at `target`.

    before: the image that the recording began with. budget: how many states between two flushes where they cannot all
    be tried, in all; spread by how many writes there are. dice: a random.Random.
    """

    def __init__(self, log, before, target, dice, budget):
        self.entries = log.entries
        self.before = before
        self.target = target
        self.dice = dice
        self.seen = set()
        self.budget = budget

    def __iter__(self):
        base = f"{self.target}.base"
        copy_sparse(self.before, base)
        content = Content.of(base)
        epochs = self.epochs()
        large = sum(len(epoch) for _, epoch in epochs if len(epoch) > EXHAUSTIVE) or 1
        with open(base, "r+b", buffering=0) as disk:
            yield from self.make("prefix", 0, 0, "before the first write", base, content, [])
            for start, epoch in epochs:
                changes = [(number, self.entries[number]) for number in epoch]
                if epoch:
                    yield from self.prefixes(start, base, content, changes)
                    yield from self.choices(start, base, content, changes, self.budget * len(epoch) // large)
                for _, entry in changes:
                    content.apply(disk.fileno(), entry)
        os.unlink(base)

    def epochs(self):
        """The numbers of the writes between two flushes, with how many entries were flushed before them."""
        epochs, current, since = [], [], 0
        for number, entry in enumerate(self.entries):
            if entry.changes():
                current.append(number)
            if entry.is_flush():
                epochs.append((since, current))
                current, since = [], number + 1
        epochs.append((since, current))
        return epochs

    def prefixes(self, since, base, content, changes):
        for count in range(1, len(changes) + 1):
            whole = [(entry, entry.count) for _, entry in changes[:count]]
            yield from self.make("prefix", since, changes[count - 1][0] + 1, "all of them", base, content, whole)

    def choices(self, since, base, content, changes, number):
        for kept in self.choose(changes, number):
            moment = changes[-1][0] + 1
            chosen = [(entry, count) for (_, entry), count in zip(changes, kept) if count]
            torn = any(count < entry.count for entry, count in chosen)
            text = "of the last %d: %s" % (len(changes), " ".join(
                "-" if not count else "+" if count == entry.count else f"{count}/{entry.count}"
                for (_, entry), count in zip(changes, kept)))
            yield from self.make("torn" if torn else "subset", since, moment, text, base, content, chosen)

    def choose(self, changes, number):
        """Yields, for each choice, how many sectors of each write are on the disk."""
        if len(changes) <= EXHAUSTIVE:
            yield from itertools.product(*((0, entry.count) for _, entry in changes))
            for torn, (_, entry) in enumerate(changes):
                for part in self.parts(entry):
                    for kept in ((0, 1), (1, 1), (0, 0)):
                        yield [part if i == torn else other.count * (kept[0] if i > torn else kept[1])
                               for i, (_, other) in enumerate(changes)]
            return
        for _ in range(number):
            likely = self.dice.random()
            tear = self.dice.choice((0, 0.02, 0.2))
            yield [self.dice.randrange(1, entry.count) if entry.count > 1 and self.dice.random() < tear
                   else entry.count if self.dice.random() < likely else 0 for _, entry in changes]

    def parts(self, entry):
        """Where a write is torn: of a block of 4 KiB everywhere, of a larger one at its ends and a drawn place."""
        if entry.count <= 8:
            return range(1, entry.count)
        return sorted({1, 8, self.dice.randrange(1, entry.count), entry.count - 1})

    def make(self, kind, since, moment, text, base, content, changes):
        fingerprint = content.fingerprint_with(changes)
        if fingerprint in self.seen:
            return
        self.seen.add(fingerprint)
        copy_sparse(base, self.target)
        with open(self.target, "r+b", buffering=0) as disk:
            for entry, count in changes:
                write(disk.fileno(), entry, count)
        yield State(kind, since, moment, text, fingerprint)

"""Text on a raw disk image."""
import mmap


def occurrences(image, text):
    """How often the text stands in the image."""
    with open(image, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
        found, position = 0, content.find(text.encode())
        while position >= 0:
            found, position = found + 1, content.find(text.encode(), position + 1)
        return found

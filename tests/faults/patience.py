"""What a killed process had mounted or open goes a little after it: the kernel ends its namespace when it has time."""
import time

PATIENCE = 5  # seconds


def in_the_end(look, is_right):
    """What look() finds as soon as it is right, or when patience is at its end."""
    end = time.monotonic() + PATIENCE
    while not is_right(found := look()) and time.monotonic() < end:
        time.sleep(0.01)
    return found

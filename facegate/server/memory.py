"""How the process gives memory to its many threads, and back to the machine.

The C library gives each thread a heap of its own, up to eight for each core, and keeps in every one of them
what a photo needed at its largest: after some thousands of searches the process holds many times what it
uses, and looks like one that leaks. Two heaps are enough here: threads take turns at most of their work.

Those two it keeps at the largest they ever were, and a heap with holes grows now and then although what is
in use does not: 46 MB over 10,000 searches. So the holes are given back every few seconds: a process that
grows all the same is one that leaks, and can be seen to.
"""

from __future__ import annotations

import ctypes
from typing import Final

from facegate.server.beside import Beside

HEAPS: Final = 2
FREE_END: Final = 16 << 20  # bytes that may lie free at the end of a heap: more than a photo's search needs
LARGEST: Final = 32 << 20  # bytes; what is larger is no part of a heap. The most that mallopt takes
EVERY_SECONDS: Final = 10.0  # it takes 1 to 3 ms
_M_TRIM_THRESHOLD: Final = -1  # these are of <malloc.h> of the GNU C library; mallopt(3)
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8


def bound_heaps() -> bool:
    """Have all threads that come after this share a few heaps, which end where their use ends.

    Left alone the library raises what may lie free at the end of a heap to twice the largest piece that was
    ever freed, 64 MB, and only of the first heap does `give_back` reach the end. Setting that one limit stops
    it raising the other too, below which a piece is taken from a heap: so both are set.

    Returns
    -------
    bool
        Whether the C library knows how.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library has no such word, and no such heaps
        return False
    wanted = ((_M_ARENA_MAX, HEAPS), (_M_MMAP_THRESHOLD, LARGEST), (_M_TRIM_THRESHOLD, FREE_END))
    told = [mallopt(what, value) for what, value in wanted]  # all are asked, also after one that is refused
    return all(one == 1 for one in told)


def give_back() -> bool:
    """Give the machine every page of the heaps that nothing stands on; whether the C library knows how."""
    try:
        ctypes.CDLL(None).malloc_trim(0)  # malloc_trim(3): of all heaps, holes included, since glibc 2.8
    except (AttributeError, OSError):
        return False
    return True


class GivingBack(Beside):
    """Gives free memory back while the service runs.

    Parameters
    ----------
    every_seconds : float
        Between two times; above 0.
    """

    def __init__(self, *, every_seconds: float = EVERY_SECONDS) -> None:
        super().__init__("giving-back-memory", every_seconds=every_seconds)

    def once(self) -> None:
        """Give back every page of the heaps that nothing stands on."""
        give_back()

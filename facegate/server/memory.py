"""How the process gives memory to its many threads.

The C library gives each thread a heap of its own, up to eight for each core, and keeps in every one of them
what a photo needed at its largest: after some thousands of searches the process holds many times what it
uses, and looks like one that leaks. Two heaps are enough here: threads take turns at most of their work.
"""

from __future__ import annotations

import ctypes
from typing import Final

HEAPS: Final = 2
_M_ARENA_MAX: Final = -8  # <malloc.h> of the GNU C library; mallopt(3)


def share_heaps() -> bool:
    """Have all threads that come after this share a few heaps; whether the C library knows how."""
    try:
        told: int = ctypes.CDLL(None).mallopt(_M_ARENA_MAX, HEAPS)
    except (AttributeError, OSError):  # another C library has no such word, and no such heaps
        return False
    return told == 1

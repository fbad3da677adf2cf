"""What one photo may cost, and the words that the two sides of an intake process say to each other.

::

    control socket     child  -> parent   b"R"                     ready: everything is loaded
                       parent -> child    b"P" and a socket        a photo comes over that socket
                       child  -> parent   int32                    how the photo's process ended
    photo's socket     parent -> child    the file, then end of stream
                       child  -> parent   b"K" width height pixels, or b"U" reason LF sentence

Numbers are big-endian; pixels are rows of RGB, 8 bits each.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

READY: Final = b"R"
PHOTO: Final = b"P"
KEPT: Final = b"K"
UNUSABLE: Final = b"U"
SIZE: Final = struct.Struct(">II")
ENDED: Final = struct.Struct(">i")

MAX_KEPT_PIXELS: Final = 8_000_000
MAX_SAID_BYTES: Final = 600

TOO_LARGE: Final = "too-large"
TOO_SLOW: Final = "too-slow"
UNREADABLE: Final = "unreadable"
REASONS: Final = frozenset({"empty", TOO_LARGE, TOO_SLOW, UNREADABLE, "unsupported-format", "animated"})


@dataclass(frozen=True, slots=True)
class Limits:
    """What opening one photo may cost.

    Parameters
    ----------
    memory_bytes : int
        Address space of the photo's process; about 160 MB of it are taken by the program itself.
    seconds : float
        On the clock, and of processor time as well (rounded up to whole seconds).
    """

    memory_bytes: int = 1_000_000_000
    seconds: float = 5.0

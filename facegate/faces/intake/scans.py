"""How many scans a JPEG has: counted before any of its pixels is decoded.

A scan is one pass over the whole picture. An empty one takes some bytes in the file and as long to decode as
any other, so 150 kB can ask for minutes. Pictures that are real have few: libjpeg's own script for
progressive files (``jpeg_simple_progression``) makes 10 of a color picture, 6 of a gray one and 18 of four
channels; tools that search for a better script stay near these.

References
----------
ITU-T T.81, sections B.1.1 (markers, fill bytes, stuffing) and B.2 (the order of segments).
"""

from __future__ import annotations

import re
from typing import Final

from facegate.errors import UnusablePhoto
from facegate.faces.decode import PhotoKind, photo_kind
from facegate.faces.intake.limits import TOO_SLOW

MOST_SCANS: Final = 32
MOST_SEGMENTS: Final = 20_000
"""Tables, metadata and scans of one file; real ones have some hundred. Millions are read for seconds."""
_START_OF_SCAN, _END_OF_IMAGE, _START_OF_IMAGE = 0xDA, 0xD9, 0xD8
_LENGTH_BYTES: Final = 2
_MARKER: Final = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])", re.DOTALL)
"""All that divide segments: neither a stuffed byte, nor one of those that stand alone among the pixels. Fill
bytes need no ``+``, which would look through a file of them once for each."""


def demand_few_scans(data: bytes) -> None:
    """Refuse a JPEG that is to be decoded over and over.

    Parameters
    ----------
    data : bytes
        The whole file; nothing is said of what is no JPEG.

    Raises
    ------
    UnusablePhoto
        With reason ``too-slow``, if there are more than `MOST_SCANS`, or more than `MOST_SEGMENTS` at all.
    """
    if photo_kind(data) is not PhotoKind.JPEG:
        return
    n_scans = count_scans(data, most=MOST_SCANS)
    if n_scans > MOST_SCANS:
        msg = (
            f"the photo is a JPEG of more than {MOST_SCANS} scans or {MOST_SEGMENTS:,} segments, more than "
            "any camera makes, and takes too long to open: save it again as an ordinary JPEG or as PNG"
        )
        raise UnusablePhoto(msg, reason=TOO_SLOW)


def count_scans(data: bytes, *, most: int) -> int:
    r"""Count the scans of a JPEG's first picture, and stop at one more than ``most``.

    What stands within another segment, such as the small picture that cameras put in front, is not counted;
    nor is a second picture behind the first.

    Examples
    --------
    >>> scan = b"\xff\xda\x00\x03\x00" + b"\x12\xff\x00\x34"
    >>> count_scans(b"\xff\xd8" + 3 * scan + b"\xff\xd9" + scan, most=10)
    3
    """
    n_scans, at = 0, 0
    for _ in range(MOST_SEGMENTS):
        found = _MARKER.search(data, at)
        if n_scans > most or found is None or found[1][0] == _END_OF_IMAGE:
            return n_scans
        marker, at = found[1][0], found.end()
        if marker == _START_OF_IMAGE:  # it has no length
            continue
        n_scans += marker == _START_OF_SCAN
        at += max(_LENGTH_BYTES, int.from_bytes(data[at : at + _LENGTH_BYTES], "big"))
    return most + 1

"""How many scans a JPEG has: counted before any of its pixels is decoded.

A scan is one pass over the whole picture. An empty one takes some bytes in the file and as long to decode as
any other, so 150 kB can ask for minutes. Pictures that are real have few: libjpeg's own script for progressive
files makes 10 of color and 6 of gray ones, and 18 of four channels (``jpeg_simple_progression``); tools that
search for a better script stay near these.

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
        With reason ``too-slow``, if there are more than `MOST_SCANS`.
    """
    if photo_kind(data) is not PhotoKind.JPEG:
        return
    n_scans = count_scans(data, most=MOST_SCANS)
    if n_scans > MOST_SCANS:
        msg = (
            f"the photo is a JPEG of more than {MOST_SCANS} scans, and no camera makes one of more than 18: "
            "save it again as an ordinary JPEG or as PNG"
        )
        raise UnusablePhoto(msg, reason=TOO_SLOW)


def count_scans(data: bytes, *, most: int) -> int:
    """Count the scans of a JPEG's first picture, and stop at one more than ``most``.

    What stands within another segment, such as the small picture that cameras put in front, is not counted;
    nor is a second picture behind the first.

    Examples
    --------
    >>> scan = b"\\xff\\xda\\x00\\x03\\x00" + b"\\x12\\xff\\x00\\x34"
    >>> count_scans(b"\\xff\\xd8" + 3 * scan + b"\\xff\\xd9" + scan, most=10)
    3
    """
    n_scans, at = 0, 0
    while n_scans <= most and (found := _MARKER.search(data, at)):
        marker, at = found[1][0], found.end()
        if marker == _END_OF_IMAGE:
            break
        if marker == _START_OF_IMAGE:  # it has no length
            continue
        n_scans += marker == _START_OF_SCAN
        at += max(_LENGTH_BYTES, int.from_bytes(data[at : at + _LENGTH_BYTES], "big"))
    return n_scans

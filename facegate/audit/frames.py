"""Frames: how records follow each other in the ``entries`` file.

::

    length (2 bytes, big-endian) || entry (length bytes)        repeated, nothing between or after

The same bytes as a tlog-tiles entry bundle: a bundle is this file cut after every 256th frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import VerificationError

if TYPE_CHECKING:
    from typing import BinaryIO

LENGTH_BYTES = 2
LARGEST_FRAME = LENGTH_BYTES + 65_535


class FrameCutShort(VerificationError):  # noqa: N818  a finding, named for what was found
    """The file ends inside a frame."""


def frame(entry: bytes) -> bytes:
    """Put its length before an entry of at most 65,535 bytes."""
    return len(entry).to_bytes(LENGTH_BYTES, "big") + entry


def read_frame(stream: BinaryIO) -> bytes | None:
    """Read the next entry.

    Parameters
    ----------
    stream : binary file
        Standing at the start of a frame, or at the end.

    Returns
    -------
    bytes or None
        The entry without its length; None at a clean end.

    Raises
    ------
    FrameCutShort
        If the file ends inside the frame.
    """
    head = stream.read(LENGTH_BYTES)
    if not head:
        return None
    length = int.from_bytes(head, "big")
    entry = stream.read(length)
    if len(head) < LENGTH_BYTES or len(entry) < length:
        msg = f"its frame runs past the end of the file: {len(entry)} of {length} bytes are there"
        raise FrameCutShort(msg)
    return entry

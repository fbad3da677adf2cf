"""The checkpoint: how many records there are, and the root over them, in three lines.

::

    facegate.example/test
    8
    XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

Origin, size in decimal, root in base64, each line ended by a newline: the body of a C2SP
tlog-checkpoint. No signature lines yet; they follow a blank line and leave these bytes as they are.
No extension lines: no monitor could audit them.

References
----------
C2SP tlog-checkpoint, "Note text".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from facegate.audit.signed.base64_text import decode_hash, encode_base64
from facegate.errors import InputError, VerificationError

LARGEST_CHECKPOINT = 1_024  # bytes of body; a longer file is none
LONGEST_ORIGIN = 255  # bytes: a cosignature stores the length in one
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """State of a log.

    Parameters
    ----------
    origin : str
        Name of the log: a URL without its scheme, such as ``facegate.example/test``.
    size : int
        Records in the log.
    root : bytes
        Merkle root over them, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> bytes:
        """Write the three lines."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n".encode()


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Read a checkpoint strictly.

    Parameters
    ----------
    text : bytes
        Three lines, the last one ended too.

    Returns
    -------
    Checkpoint
        What they say.

    Raises
    ------
    VerificationError
        If anything is not exactly as written by `Checkpoint.text`; one reason each.
    """
    if len(text) > LARGEST_CHECKPOINT:
        msg = f"checkpoint: {len(text)} bytes, at most {LARGEST_CHECKPOINT}"
        raise VerificationError(msg)
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError as error:
        msg = "checkpoint: not UTF-8"
        raise VerificationError(msg) from error
    if len(lines) != 4 or lines[3]:  # noqa: PLR2004  three ended lines leave an empty fourth
        msg = "checkpoint: wanted three lines (origin, size, root), each ended by a newline"
        raise VerificationError(msg)
    origin, size, root, _ = lines
    try:
        demand_origin(origin)
    except InputError as error:
        msg = f"checkpoint: {error}"
        raise VerificationError(msg) from error
    if not _SIZE.fullmatch(size):
        msg = f"checkpoint: size {size[:20]!r}, wanted a decimal number without leading zeros"
        raise VerificationError(msg)
    return Checkpoint(origin=origin, size=int(size), root=decode_hash(root, what="checkpoint: the root"))


def demand_origin(origin: str) -> None:
    """Refuse a name that could not later stand in a signed checkpoint.

    Raises
    ------
    InputError
        If it is empty, longer than 255 bytes, or holds a space, a control character or a plus.
    """
    plain = origin.isprintable() and not re.search(r"[\s+]", origin)
    if not origin or not plain or len(origin.encode()) > LONGEST_ORIGIN:
        msg = f"origin {origin[:40]!r}: wanted a name such as facegate.example/test, no spaces, no plus"
        raise InputError(msg)

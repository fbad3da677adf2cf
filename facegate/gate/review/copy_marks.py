r"""Marks of copies: a mark of his own for each recipient, and the same mark inside the images he receives.

- A mark is an HMAC over what was given to whom. It stands in the log: a copy that turns up elsewhere names
  its recipient, and only the holder of the key can say beforehand what mark anybody would get.
- An image carries its mark as a comment of its file format. No pixel is touched: a photo that serves as
  evidence is not compressed again.

    PNG    a tEXt chunk right behind IHDR:  facegate\0copy MARK
    JPEG   a COM segment behind the application segments:  facegate copy MARK

Not protected here: a recipient who saves the image anew, or photographs his screen. The mark on the dossier
beside the image says then that he received one.

References
----------
HMAC: RFC 2104. Base 32: RFC 4648, section 6. PNG: W3C PNG (Third Edition), 5.3 chunk layout and 11.3.3.2
tEXt. JPEG: ITU-T T.81, B.1.1.4 marker segments and B.2.4.5 comment.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from base64 import b32encode, b64decode, b64encode

from facegate.errors import InputError

MARK_BYTES = 10  # 80 bits: not guessed, and no two by chance
IMAGE_FIELDS = frozenset({"photo", "signature"})
"""Fields of a license record that are images, as base 64 text."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_HEAD = len(_PNG) + 4 + 4 + 13 + 4  # the signature, then IHDR: length, type, data, check sum
_JPEG = b"\xff\xd8\xff"
_APPLICATION = range(0xE0, 0xF0)  # APP0 to APP15: JFIF wants its own to be the first


def mark_of(key: bytes, label: str, *named: str) -> str:
    """Make the mark of one copy.

    Parameters
    ----------
    key : bytes
        32 secret bytes; without them a mark cannot be foretold, nor traced to a name by trying names.
    label : str
        What is marked: marks of two kinds of things never meet.
    *named : str
        What was given, and to whom.

    Returns
    -------
    str
        16 characters: 80 bits, base 32, lower case.
    """
    # A key of its own is derived first, so that a mark is never a subject reference of some other text.
    mark_key = hmac.digest(key, label.encode(), hashlib.sha256)
    made = hmac.digest(mark_key, "\x00".join(named).encode(), hashlib.sha256)
    return b32encode(made[:MARK_BYTES]).decode().lower()


def marked_text(text: str, mark: str) -> str:
    """Put a mark into an image that is given as base 64 text.

    Raises
    ------
    InputError
        If it is not base 64 of a JPEG or PNG file.
    """
    try:
        data = b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        msg = "the image is not base 64 text"
        raise InputError(msg) from error
    return b64encode(marked_image(data, mark)).decode()


def marked_image(data: bytes, mark: str) -> bytes:
    """Put a mark into an image file, touching no pixel.

    Parameters
    ----------
    data : bytes
        A JPEG or PNG file.
    mark : str
        As `mark_of` made it.

    Returns
    -------
    bytes
        The same image with the mark in it.

    Raises
    ------
    InputError
        If it is neither: in a form that cannot carry a mark nothing leaves.
    """
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) > _PNG_HEAD:
        return data[:_PNG_HEAD] + _chunk(b"tEXt", f"facegate\x00copy {mark}".encode()) + data[_PNG_HEAD:]
    if data.startswith(_JPEG):
        at = _behind_application_segments(data)
        return data[:at] + _segment(f"facegate copy {mark}".encode()) + data[at:]
    msg = "the image is neither a JPEG nor a PNG file, so it cannot carry a mark"
    raise InputError(msg)


def _chunk(kind: bytes, content: bytes) -> bytes:
    """Write one chunk of a PNG file."""
    check = zlib.crc32(kind + content)
    return len(content).to_bytes(4) + kind + content + check.to_bytes(4)


def _segment(content: bytes) -> bytes:
    """Write one comment of a JPEG file; its length counts itself."""
    return b"\xff\xfe" + (len(content) + 2).to_bytes(2) + content


def _behind_application_segments(data: bytes) -> int:
    """Find where the first segment stands that is no application's."""
    at = 2
    while data[at : at + 1] == b"\xff" and data[at + 1 : at + 2] and data[at + 1] in _APPLICATION:
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    if data[at : at + 1] != b"\xff" or len(data) < at + 2:
        msg = "the image is cut short: its segments do not follow one another"
        raise InputError(msg)
    return at

"""Pixels that were accepted: made smaller where they are many, and written down again from nothing.

- What is kept is written by this file from pixels alone, so no byte of what was sent is in it by copying.
- The same pixels give the same bytes, and bytes written here are read and written again unchanged.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from facegate.faces.decode import MAX_BYTES
from facegate.faces.intake.limits import MAX_KEPT_PIXELS

if TYPE_CHECKING:
    from facegate.faces.decode import Pixels

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
HEADER: Final = struct.Struct(">IIBBBBB")
EIGHT_BITS, COLOR, SUB = 8, 2, 1
CHANNELS: Final = 3
FIT: Final = 0.97
"""A smaller photo has more detail in each pixel: a little less than what the size asks for."""


def at_most(rgb: Pixels, n_pixels: int = MAX_KEPT_PIXELS) -> Pixels:
    """Make a photo smaller, if it has more pixels than it may.

    Parameters
    ----------
    rgb : ndarray of shape (height, width, 3), uint8
        The photo.
    n_pixels : int
        Pixels it may have, at least 1.

    Returns
    -------
    ndarray of shape (height, width, 3), uint8
        The photo itself, or a smaller one of the same proportions as nearly as whole pixels allow.

    Examples
    --------
    >>> at_most(np.zeros((40, 10, 3), np.uint8), 100).shape
    (20, 5, 3)
    """
    height, width = rgb.shape[:2]
    if height * width <= n_pixels:
        return rgb
    scale = math.sqrt(n_pixels / (height * width))
    new_width = max(1, int(width * scale))
    new_height = max(1, min(int(height * scale), n_pixels // new_width))
    new_width = min(new_width, n_pixels // new_height)  # a line of pixels cannot get thinner than one
    small = Image.fromarray(rgb).resize((new_width, new_height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(small)


def kept_png(rgb: Pixels, *, max_bytes: int = MAX_BYTES) -> tuple[Pixels, bytes]:
    """Write a photo as PNG, smaller where the file would be too large to be taken in again.

    Parameters
    ----------
    rgb : ndarray of shape (height, width, 3), uint8
        The photo.
    max_bytes : int
        Bytes the file may have, at least 100.

    Returns
    -------
    tuple of ndarray and bytes
        The pixels that were written, and the file.
    """
    file = png_of(rgb)
    while len(file) > max_bytes:
        rgb = at_most(rgb, max(1, int(rgb.shape[0] * rgb.shape[1] * max_bytes / len(file) * FIT)))
        file = png_of(rgb)
    return rgb, file


def png_of(rgb: Pixels) -> bytes:
    """Write pixels as PNG of three chunks: header, pixels, end.

    Pillow takes three times as long for the same size, and holds up other threads meanwhile.

    Parameters
    ----------
    rgb : ndarray of shape (height, width, 3), uint8
        The photo.

    Returns
    -------
    bytes
        The file, without any metadata.

    References
    ----------
    W3C Portable Network Graphics (PNG) Specification, sections 5, 9.2 (filter Sub) and 11.2.
    """
    height, width = rgb.shape[:2]
    rows = np.ascontiguousarray(rgb).reshape(height, width * CHANNELS)
    filtered = np.empty((height, 1 + width * CHANNELS), np.uint8)
    filtered[:, 0] = SUB
    filtered[:, 1 : 1 + CHANNELS] = rows[:, :CHANNELS]
    np.subtract(rows[:, CHANNELS:], rows[:, :-CHANNELS], out=filtered[:, 1 + CHANNELS :])
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    body = packer.compress(filtered.data) + packer.flush()
    header = HEADER.pack(width, height, EIGHT_BITS, COLOR, 0, 0, 0)
    return b"".join((SIGNATURE, _chunk(b"IHDR", header), _chunk(b"IDAT", body), _chunk(b"IEND", b"")))


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

"""Bytes of a photo to pixels, assuming the worst of the bytes.

- Size, kind and dimensions are checked on the header, before a pixel is decoded: a PNG of 9,924 bytes
  can hold 81 megapixels.
- JPEG, PNG and WebP, by content; a file name is never looked at.
- The EXIF orientation is honored, then all metadata is dropped: what comes back is pixels.

What each unusual kind of picture becomes:

==============================  ==============================================================
grayscale, black and white      the one channel three times
palette                         its colors
16 bits a channel               the high byte of each
CMYK (JPEG)                     the plain formula; an embedded color profile is not applied
alpha, or a transparent color   laid over white
multi-picture JPEG (phones)     the primary picture
animated PNG or WebP            refused: which frame shows the person is not ours to guess
truncated                       refused: half a face is not a face
broken EXIF block               read as "no orientation given"
==============================  ==============================================================

Not protected here: time, and the decoders themselves. A progressive JPEG of 10 MB with very many passes
decodes slowly; `facegate.faces.intake` decodes what strangers send in a process with limits.
"""

from __future__ import annotations

import io
import warnings
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from facegate.errors import UnusablePhoto

Pixels: TypeAlias = NDArray[np.uint8]

MAX_BYTES = 10_000_000
MAX_PIXELS = 25_000_000
EXIF_ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIXTEEN_BIT_MODES = ("I;16", "I;16B", "I;16L", "I")
ALPHA_MODES = ("RGBA", "LA", "PA", "RGBa", "La")
PLAIN_MODES = ("RGB", "L", "1", "P", "CMYK")


class PhotoKind(StrEnum):
    """The kinds of photo that are taken."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"


def decode_photo(data: bytes) -> Pixels:
    """Decode one photo from untrusted bytes.

    Parameters
    ----------
    data : bytes
        The whole file: JPEG, PNG or WebP, at most 10 MB and 25 megapixels.

    Returns
    -------
    ndarray of shape (height, width, 3), uint8
        RGB, upright as the EXIF orientation says.

    Raises
    ------
    UnusablePhoto
        With reason ``empty``, ``too-large``, ``unsupported-format``, ``animated`` or ``unreadable``.
    """
    kind = photo_kind(data)
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # another library in the process may have switched it on
    try:
        with warnings.catch_warnings():  # Pillow warns of broken metadata, which is dropped anyway
            warnings.simplefilter("ignore")
            photo = _open(data, kind)
            photo.load()
            return _pixels(_upright(photo))
    except UnusablePhoto:
        raise
    except Exception as error:  # whatever a hostile file makes the decoder raise is one and the same finding
        msg = f"the photo is damaged or truncated and cannot be decoded ({type(error).__name__}: {error})"
        raise UnusablePhoto(msg, reason="unreadable") from error


def photo_kind(data: bytes) -> PhotoKind:
    """Tell the kind of a photo by its first bytes, without decoding any.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    PhotoKind
        The decoder that will be asked; no other one is.

    Raises
    ------
    UnusablePhoto
        With reason ``empty``, ``too-large`` (over 10 MB) or ``unsupported-format``.
    """
    if not data:
        msg = "the photo is empty: got 0 bytes"
        raise UnusablePhoto(msg, reason="empty")
    if len(data) > MAX_BYTES:
        msg = f"the photo is too large: got {len(data):,} bytes, wanted at most {MAX_BYTES:,}"
        raise UnusablePhoto(msg, reason="too-large")
    if data.startswith(b"\xff\xd8\xff"):
        return PhotoKind.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PhotoKind.PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return PhotoKind.WEBP
    msg = "the photo is of an unsupported format: wanted JPEG, PNG or WebP content"
    raise UnusablePhoto(msg, reason="unsupported-format")


def _open(data: bytes, kind: PhotoKind) -> ImageFile.ImageFile:
    """Read the header with the decoder of its kind, and refuse what must not be decoded.

    The decoders are called directly: ``Image.open`` would guess among formats, print a warning from
    89 megapixels on, and take a phone's multi-picture JPEG for an animation.
    """
    file = io.BytesIO(data)
    if kind is PhotoKind.JPEG:
        return _checked(JpegImageFile(file))
    if kind is PhotoKind.PNG:
        return _checked(PngImageFile(file))
    _refuse_large(*_webp_size(data))  # its decoder sets aside the whole canvas on opening
    return _checked(WebPImageFile(file))


def _checked(photo: ImageFile.ImageFile) -> ImageFile.ImageFile:
    """Refuse too many pixels, then more than one frame."""
    _refuse_large(*photo.size)
    n_frames = getattr(photo, "n_frames", 1)
    if n_frames > 1:
        msg = f"the photo is animated: got {n_frames} frames, wanted a single picture"
        raise UnusablePhoto(msg, reason="animated")
    return photo


def _refuse_large(width: int, height: int) -> None:
    """Refuse more pixels than a photo needs, before they are decoded."""
    if width * height > MAX_PIXELS:
        msg = f"the photo is too large: got {width} x {height} pixels, wanted at most {MAX_PIXELS:,}"
        raise UnusablePhoto(msg, reason="too-large")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Read width and height from a WebP header: RFC 9649, sections 2.5 to 2.7."""
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def _upright(photo: Image.Image) -> Image.Image:
    """Turn the photo as its EXIF orientation says; a broken EXIF block says nothing."""
    try:
        turn = TURNS.get(photo.getexif().get(EXIF_ORIENTATION, 1))
    except Exception:  # noqa: BLE001  metadata is optional: any way of being broken means "not given"
        return photo
    return photo if turn is None else photo.transpose(turn)


def _pixels(photo: Image.Image) -> Pixels:
    """Bring any accepted mode to 8-bit RGB."""
    if photo.mode in SIXTEEN_BIT_MODES:
        high = np.asarray(photo).astype(np.uint32) >> 8
        photo = Image.fromarray(np.minimum(high, 255).astype(np.uint8))
    if photo.mode in ALPHA_MODES or "transparency" in photo.info:
        colors = photo.convert("RGBA")
        photo = Image.alpha_composite(Image.new("RGBA", colors.size, "white"), colors)
    elif photo.mode not in PLAIN_MODES:
        msg = f"the photo is of an unsupported kind: got pixel mode {photo.mode}"
        raise UnusablePhoto(msg, reason="unsupported-format")
    return np.array(photo.convert("RGB"))

"""What a photo must be before it is kept: a plain PNG of bounded size, and nothing in it but pixels.

A photo as it was sent carries where and when it was taken, by whom, and at times a second picture (a
thumbnail that shows what was cropped away). So no such file is ever kept: only one whose chunks are the
header, the palette, the pixels and the end: what `facegate.faces.intake` makes. Whether the pixels can be
decoded was its question and is not asked again here.

References
----------
W3C PNG (Third Edition): 5.2 signature, 5.3 chunk layout, 5.6 chunk ordering, 11.2.1 IHDR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.faces.decode import MAX_BYTES
from facegate.faces.intake.limits import MAX_KEPT_PIXELS
from facegate.faces.intake.pixels import SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER: Final = b"IHDR"
_HEADER_BYTES: Final = 13
_PLAIN: Final = frozenset({"IHDR", "PLTE", "IDAT", "IEND"})
_AROUND: Final = 12  # bytes of a chunk besides its content: length, type, check sum


def demand_clean(png: bytes) -> None:
    """Demand a PNG with nothing in it but pixels.

    Parameters
    ----------
    png : bytes
        The file, at most `MAX_BYTES` bytes and `MAX_KEPT_PIXELS` pixels.

    Raises
    ------
    InputError
        If it is anything else: another format, too large, cut short, or with metadata.
    """
    if len(png) > MAX_BYTES:
        msg = f"the photo to be kept has {len(png):,} bytes, wanted at most {MAX_BYTES:,}"
        raise InputError(msg)
    chunks = list(_chunks(png))
    kinds = [kind for kind, _ in chunks]
    if strange := sorted({kind.decode("ascii", "replace") for kind in kinds} - _PLAIN):
        msg = f"the photo to be kept carries more than pixels ({', '.join(strange)[:60]}): wanted a clean PNG"
        raise InputError(msg)
    if chunks[-1] != (b"IEND", 0) or kinds.count(b"IEND") != 1 or kinds.count(_HEADER) != 1:
        raise _no_png()
    if b"IDAT" not in kinds:
        raise _no_png()
    n_pixels = int.from_bytes(png[16:20]) * int.from_bytes(png[20:24])
    if not 0 < n_pixels <= MAX_KEPT_PIXELS:
        msg = f"the photo to be kept has {n_pixels:,} pixels, wanted 1 to {MAX_KEPT_PIXELS:,}"
        raise InputError(msg)


def _chunks(png: bytes) -> Iterator[tuple[bytes, int]]:
    """Give type and length of each chunk; whatever lies behind the end makes it no PNG."""
    if not png.startswith(SIGNATURE) or png[12:16] != _HEADER or int.from_bytes(png[8:12]) != _HEADER_BYTES:
        raise _no_png()
    at = len(SIGNATURE)
    while at < len(png):
        length, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        at += length + _AROUND
        if at > len(png):
            raise _no_png()
        yield kind, length


def _no_png() -> InputError:
    return InputError("the photo to be kept is no whole PNG file: photos are re-encoded before they are kept")

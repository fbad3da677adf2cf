"""Only clean PNGs are kept: whatever carries more than pixels is refused."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photo_files import pixels, png
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from facegate.errors import InputError
from facegate.faces.decode import MAX_BYTES
from facegate.faces.intake.pixels import png_of
from facegate.gate.photos.clean import demand_clean


def saved(form: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401  any option of Pillow
    held = io.BytesIO()
    Image.fromarray(pixels()).save(held, form, **options)
    return held.getvalue()


def note() -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", "taken at 39.7392 N 104.9903 W")
    return info


def exif() -> Image.Exif:
    held = Image.Exif()
    held[0x010E] = "taken at the license office"
    return held


def test_what_the_intake_writes_is_clean() -> None:
    demand_clean(png_of(pixels()))


def test_an_ordinary_png_without_metadata_is_clean() -> None:
    demand_clean(saved())


@pytest.mark.parametrize(
    ("options", "named"),
    [({"pnginfo": note()}, "tEXt"), ({"exif": exif()}, "eXIf"), ({"dpi": (72, 72)}, "pHYs")],
)
def test_metadata_is_named_and_refused(options: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=rf"carries more than pixels \({named}\)"):
        demand_clean(saved(**options))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        saved("JPEG"),
        saved("WEBP"),
        png()[:-1],
        png()[:-12],
        png() + b"PK\x03\x04 an archive behind the end",
        png() + png()[8:],
        png()[:33] + png()[-12:],
    ],
    ids=["empty", "jpeg", "webp", "cut", "no end", "appended", "twice", "no pixels"],
)
def test_whatever_is_no_whole_png_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="no whole PNG file"):
        demand_clean(data)


def test_a_photo_of_too_many_pixels_is_refused_by_its_header() -> None:
    held = bytearray(png())
    held[16:24] = (4000).to_bytes(4) + (2001).to_bytes(4)
    with pytest.raises(InputError, match="8,004,000 pixels, wanted 1 to 8,000,000"):
        demand_clean(bytes(held))


def test_a_photo_of_too_many_bytes_is_refused_unread() -> None:
    with pytest.raises(InputError, match="10,000,001 bytes"):
        demand_clean(bytes(MAX_BYTES + 1))


@settings(deadline=None, max_examples=60)
@given(at=st.integers(0, len(png()) - 1), value=st.integers(0, 255))
def test_any_changed_byte_is_accepted_or_refused_in_one_sentence(at: int, value: int) -> None:
    held = bytearray(png())
    held[at] = value
    try:
        demand_clean(bytes(held))
    except InputError as error:
        assert "the photo to be kept" in str(error)  # noqa: PT017  either outcome is right

"""Safe decode: each way a photo can be strange, made in the test."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facegate.errors import UnusablePhoto
from facegate.faces.decode import EXIF_ORIENTATION, MAX_BYTES, decode_photo

if TYPE_CHECKING:
    from facegate.faces.decode import Pixels

RED, WHITE = (255, 0, 0), (255, 255, 255)


def picture(width: int = 40, height: int = 24) -> Image.Image:
    """Make a picture whose four corners all differ."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([across, down, np.full_like(across, 90)], axis=-1).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401  passed on to Pillow
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png(width: int, height: int, *, bits: int = 1, color: int = 0, rows: bytes | None = None) -> bytes:
    """Write a PNG by hand, also such as Pillow would not write."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    rows = bytes((width * bits + 7) // 8 + 1) * height if rows is None else rows
    body = zlib.compress(rows, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def reason(data: bytes) -> str:
    with pytest.raises(UnusablePhoto) as finding:
        decode_photo(data)
    return finding.value.reason


def pixel(rgb: Pixels, row: int = 0, column: int = 0) -> tuple[int, ...]:
    return tuple(int(value) for value in rgb[row, column])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_kinds_decode_to_height_by_width_by_rgb(kind: str) -> None:
    rgb = decode_photo(encoded(picture(), kind))
    assert rgb.shape == (24, 40, 3)
    assert rgb.dtype == np.uint8
    assert np.abs(rgb.astype(int) - np.asarray(picture()).astype(int)).mean() < 12


def test_a_png_keeps_every_pixel() -> None:
    assert np.array_equal(decode_photo(encoded(picture())), np.asarray(picture()))


def test_an_empty_file_says_so() -> None:
    assert reason(b"") == "empty"


def test_a_file_over_ten_megabytes_is_refused_whatever_it_holds() -> None:
    data = encoded(picture())
    assert reason(data + bytes(MAX_BYTES + 1 - len(data))) == "too-large"


def test_a_small_png_of_81_megapixels_is_refused_before_it_is_decoded() -> None:
    data = png(9000, 9000)
    assert len(data) < 12_000
    with pytest.raises(UnusablePhoto, match="9000 x 9000 pixels, wanted at most 25,000,000") as finding:
        decode_photo(data)
    assert finding.value.reason == "too-large"


def test_a_png_far_past_pillows_own_limit_is_the_same_finding_and_no_warning() -> None:
    assert reason(png(100_000, 100_000, rows=b"\x00")) == "too-large"


def test_exactly_25_megapixels_are_accepted() -> None:
    assert decode_photo(png(5000, 5000)).shape == (5000, 5000, 3)
    assert reason(png(5000, 5001)) == "too-large"


@pytest.mark.parametrize("lossless", [True, False])
def test_a_large_webp_is_refused_on_its_header(lossless: bool) -> None:  # noqa: FBT001  a parameter of the test
    data = encoded(Image.new("RGB", (6000, 4200)), "WEBP", lossless=lossless, method=0)
    assert reason(data) == "too-large"
    assert reason(data[:64]) == "too-large"  # nothing behind the header was looked at


def test_a_large_extended_webp_is_refused_on_its_header() -> None:
    data = encoded(Image.new("RGBA", (6000, 4200)), "WEBP", method=0, exif=b"Exif\x00\x00")
    assert data[12:16] == b"VP8X"
    assert reason(data[:64]) == "too-large"


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_another_format_is_refused_by_content(kind: str) -> None:
    assert reason(encoded(picture(), kind)) == "unsupported-format"


def test_text_is_not_a_photo() -> None:
    assert reason(b"person,sex,race\n") == "unsupported-format"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused_with_its_number_of_frames(kind: str) -> None:
    frames = [picture(), picture().rotate(180), picture().rotate(90)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(UnusablePhoto, match="animated: got 3 frames") as finding:
        decode_photo(data)
    assert finding.value.reason == "animated"


def test_a_phones_multi_picture_jpeg_yields_its_primary_picture() -> None:
    data = encoded(picture(), "MPO", save_all=True, append_images=[Image.new("RGB", (40, 24), RED)])
    assert decode_photo(data).shape == (24, 40, 3)
    assert pixel(decode_photo(data)) != RED


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.7, 0.97])
def test_a_truncated_photo_is_unreadable(kind: str, kept: float) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = encoded(noise, kind)
    assert reason(data[: int(len(data) * kept)]) == "unreadable"


@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_orientation_brings_the_photo_upright(turn: int) -> None:
    """The stored pixels are what a camera held that way wrote; decoding undoes it."""
    undo = {1: [], 2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]}[turn]
    stored = picture()
    for step in undo:
        stored = stored.transpose(Image.Transpose(step))
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = turn
    rgb = decode_photo(encoded(stored, "PNG", exif=exif))
    assert np.array_equal(rgb, np.asarray(picture()))


def test_jpeg_exif_orientation_is_honored_too() -> None:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    assert decode_photo(encoded(picture(), "JPEG", exif=exif)).shape == (40, 24, 3)


@pytest.mark.parametrize(
    "block", [b"Exif\x00\x00", b"Exif\x00\x00garbage", b"Exif\x00\x00II*\x00\xff\xff\xff\xff"]
)
def test_a_broken_exif_block_means_no_orientation(block: bytes) -> None:
    assert decode_photo(encoded(picture(), "JPEG", exif=block)).shape == (24, 40, 3)


@pytest.mark.parametrize("mode", ["L", "1"])
def test_a_gray_photo_has_three_equal_channels(mode: str) -> None:
    rgb = decode_photo(encoded(picture().convert(mode)))
    assert np.array_equal(rgb[..., 0], rgb[..., 1])
    assert np.array_equal(rgb[..., 0], rgb[..., 2])
    assert np.array_equal(rgb[..., 0], np.asarray(picture().convert(mode).convert("L")))


def test_a_gray_jpeg_decodes() -> None:
    assert decode_photo(encoded(picture().convert("L"), "JPEG")).shape == (24, 40, 3)


def test_a_palette_photo_shows_its_colors() -> None:
    image = Image.new("P", (4, 4), 7)
    image.putpalette([0, 0, 0] * 7 + list(RED) + [0, 0, 0] * 248)
    assert pixel(decode_photo(encoded(image))) == RED


def test_a_palette_with_a_transparent_color_is_laid_over_white() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([10, 20, 30] + list(RED) * 255)
    image.putpixel((1, 0), 1)
    rgb = decode_photo(encoded(image, transparency=0))
    assert pixel(rgb) == WHITE
    assert pixel(rgb, column=1) == RED


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_transparency_is_laid_over_white(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    image.paste((*RED, 255), (4, 0, 8, 8))
    rgb = decode_photo(encoded(image, kind, **options))
    assert pixel(rgb) == WHITE
    assert pixel(rgb, column=7) == RED


def test_half_transparent_gray_is_half_white() -> None:
    assert pixel(decode_photo(encoded(Image.new("LA", (2, 2), (0, 128))))) == (127, 127, 127)


def test_an_rgb_png_with_a_transparent_color_is_laid_over_white() -> None:
    assert pixel(decode_photo(encoded(Image.new("RGB", (2, 2), RED), transparency=RED))) == WHITE


def test_sixteen_bit_gray_keeps_its_high_byte() -> None:
    values = np.array([[0x0000, 0x00FF, 0x7F12, 0xFFFF]], dtype=">u2")
    rgb = decode_photo(png(4, 1, bits=16, rows=b"\x00" + values.tobytes()))
    assert rgb[0, :, 0].tolist() == [0x00, 0x00, 0x7F, 0xFF]


def test_sixteen_bit_color_keeps_its_high_byte() -> None:
    values = np.array([[0x12FF, 0x7F00, 0xFFFF]], dtype=">u2")
    rgb = decode_photo(png(1, 1, bits=16, color=2, rows=b"\x00" + values.tobytes()))
    assert pixel(rgb) == (0x12, 0x7F, 0xFF)


def test_a_cmyk_jpeg_keeps_its_colors() -> None:
    rgb = decode_photo(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95))
    assert np.abs(np.array(pixel(rgb)) - np.array(RED)).max() <= 4


def test_what_comes_back_carries_no_metadata_and_may_be_written_to() -> None:
    rgb = decode_photo(encoded(picture(), "JPEG", comment=b"who took it"))
    assert type(rgb) is np.ndarray
    rgb[0, 0] = 0


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_mutated_file_raises_anything_but_a_finding(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "WEBP"]))
    content = bytearray(encoded(picture(), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        outcome = str(decode_photo(bytes(content)).shape[2:])
    except UnusablePhoto as finding:
        outcome = finding.reason
    assert outcome in {"(3,)", "too-large", "unsupported-format", "animated", "unreadable"}


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF    WEBPVP8X", b"RIFF    WEBPVP8L"]),
)
def test_no_garbage_raises_anything_but_a_finding(tail: bytes, head: bytes) -> None:
    with pytest.raises(UnusablePhoto):
        decode_photo(head + tail)

"""What the intake makes of an honest photo: the same pixels as the search sees, upright, and nothing else."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_photos import PATIENT, blank_png, chunks_of, encoded, person, private_jpeg
from PIL import Image

from facegate.faces.decode import MAX_BYTES, PhotoKind, decode_photo
from facegate.faces.intake.limits import MAX_KEPT_PIXELS
from facegate.faces.intake.pixels import at_most, kept_png, png_of
from facegate.faces.intake.workers import IntakeWorkers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.faces.decode import Pixels

UNUSUAL = {
    "gray": encoded(person().convert("L")),
    "cmyk": encoded(person().convert("CMYK")),
    "progressive": encoded(person(), progressive=True),
    "several pictures": encoded(person(), "MPO", save_all=True, append_images=[person().rotate(180)]),
    "black and white": encoded(person().convert("1"), "PNG"),
    "palette": encoded(person().convert("P"), "PNG", transparency=3),
    "16 bits": encoded(person().convert("I;16"), "PNG"),
    "transparent": encoded(person().convert("LA"), "PNG"),
    "interlaced text": encoded(person(), "PNG", dpi=(72, 72)),
    "lossless webp": encoded(person().convert("RGBA"), "WEBP", lossless=True, method=0),
    "broken exif": encoded(person(), exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff"),
}


@pytest.fixture(scope="module")
def intake() -> Iterator[IntakeWorkers]:
    with IntakeWorkers.start(1, limits=PATIENT) as workers:
        yield workers


def noise(height: int, width: int) -> Pixels:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", UNUSUAL)
def test_the_confined_process_sees_the_same_pixels_as_the_search(intake: IntakeWorkers, name: str) -> None:
    clean = intake.clean(UNUSUAL[name])
    assert np.array_equal(decode_photo(clean.data), decode_photo(UNUSUAL[name]))


@pytest.mark.parametrize("kind", PhotoKind)
def test_it_says_what_was_sent_and_how_large_the_clean_photo_is(
    intake: IntakeWorkers, kind: PhotoKind
) -> None:
    sent = encoded(person(), kind.value.upper())
    clean = intake.clean(sent)
    assert (clean.kind, clean.width, clean.height) == (kind, 300, 280)
    assert clean.original_digest == hashlib.sha256(sent).hexdigest()
    assert Image.open(io.BytesIO(clean.data)).size == (300, 280)


@pytest.mark.parametrize("turn", range(1, 9))
def test_the_camera_orientation_is_honored_and_then_gone(intake: IntakeWorkers, turn: int) -> None:
    sent = private_jpeg(turn=turn)
    clean = intake.clean(sent)
    assert (clean.width, clean.height) == ((280, 300) if turn >= 5 else (300, 280))
    assert np.array_equal(decode_photo(clean.data), decode_photo(sent))
    assert chunks_of(clean.data) == [b"IHDR", b"IDAT", b"IEND"]


def test_the_same_bytes_give_the_same_photo_from_any_process(intake: IntakeWorkers) -> None:
    with IntakeWorkers.start(1) as another:
        assert intake.clean(private_jpeg()) == another.clean(private_jpeg()) == intake.clean(private_jpeg())


def test_a_clean_photo_stays_what_it_is_when_it_is_sent_again(intake: IntakeWorkers) -> None:
    once = intake.clean(private_jpeg())
    assert intake.clean(once.data).data == once.data


def test_a_photo_of_25_megapixels_is_kept_with_at_most_8(intake: IntakeWorkers) -> None:
    clean = intake.clean(blank_png(6250, 4000))
    assert 0.999 * MAX_KEPT_PIXELS < clean.width * clean.height <= MAX_KEPT_PIXELS
    assert clean.width / clean.height == pytest.approx(1.5625, abs=0.001)


def test_what_is_kept_may_always_be_taken_in_again(intake: IntakeWorkers) -> None:
    """Noise does not pack: 8 megapixels of it would be a file of 24 MB, which no search would take."""
    sent = encoded(Image.fromarray(noise(2000, 2500)), quality=70)
    clean = intake.clean(sent)
    assert len(clean.data) <= MAX_BYTES
    assert clean.width * clean.height > 2_000_000
    assert intake.clean(clean.data).data == clean.data


def test_a_file_that_would_be_too_large_is_of_fewer_pixels() -> None:
    pixels, file = kept_png(noise(120, 160), max_bytes=9000)
    assert len(file) <= 9000
    assert np.array_equal(decode_photo(file), pixels)
    assert pixels.shape[1] / pixels.shape[0] == pytest.approx(4 / 3, abs=0.05)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_every_pixel_written_is_read_again(height: int, width: int, seed: int) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert np.array_equal(decode_photo(png_of(rgb)), rgb)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 60), st.integers(1, 5000))
def test_a_smaller_photo_never_has_more_pixels_than_it_may(height: int, width: int, most: int) -> None:
    small = at_most(np.zeros((height, width, 3), np.uint8), most)
    assert 0 < small.shape[0] * small.shape[1] <= max(most, 1)
    assert small.shape[0] <= height
    assert small.shape[1] <= width

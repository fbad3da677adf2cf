"""Marks of copies: in the file itself, no pixel touched, and nothing leaves that cannot carry one."""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from test_review_dossier import image

from facegate.errors import InputError
from facegate.gate.review.copy_marks import mark_of, marked_image, marked_text

KEY = bytes(range(32))
MARK = mark_of(KEY, "test/v1", "search", "recipient")


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def pixels(data: bytes) -> bytes:
    return opened(data).tobytes()


def exif() -> Image.Exif:
    held = Image.Exif()
    held[0x010E] = "taken at the license office"
    return held


@pytest.mark.parametrize("options", [{}, {"exif": exif()}, {"progressive": True}, {"comment": b"older"}])
def test_a_jpeg_carries_its_mark_as_a_comment_and_keeps_its_pixels(options: dict[str, Any]) -> None:
    photo = image("JPEG", **options)
    marked = marked_image(photo, MARK)
    assert b"facegate copy " + MARK.encode() in marked
    assert pixels(marked) == pixels(photo)
    assert opened(marked).getexif() == opened(photo).getexif()


def test_an_ordinary_reader_of_jpeg_files_reads_the_mark() -> None:
    assert opened(marked_image(image("JPEG"), MARK)).info["comment"] == f"facegate copy {MARK}".encode()


def test_the_mark_stands_behind_the_segment_that_jfif_wants_first() -> None:
    photo = image("JPEG")
    marked = marked_image(photo, MARK)
    assert photo[2:4] == b"\xff\xe0"
    assert marked[:20] == photo[:20]


@pytest.mark.parametrize("options", [{}, {"optimize": True}])
def test_a_png_carries_its_mark_as_text_and_keeps_its_pixels(options: dict[str, Any]) -> None:
    photo = image("PNG", **options)
    with opened(marked_image(photo, MARK)) as read:
        read.load()  # the check sum of every chunk is looked at
        assert read.info["facegate"] == f"copy {MARK}"
        assert read.tobytes() == pixels(photo)


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "WEBP"])
def test_an_image_of_another_form_cannot_carry_a_mark(form: str) -> None:
    with pytest.raises(InputError, match="neither a JPEG nor a PNG file, so it cannot carry a mark"):
        marked_image(image(form), MARK)


@pytest.mark.parametrize("length", range(34))
def test_the_head_of_a_png_is_no_png(length: int) -> None:
    with pytest.raises(InputError, match="neither a JPEG nor a PNG"):
        marked_image(image("PNG")[:length], MARK)


@pytest.mark.parametrize("length", [3, 4, 5, 12])
def test_a_jpeg_that_ends_within_its_first_segment_is_cut_short(length: int) -> None:
    with pytest.raises(InputError, match="cut short"):
        marked_image(image("JPEG")[:length], MARK)


def test_a_jpeg_whose_segments_run_into_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="cut short"):
        marked_image(b"\xff\xd8\xff\xe0\x00\x04abcd" + bytes(20), MARK)


@pytest.mark.parametrize("text", ["no base 64!", "aGk", "aGk=aGk=", "\u00e4\u00f6"])
def test_what_is_not_base_64_is_no_image(text: str) -> None:
    with pytest.raises(InputError, match="not base 64 text"):
        marked_text(text, MARK)


def test_base_64_may_be_wrapped_into_lines() -> None:
    text = b64encode(image()).decode()
    wrapped = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    assert b64decode(marked_text(wrapped, MARK)) == marked_image(image(), MARK)


@given(data=st.binary(max_size=200), start=st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]))
def test_whatever_is_given_it_is_marked_or_refused_in_a_sentence(data: bytes, start: bytes) -> None:
    try:
        marked = marked_image(start + data, MARK)
    except InputError:
        return
    assert MARK.encode() in marked
    assert len(marked) > len(start + data)


def test_two_recipients_two_labels_and_two_keys_have_different_marks() -> None:
    marks = {
        mark_of(key, label, "search", who)
        for key in (KEY, bytes(32))
        for label in ("a/v1", "b/v1")
        for who in ("8841", "8842")
    }
    assert len(marks) == 8
    assert all(len(one) == 16 and one.isalnum() and one.islower() for one in marks)


def test_an_image_without_pixels_of_its_own_colors_keeps_them() -> None:
    gray = io.BytesIO()
    Image.fromarray(np.arange(16, dtype=np.uint8).reshape(4, 4)).save(gray, "PNG")
    assert pixels(marked_image(gray.getvalue(), MARK)) == pixels(gray.getvalue())

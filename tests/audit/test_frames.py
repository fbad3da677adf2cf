"""Frames: two bytes of length, then the record."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.audit.frames import FrameCutShort, frame, read_frame


def test_the_golden_bytes_of_a_frame() -> None:
    assert frame(b"abc") == b"\x00\x03abc"
    assert frame(bytes(65_535))[:2] == b"\xff\xff"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=8))
def test_frames_one_after_the_other_are_read_back(entries: list[bytes]) -> None:
    stream = BytesIO(b"".join(map(frame, entries)))
    assert [read_frame(stream) for _ in entries] == entries
    assert read_frame(stream) is None


@pytest.mark.parametrize("kept", [1, 2, 3, 4])
def test_a_frame_cut_anywhere_is_found(kept: int) -> None:
    with pytest.raises(FrameCutShort, match="past the end of the file"):
        read_frame(BytesIO(frame(b"abc")[:kept]))

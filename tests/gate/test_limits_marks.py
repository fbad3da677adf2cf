"""Marks of a probe: packed, read back, and borne when damaged."""

from __future__ import annotations

import hashlib

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facegate.errors import InputError
from facegate.gate.limits.marks import ProbeMarks, file_marks, perceptual_hashes, probe_marks

CHIP = np.random.default_rng(1).integers(0, 256, (150, 150, 3), dtype=np.uint8)
TEMPLATE = np.linspace(-0.2, 0.2, 128, dtype=np.float32)


def test_marks_come_back_from_their_sealed_fields() -> None:
    marks = probe_marks(file_marks(b"photo").digest, perceptual_hashes(CHIP), TEMPLATE)
    again = ProbeMarks.unpack(marks.packed())
    assert again.digest == hashlib.sha256(b"photo").hexdigest()
    assert (again.face_hash, again.mirror_hash) == (marks.face_hash, marks.mirror_hash)
    assert again.template is not None
    assert np.abs(again.template - TEMPLATE).max() < 2e-4


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(st.sampled_from(["probe_digest", "probe_hash", "probe_template"]), st.text(max_size=80))
)
def test_damaged_or_erased_marks_count_as_not_there(sealed: dict[str, str]) -> None:
    marks = ProbeMarks.unpack(sealed)
    assert marks.digest in {"", sealed.get("probe_digest", "")}
    assert not marks.complete or sealed["probe_template"]


def test_the_mirror_image_has_the_mirror_hash() -> None:
    assert perceptual_hashes(CHIP) == perceptual_hashes(CHIP[:, ::-1])[::-1]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1))
def test_the_hashes_are_those_of_the_library(seed: int) -> None:
    chip = np.random.default_rng(seed).integers(0, 256, (150, 150, 3), dtype=np.uint8)
    plain = [imagehash.phash(Image.fromarray(one.copy())) for one in (chip, chip[:, ::-1])]
    assert [f"{one:016x}" for one in perceptual_hashes(chip)] == [str(one) for one in plain]


@pytest.mark.parametrize("chip", [CHIP[..., 0], CHIP[:0], CHIP.astype(np.float32)])
def test_what_is_no_chip_is_refused(chip: np.ndarray) -> None:
    with pytest.raises(InputError, match="a face chip must have shape"):
        perceptual_hashes(chip)


@pytest.mark.parametrize("template", [TEMPLATE[None], TEMPLATE[:0], TEMPLATE * np.nan, TEMPLATE + 1e9])
def test_what_is_no_template_is_refused(template: np.ndarray) -> None:
    with pytest.raises(InputError, match="must be one vector of finite numbers"):
        probe_marks("1", (1, 2), template)

"""Face chips and their jittered copies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import dlib
import numpy as np
import pytest
from portraits import astronaut

from facegate.faces.align import face_chip, jittered_chips
from facegate.faces.detect import find_faces
from facegate.faces.model_files import ModelFile, model_path

if TYPE_CHECKING:
    from facegate.faces.decode import Pixels


@pytest.fixture(scope="module")
def chip() -> Pixels:
    return face_chip(astronaut(), find_faces(astronaut())[0])


def eyes(pixels: Pixels) -> tuple[float, float]:
    """Give the heights of the two eyes, by a second look at the chip."""
    (box,) = dlib.get_frontal_face_detector()(pixels, 1)
    points = dlib.shape_predictor(str(model_path(ModelFile.LANDMARKS_5)))(pixels, box).parts()
    heights = [point.y for point in points]
    return (heights[0] + heights[1]) / 2, (heights[2] + heights[3]) / 2


def test_a_chip_is_150_pixels_square_and_8_bit(chip: Pixels) -> None:
    assert chip.shape == (150, 150, 3)
    assert chip.dtype == np.uint8


def test_the_eyes_of_a_chip_are_level_though_the_head_is_tilted(chip: Pixels) -> None:
    tilt = np.subtract(*eyes(astronaut()))
    assert abs(np.subtract(*eyes(chip))) <= 2 < abs(tilt)


def test_more_padding_shows_more_of_the_head() -> None:
    box = find_faces(astronaut())[0]
    tight, wide = (face_chip(astronaut(), box, size=200, padding=padding) for padding in (0.1, 0.5))
    assert tight.shape == wide.shape == (200, 200, 3)
    width = [np.diff([find_faces(chip)[0].left, find_faces(chip)[0].right])[0] for chip in (tight, wide)]
    assert width[0] > 1.2 * width[1]


def test_a_box_reaching_beyond_the_photo_gives_a_chip_black_at_that_edge() -> None:
    box = find_faces(astronaut())[0]
    cut = np.ascontiguousarray(astronaut()[:, box.left + 30 :])
    moved = replace(box, left=-30, right=box.right - box.left - 30)
    chip = face_chip(cut, moved)
    assert chip.shape == (150, 150, 3)
    assert not chip[75, :5].any()


def test_jittered_copies_are_the_same_for_the_same_seed_whatever_came_before(chip: Pixels) -> None:
    first = jittered_chips(chip, n=4, seed=7)
    jittered_chips(chip, n=3, seed=8)
    assert np.array_equal(jittered_chips(chip, n=4, seed=7), first)
    assert not np.array_equal(jittered_chips(chip, n=4, seed=8), first)


def test_jittered_copies_differ_a_little_from_the_chip_and_from_each_other(chip: Pixels) -> None:
    copies = jittered_chips(chip, n=6, seed=0)
    assert copies.shape == (6, 150, 150, 3)
    assert len({copy.tobytes() for copy in copies}) == 6
    for copy in copies:
        straight, mirrored = (np.abs(copy - side.astype(float)).mean() for side in (chip, chip[:, ::-1]))
        assert 0 < min(straight, mirrored) < 30


def test_about_half_of_the_jittered_copies_are_mirrored(chip: Pixels) -> None:
    copies = jittered_chips(chip, n=40, seed=1).astype(float)
    straight = np.abs(copies - chip).mean(axis=(1, 2, 3))
    mirrored = np.abs(copies - chip[:, ::-1]).mean(axis=(1, 2, 3))
    assert 10 <= np.count_nonzero(mirrored < straight) <= 30


def test_no_copies_are_no_copies(chip: Pixels) -> None:
    assert jittered_chips(chip, n=0, seed=0).shape == (0, 150, 150, 3)

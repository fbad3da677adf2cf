"""One photo, one face: data sets take the central one, probes must have exactly one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from portraits import astronaut, faceless, png, two_faces

from facegate.errors import UnusablePhoto
from facegate.faces.align import face_chip
from facegate.faces.detect import Detector, FaceBox, find_faces
from facegate.faces.photo import Face, central_face, only_face

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_probe_with_one_face_yields_its_chip() -> None:
    face = only_face(png(astronaut()))
    assert face.n_faces == 1
    assert face.quality == find_faces(astronaut())[0].confidence
    assert np.array_equal(face.chip, face_chip(astronaut(), face.box))


def test_a_probe_with_two_faces_is_refused_and_told_how_many() -> None:
    with pytest.raises(UnusablePhoto, match="shows 2 faces, wanted exactly one") as finding:
        only_face(png(two_faces()))
    assert finding.value.reason == "several-faces"


@pytest.mark.parametrize(("before", "after", "middle"), [(300, 0, 440), (0, 300, 459)])
def test_a_data_sets_photo_yields_the_face_nearest_the_center(before: int, after: int, middle: int) -> None:
    wide = np.pad(two_faces(), ((0, 0), (before, after), (0, 0)))
    face = central_face(png(wide))
    assert face.n_faces == 2
    assert (face.box.left + face.box.right) / 2 == pytest.approx(middle, abs=12)


@pytest.mark.parametrize("take", [central_face, only_face])
def test_a_photo_without_a_face_is_no_face(take: Callable[[bytes], Face]) -> None:
    with pytest.raises(UnusablePhoto, match="no face found in the photo of 200 x 160 pixels") as finding:
        take(png(faceless()))
    assert finding.value.reason == "no-face"


def test_without_the_fallback_only_hog_is_named() -> None:
    with pytest.raises(UnusablePhoto, match="by the HOG detector"):
        central_face(png(faceless()), fallback=False)


def test_an_undecodable_probe_is_unreadable() -> None:
    with pytest.raises(UnusablePhoto, match="damaged or truncated") as finding:
        only_face(png(astronaut())[:5000])
    assert finding.value.reason == "unreadable"


def test_a_face_that_only_the_cnn_found_has_no_hog_score() -> None:
    box = FaceBox(0, 0, 9, 9, 1.05, Detector.CNN)
    assert math.isnan(Face(np.zeros((150, 150, 3), dtype=np.uint8), box, 1).quality)

"""The quicker search is dlib's own search without its finest levels."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import dlib
import numpy as np
import pytest
from PIL import Image
from portraits import astronaut, faceless, png

from facegate.faces import photo
from facegate.faces.detect import LARGE_FACE, FaceBox, find_faces, find_large_faces
from facegate.faces.photo import central_face, only_face
from facegate.faces.pyramid import Edges, doubled_and_shrunk, levels_below, photo_edges

if TYPE_CHECKING:
    from facegate.faces.decode import Pixels


def resized(height: int) -> Pixels:
    return np.asarray(Image.fromarray(astronaut()).resize((height * 300 // 280, height)))


def edges_and_scores(image: Pixels, levels: int) -> list[tuple[Edges, float]]:
    """Search as the quicker search does, entered some levels down."""
    boxes, scores, _ = dlib.get_frontal_face_detector().run(doubled_and_shrunk(image, levels), 0, 0.0)
    return [(photo_edges(box, levels), score) for box, score in zip(boxes, scores, strict=True)]


@cache
def found_whole(height: int) -> list[tuple[Edges, float]]:
    """Search as dlib does."""
    boxes, scores, _ = dlib.get_frontal_face_detector().run(resized(height), 1, 0.0)
    return [
        (Edges(box.left(), box.top(), box.right(), box.bottom()), score)
        for box, score in zip(boxes, scores, strict=True)
    ]


@pytest.mark.parametrize("height", [180, 250, 333])
@pytest.mark.parametrize("levels", [0, 1, 2, 3])
def test_entered_further_down_the_search_gives_dlibs_own_boxes_and_scores(height: int, levels: int) -> None:
    assert edges_and_scores(resized(height), levels) == found_whole(height)


@pytest.mark.parametrize("height", [180, 250, 400])
def test_a_large_face_is_found_just_as_the_whole_search_finds_it(height: int) -> None:
    (large,) = find_large_faces(resized(height))
    assert large == find_faces(resized(height))[0]


def test_a_small_face_is_left_to_the_whole_search() -> None:
    canvas: Pixels = np.full((600, 600, 3), 127, dtype=np.uint8)
    canvas[:140, :150] = resized(140)
    assert find_large_faces(canvas) == ()
    assert len(find_faces(canvas)) == 1


def test_the_levels_skipped_follow_the_shorter_side() -> None:
    assert levels_below((250, 250), LARGE_FACE) == 4
    assert levels_below((250, 900), LARGE_FACE) == 4
    assert levels_below((40, 40), LARGE_FACE) == 0


def test_where_no_large_face_covers_the_middle_the_whole_search_decides() -> None:
    corner: Pixels = np.full((700, 700, 3), 127, dtype=np.uint8)
    corner[:280, :300] = astronaut()
    face = central_face(png(corner))
    assert face.box == find_faces(corner)[0]


def test_a_faceless_photo_has_no_large_face() -> None:
    assert find_large_faces(faceless()) == ()


def test_a_probe_is_always_searched_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: Pixels) -> tuple[FaceBox, ...]:
        message = "a second person in the background would be missed"
        raise AssertionError(message)

    monkeypatch.setattr(photo, "find_large_faces", refused)
    assert only_face(png(astronaut())).n_faces == 1

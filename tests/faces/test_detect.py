"""Detection on a real face, by both detectors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from portraits import astronaut, faceless, two_faces

from facegate.faces import detect
from facegate.faces.detect import Detector, FaceBox, find_faces


def middle(box: FaceBox) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


def test_one_face_is_found_with_the_detectors_real_score() -> None:
    (box,) = find_faces(astronaut())
    assert box.detector is Detector.HOG
    assert 0.5 < box.confidence < 3
    assert middle(box) == pytest.approx((140, 121), abs=10)


def test_the_most_confident_face_comes_first() -> None:
    boxes = find_faces(two_faces())
    assert len(boxes) == 2
    assert boxes[0].confidence > boxes[1].confidence


def test_where_hog_finds_no_face_the_cnn_finds_it() -> None:
    sideways = np.ascontiguousarray(astronaut()[20:230, 40:240].swapaxes(0, 1)[::-1])
    assert find_faces(sideways, fallback=False) == ()
    (box,) = find_faces(sideways)
    assert box.detector is Detector.CNN
    assert 0 < box.confidence < 2


def test_a_photo_without_a_face_yields_no_box() -> None:
    assert find_faces(faceless()) == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 7), (40, 7), (19, 640), (20, 20)])
def test_a_tiny_photo_yields_no_box(shape: tuple[int, int]) -> None:
    assert find_faces(np.zeros((*shape, 3), dtype=np.uint8)) == ()


def test_boxes_of_a_large_photo_are_in_its_own_pixels() -> None:
    large = np.kron(astronaut(), np.ones((8, 8, 1), dtype=np.uint8))
    assert max(large.shape) > detect.HOG_LONGEST_SIDE
    (box,), (small,) = find_faces(large), find_faces(astronaut())
    # The detector's grid is coarse: a tenth of a face is no difference; another scale would be.
    assert middle(box) == pytest.approx([8 * place for place in middle(small)], abs=0.15 * 8 * 90)
    assert box.right - box.left == pytest.approx(8 * (small.right - small.left), rel=0.2)


def test_what_the_detectors_look_at_is_bounded_in_size() -> None:
    image, scale = detect._bounded(np.zeros((5000, 4999, 3), dtype=np.uint8), 800)
    assert max(image.shape) == 800
    assert scale == pytest.approx(6.25)


def test_a_photo_within_the_bound_is_looked_at_as_it_is() -> None:
    image, scale = detect._bounded(astronaut(), 300)
    assert image is astronaut()
    assert scale == 1


def test_a_very_long_photo_keeps_at_least_one_pixel_of_width() -> None:
    image, _ = detect._bounded(np.zeros((20_000, 1, 3), dtype=np.uint8), 800)
    assert image.shape == (800, 1, 3)


def test_eight_threads_at_once_find_what_one_finds() -> None:
    """Without taking turns, dlib's detector brings the whole process down."""
    photos = [astronaut(), two_faces(), faceless(), np.ascontiguousarray(astronaut()[:, ::-1])] * 4
    alone = [find_faces(photo, fallback=False) for photo in photos]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda photo: find_faces(photo, fallback=False), photos)) == alone

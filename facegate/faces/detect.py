"""Find faces: dlib's HOG detector, and its CNN detector where the first finds none.

- HOG, one upsampling: finds faces from about 40 pixels. It found one in 13,166 of the 13,233 photos of
  Labeled Faces in the Wild; which faces it misses is not random, so the fallback matters to who is
  counted as a failure to enroll.
- The two detectors' confidences are on different scales: a box says which one found it.
- Both look at a copy bounded in size, so that a large photo costs no more than a bounded one. Boxes are
  given in the photo's own pixels.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

import dlib
import numpy as np
from PIL import Image

from facegate.faces.model_files import ModelFile, model_path
from facegate.faces.pyramid import Edges, doubled_and_shrunk, levels_below, photo_edges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.faces.decode import Pixels

HOG_LONGEST_SIDE = 1200
"""Pixels; the smallest face found in a larger photo is about 1/30 of its longest side. A square of this
size costs about 3 seconds and 0.5 GB."""

CNN_LONGEST_SIDE = 640
"""Pixels; the CNN costs about 10 seconds a megapixel on one core, and 1 GB of memory."""

SHORTEST_SIDE = 20
"""Pixels; no face fits below, and dlib's CNN brings the whole process down on a photo 7 pixels wide."""

HOG_UPSAMPLINGS = 1
CNN_UPSAMPLINGS = 0

LARGE_FACE = 0.3
"""Share of the photo's shorter side: what the quicker search looks for."""

_CNN_TURN = threading.Lock()
"""A detector keeps the photo it works on inside itself, and lets other threads run meanwhile: two photos in
one detector would bring the whole process down. The CNN, of which there is one because it is large, takes
turns; of HOG detectors there is one for every photo that is looked at, see `_hog_detector`."""

_AT_ONCE = threading.Semaphore(os.cpu_count() or 1)
"""More photos at once than there are cores are no sooner done, and each takes up to half a gigabyte."""


_IDLE: list[Any] = []  # HOG detectors


class Detector(StrEnum):
    """Which detector found a face."""

    HOG = "hog"
    CNN = "cnn"


@dataclass(frozen=True, slots=True)
class FaceBox:
    """Where one face is.

    Parameters
    ----------
    left, top, right, bottom : int
        Edges in pixels of the photo, right and bottom inclusive; may lie outside the photo.
    confidence : float
        The detector's own score, higher is clearer, dimensionless; HOG from 0 (its threshold) to
        about 3, CNN from 0 to about 1.1. Not comparable between detectors.
    detector : Detector
        Which of the two found it.
    """

    left: int
    top: int
    right: int
    bottom: int
    confidence: float
    detector: Detector


def find_faces(rgb: Pixels, *, fallback: bool = True) -> tuple[FaceBox, ...]:
    """Find all faces in a photo.

    Parameters
    ----------
    rgb : ndarray of shape (height, width, 3), uint8
        The photo.
    fallback : bool
        Try the slower CNN detector where HOG finds no face.

    Returns
    -------
    tuple of FaceBox
        Most confident first; empty if no face was found.

    References
    ----------
    N. Dalal and B. Triggs, Histograms of oriented gradients for human detection, CVPR 2005.
    D. E. King, Max-margin object detection, arXiv:1502.00046.
    """
    return _hog_faces(rgb) or (_cnn_faces(rgb) if fallback else ())


def find_large_faces(rgb: Pixels) -> tuple[FaceBox, ...]:
    """Find faces of about 0.3 of the shorter side and more, for half the cost.

    Parameters
    ----------
    rgb : ndarray of shape (height, width, 3), uint8
        The photo.

    Returns
    -------
    tuple of FaceBox
        Most confident first; the boxes and scores that `find_faces` gives for the same faces.
    """
    image, scale = _bounded(rgb, HOG_LONGEST_SIDE)
    if min(image.shape[:2]) < SHORTEST_SIDE:
        return ()
    levels = levels_below(image.shape, LARGE_FACE)
    halved = doubled_and_shrunk(image, levels)
    with _hog_detector() as detector:
        boxes, scores, _ = detector.run(halved, 0, 0.0)
    return tuple(
        _box(photo_edges(box, levels), scale, score, Detector.HOG)
        for box, score in zip(boxes, scores, strict=True)
    )


def _hog_faces(rgb: Pixels) -> tuple[FaceBox, ...]:
    """Run the HOG detector on a bounded copy."""
    image, scale = _bounded(rgb, HOG_LONGEST_SIDE)
    if min(image.shape[:2]) < SHORTEST_SIDE:
        return ()
    with _hog_detector() as detector:
        boxes, scores, _ = detector.run(image, HOG_UPSAMPLINGS, 0.0)
    return tuple(
        _box(_edges(box), scale, score, Detector.HOG) for box, score in zip(boxes, scores, strict=True)
    )


def _cnn_faces(rgb: Pixels) -> tuple[FaceBox, ...]:
    """Run the CNN detector on a smaller bounded copy."""
    image, scale = _bounded(rgb, CNN_LONGEST_SIDE)
    if min(image.shape[:2]) < SHORTEST_SIDE:
        return ()
    with _CNN_TURN:
        found = _cnn_detector()(image, CNN_UPSAMPLINGS)
    return tuple(_box(_edges(one.rect), scale, one.confidence, Detector.CNN) for one in found)


def _bounded(rgb: Pixels, longest_side: int) -> tuple[Pixels, float]:
    """Shrink a photo whose longest side is too long; also give original over new size."""
    height, width = rgb.shape[:2]
    scale = max(height, width) / longest_side
    if scale <= 1:
        return rgb, 1.0
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    small = Image.fromarray(rgb).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(small), scale


def _edges(rectangle: Any) -> Edges:  # noqa: ANN401  dlib has no types
    return Edges(rectangle.left(), rectangle.top(), rectangle.right(), rectangle.bottom())


def _box(edges: Edges, scale: float, confidence: float, detector: Detector) -> FaceBox:
    """Bring edges in the bounded copy back to the photo's pixels."""
    left, top, right, bottom = (round(edge * scale) for edge in edges)
    return FaceBox(left, top, right, bottom, float(confidence), detector)


@contextmanager
def _hog_detector() -> Iterator[Any]:
    """Lend a HOG detector that nobody else uses meanwhile; as many are made as are ever used at once."""
    with _AT_ONCE:
        try:
            detector = _IDLE.pop()  # one step of the interpreter: no two threads are given the same
        except IndexError:
            detector = dlib.get_frontal_face_detector()
        try:
            yield detector
        finally:
            _IDLE.append(detector)


@cache
def _cnn_detector() -> Any:  # noqa: ANN401  dlib has no types
    """Load the CNN detector once per process, when first needed."""
    return dlib.cnn_face_detection_model_v1(str(model_path(ModelFile.CNN_DETECTOR)))

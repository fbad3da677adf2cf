"""Cut one face out of a photo, upright and at the size the network was trained on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import dlib
import numpy as np

from facegate.faces.model_files import ModelFile, model_path

if TYPE_CHECKING:
    from facegate.faces.decode import Pixels
    from facegate.faces.detect import FaceBox

CHIP_SIZE = 150
CHIP_PADDING = 0.25
JITTER_DEGREES = 3.0
JITTER_SHIFT = 0.02
JITTER_SMALLEST_HEIGHT = 0.97
JITTER_MARGIN = 3


def face_chip(rgb: Pixels, box: FaceBox, *, size: int = CHIP_SIZE, padding: float = CHIP_PADDING) -> Pixels:
    """Cut out one face, turned upright by its eye corners and nose.

    Parameters
    ----------
    rgb : ndarray of shape (height, width, 3), uint8
        The photo.
    box : FaceBox
        The face, in pixels of the photo.
    size : int
        Height and width of the chip in pixels.
    padding : float
        Room left around the face, as a fraction of its size.

    Returns
    -------
    ndarray of shape (size, size, 3), uint8
        The face chip; black where it reaches beyond the photo.

    References
    ----------
    V. Kazemi and J. Sullivan, One millisecond face alignment with an ensemble of regression trees,
    CVPR 2014; dlib's five-point model.
    """
    chip: Pixels = dlib.get_face_chip(rgb, _landmarks(rgb, box), size=size, padding=padding)
    return chip


def face_landmarks(rgb: Pixels, box: FaceBox) -> tuple[tuple[int, int], ...]:
    """Find the five points by which a face is aligned.

    Parameters
    ----------
    rgb : ndarray of shape (height, width, 3), uint8
        The photo.
    box : FaceBox
        The face, in pixels of the photo.

    Returns
    -------
    tuple of tuple of int
        Column and row in pixels: outer and inner corner of the eye at the right of an upright photo (the
        person's left), outer and inner corner of the other eye, base of the nose.
    """
    return tuple((point.x, point.y) for point in _landmarks(rgb, box).parts())


def _landmarks(rgb: Pixels, box: FaceBox) -> Any:  # noqa: ANN401  dlib has no types
    return _landmark_model()(rgb, dlib.rectangle(box.left, box.top, box.right, box.bottom))


def jittered_chips(chip: Pixels, *, n: int, seed: int) -> Pixels:
    """Make slightly turned, shifted, enlarged and mirrored copies of one chip.

    The mean template of some tens of them is a little steadier than the template of one chip. dlib's own
    ``jitter_image`` draws from a generator that all calls of a process share, so its result depends on
    what was jittered before; this one draws from the same ranges by a seed.

    Parameters
    ----------
    chip : ndarray of shape (size, size, 3), uint8
        A face chip.
    n : int
        How many copies.
    seed : int
        The same chip, n and seed give the same copies.

    Returns
    -------
    ndarray of shape (n, size, size, 3), uint8
        Rotated by up to 3 degrees, shifted by up to 2 % and cut to 97-100 % of the chip within a margin
        of 3 pixels, half of them mirrored.
    """
    generator = np.random.default_rng(seed)
    copies: Pixels = np.empty((n, *chip.shape), dtype=np.uint8)
    for copy in copies:
        copy[...] = _jittered(chip, generator)
    return copies


def _jittered(chip: Pixels, generator: np.random.Generator) -> Pixels:
    """Draw one copy."""
    size = chip.shape[0]
    inner = size - 2 * JITTER_MARGIN
    side = inner / generator.uniform(JITTER_SMALLEST_HEIGHT, 1.0)
    middle_x, middle_y = (size - 1) / 2 + inner * generator.uniform(-JITTER_SHIFT, JITTER_SHIFT, 2)
    half = (side - 1) / 2
    window = dlib.drectangle(middle_x - half, middle_y - half, middle_x + half, middle_y + half)
    angle = np.deg2rad(generator.uniform(-JITTER_DEGREES, JITTER_DEGREES))
    details = dlib.chip_details(window, dlib.chip_dims(size, size), float(angle))
    copy: Pixels = dlib.extract_image_chip(chip, details)
    return copy[:, ::-1] if generator.random() < 0.5 else copy  # noqa: PLR2004  one half


@cache
def _landmark_model() -> Any:  # noqa: ANN401  dlib has no types
    """Load the five-point landmark model once per process."""
    return dlib.shape_predictor(str(model_path(ModelFile.LANDMARKS_5)))

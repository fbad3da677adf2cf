"""What a person should know of a photo before searching with it: where the face is, what speaks against it.

A warning refuses nothing. It says what was measured and what to do, and is decided by numbers alone.

- Brightness is not judged. "More than a quarter of the face is nearly black" held for 5 of 59 Black and for
  none of 50 White faces in MEDS-II: it would have measured skin and hair along with the light. Contrast below
  its bound held for 3 and for 2 of them; of 298 faces of LFW for none, at 0.3 of their light for 215.
- Sharpness is relative to the contrast, so that a dim photo is not taken for a blurred one. It was below its
  bound for 4 of 298 faces of LFW, and after a Gaussian blur of 2 pixels for 275 of 294.
- The nose tells of a strong turn only: none of the 42 faces that MEDS-II took from an angle drew the warning,
  10 of 298 in LFW did. Full profiles are mostly not found at all.
- How much any of this raises error rates was not measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from facegate.faces.align import CHIP_SIZE, face_chip, face_landmarks
from facegate.faces.decode import decode_photo
from facegate.faces.detect import Detector, FaceBox
from facegate.faces.intake.pixels import png_of
from facegate.faces.photo import only_face_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.faces.decode import Pixels

PREVIEW_SIZE: Final = 240
PREVIEW_PADDING: Final = 0.4

NETWORK_EYE_DISTANCE: Final = 52
"""Pixels between the eyes' middles in the aligned face that the network looks at."""
LEAST_EYE_DISTANCE: Final = NETWORK_EYE_DISTANCE / 2
LEAST_SHARPNESS: Final = 0.007
LEAST_CONTRAST: Final = 40.0
MOST_BLOWN_OUT: Final = 0.2
MOST_TURN: Final = 0.25
MOST_TILT: Final = 20.0

WHITE: Final = 250
BORDER: Final = CHIP_SIZE // 6  # hair and background are around, the face is within
LUMA: Final = np.array([0.299, 0.587, 0.114], np.float32)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the eyes are, and how the head is held.

    Parameters
    ----------
    eyes : tuple of two points
        Middle of each eye, column and row in pixels: the one at the left of the photo first.
    eye_distance : float
        Pixels between them.
    turn : float
        How far the nose stands beside the middle of the eyes, as a share of their distance: 0 for a face
        seen from the front.
    tilt : float
        Degrees between the line of the eyes and the horizontal, 0 to 180.
    """

    eyes: tuple[Point, Point]
    eye_distance: float
    turn: float
    tilt: float


@dataclass(frozen=True, slots=True)
class Light:
    """What is left of the face in the aligned chip, without its border.

    Parameters
    ----------
    sharpness : float
        Variance of the Laplacian over the variance of the luma, dimensionless; higher is sharper.
    contrast : float
        Luma between the 5th and the 95th percentile, 0 to 255.
    blown_out : float
        Share of pixels that are nearly white, 0 to 1.
    """

    sharpness: float
    contrast: float
    blown_out: float


@dataclass(frozen=True, slots=True)
class FaceSeen:
    """The only face of a photo.

    Parameters
    ----------
    box : FaceBox
        In pixels of the clean photo.
    eyes : tuple of two points
        Middle of each eye, as in `Pose`.
    warnings : tuple of str
        Sentences for people; empty if nothing speaks against the photo.
    preview : bytes
        The face cut out and turned upright: PNG of 240 x 240 pixels.
    pose : Pose
        What was measured of it.
    light : Light
        What was measured of it.
    """

    box: FaceBox
    eyes: tuple[Point, Point]
    warnings: tuple[str, ...]
    preview: bytes
    pose: Pose
    light: Light


def face_seen(png: bytes) -> FaceSeen:
    """Find the only face of a clean photo, by the rule of the search, and look at it.

    Parameters
    ----------
    png : bytes
        A clean photo: it is decoded in this process.

    Returns
    -------
    FaceSeen
        The face, with warnings.

    Raises
    ------
    UnusablePhoto
        With reason ``no-face``, or ``several-faces`` and their boxes.
    """
    rgb = decode_photo(png)
    face = only_face_in(rgb)
    pose, light = pose_of(face_landmarks(rgb, face.box)), light_of(face.chip)
    preview = face_chip(rgb, face.box, size=PREVIEW_SIZE, padding=PREVIEW_PADDING)
    warnings = (*_of_the_place(face.box, rgb), *_of_the_pose(pose), *_of_the_light(light))
    return FaceSeen(face.box, pose.eyes, warnings, png_of(preview), pose, light)


def pose_of(landmarks: tuple[tuple[int, int], ...]) -> Pose:
    """Measure how a head is held.

    Parameters
    ----------
    landmarks : tuple of five points
        As ``face_landmarks`` gives them.

    Returns
    -------
    Pose
        In pixels and degrees of the photo.

    Examples
    --------
    >>> pose_of(((70, 10), (50, 10), (10, 10), (30, 10), (40, 40)))
    Pose(eyes=((20.0, 10.0), (60.0, 10.0)), eye_distance=40.0, turn=0.0, tilt=0.0)
    """
    points = np.array(landmarks, float)
    right, left, nose = points[:2].mean(axis=0), points[2:4].mean(axis=0), points[4]
    across = right - left
    distance = max(float(np.hypot(*across)), 1.0)
    turn = abs(float((nose - (left + right) / 2) @ across)) / distance**2
    tilt = abs(math.degrees(math.atan2(across[1], across[0])))
    return Pose(((float(left[0]), float(left[1])), (float(right[0]), float(right[1]))), distance, turn, tilt)


def light_of(chip: Pixels) -> Light:
    """Measure sharpness and contrast of an aligned face.

    Parameters
    ----------
    chip : ndarray of shape (150, 150, 3), uint8
        As ``face_chip`` gives it.

    Returns
    -------
    Light
        Of the chip without its border.
    """
    luma = (chip.astype(np.float32) @ LUMA)[BORDER:-BORDER, BORDER:-BORDER]
    middle = luma[1:-1, 1:-1]
    laplacian = luma[1:-1, 2:] + luma[1:-1, :-2] + luma[2:, 1:-1] + luma[:-2, 1:-1] - 4 * middle
    low, high = np.percentile(luma, (5, 95))
    return Light(
        sharpness=float(laplacian.var() / max(float(luma.var()), 1.0)),
        contrast=float(high - low),
        blown_out=float((luma >= WHITE).mean()),
    )


def _of_the_place(box: FaceBox, rgb: Pixels) -> Iterator[str]:
    """Warn of a face that is not wholly in the photo, or hard to find."""
    height, width = rgb.shape[:2]
    if min(box.left, box.top) < 0 or box.right >= width or box.bottom >= height:
        yield "The face reaches over the edge of the photo. Use one that shows it whole."
    if box.detector is not Detector.HOG:
        yield (
            "Only the second of two detectors found the face: it may be turned away, covered or unclear. "
            "Check that the preview shows the right one."
        )


def _of_the_pose(pose: Pose) -> Iterator[str]:
    """Warn of a face that is small, turned or tilted."""
    if pose.eye_distance < LEAST_EYE_DISTANCE:
        yield (
            f"The face is small: {pose.eye_distance:.0f} pixels between the eyes, "
            f"wanted at least {LEAST_EYE_DISTANCE:.0f}. Use a larger or closer photo."
        )
    if pose.turn > MOST_TURN:
        yield "The face is turned far to one side. Use a photo from the front."
    if pose.tilt > MOST_TILT:
        yield f"The head is tilted by {pose.tilt:.0f} degrees. Check that the preview stands upright."


def _of_the_light(light: Light) -> Iterator[str]:
    """Warn of a face that shows little."""
    if light.sharpness < LEAST_SHARPNESS:
        yield "The face is blurred, or was enlarged from a small picture. Use a sharper photo."
    if light.contrast < LEAST_CONTRAST:
        yield "The face shows little contrast: too little light, too much of it, or haze. Use a better one."
    if light.blown_out > MOST_BLOWN_OUT:
        yield f"{light.blown_out:.0%} of the face is nearly white: too much light. Use a better lit photo."

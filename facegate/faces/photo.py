"""One photo, one face: the rule for data sets and the rule for probes.

- A data set's photo shows the labeled person in the middle: the face nearest the center is taken, and how
  many faces there were is told.
- A probe with several faces is refused: whom to search for is a person's choice, not the software's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import UnusablePhoto
from facegate.faces.align import face_chip
from facegate.faces.decode import Pixels, decode_photo
from facegate.faces.detect import Detector, FaceBox, find_faces, find_large_faces

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """The one face taken from a photo.

    Parameters
    ----------
    chip : ndarray of shape (150, 150, 3), uint8
        The aligned face, RGB.
    box : FaceBox
        Where it was, and which detector found it.
    n_faces : int
        Faces found by the search that was enough; above 1 the nearest to the center was taken. Small faces
        in the background are not looked for where a large one covers the middle.
    """

    chip: Pixels
    box: FaceBox
    n_faces: int

    @property
    def quality(self) -> float:
        """Score of the HOG detector, 0 to about 3; NaN where only the CNN found the face.

        The CNN's confidence is on another scale: one column must not hold both.
        """
        return self.box.confidence if self.box.detector is Detector.HOG else math.nan


def central_face(data: bytes, *, fallback: bool = True) -> Face:
    """Take the face nearest the center of a data set's photo.

    Parameters
    ----------
    data : bytes
        The photo file.
    fallback : bool
        Try the CNN detector where HOG finds no face.

    Returns
    -------
    Face
        Chip, box, and how many faces the photo shows.

    Raises
    ------
    UnusablePhoto
        If the photo cannot be decoded or shows no face (reason ``no-face``).
    """
    rgb = decode_photo(data)
    large = find_large_faces(rgb)
    # The quicker search is enough where a large face covers the middle: in all of LFW it led to another face
    # than the whole search in 1 photo of 13,233, there to the plainer one of the two.
    boxes = large if any(_covers_middle(box, rgb) for box in large) else find_faces(rgb, fallback=fallback)
    return _taken(rgb, boxes, fallback=fallback, choose=_nearest_center)


def only_face(data: bytes, *, fallback: bool = True) -> Face:
    """Take the only face of a probe.

    Parameters
    ----------
    data : bytes
        The photo file.
    fallback : bool
        Try the CNN detector where HOG finds no face.

    Returns
    -------
    Face
        Chip and box; ``n_faces`` is 1.

    Raises
    ------
    UnusablePhoto
        If the photo cannot be decoded, shows no face (``no-face``), or several (``several-faces``).
    """
    return only_face_in(decode_photo(data), fallback=fallback)


def only_face_in(rgb: Pixels, *, fallback: bool = True) -> Face:
    """Take the only face of a probe that is decoded already.

    Parameters
    ----------
    rgb : ndarray of shape (height, width, 3), uint8
        The photo.
    fallback : bool
        Try the CNN detector where HOG finds no face.

    Returns
    -------
    Face
        Chip and box; ``n_faces`` is 1.

    Raises
    ------
    UnusablePhoto
        If the photo shows no face (``no-face``), or several (``several-faces``, with their boxes).
    """
    return _taken(rgb, find_faces(rgb, fallback=fallback), fallback=fallback, choose=_sole)


def _taken(
    rgb: Pixels,
    boxes: tuple[FaceBox, ...],
    *,
    fallback: bool,
    choose: Callable[[tuple[FaceBox, ...], Pixels], FaceBox],
) -> Face:
    """Choose one of the faces found, and align it."""
    if not boxes:
        tried = "HOG and CNN detectors" if fallback else "HOG detector"
        msg = f"no face found in the photo of {rgb.shape[1]} x {rgb.shape[0]} pixels by the {tried}"
        raise UnusablePhoto(msg, reason="no-face")
    box = choose(boxes, rgb)
    return Face(face_chip(rgb, box), box, len(boxes))


def _sole(boxes: tuple[FaceBox, ...], _: Pixels) -> FaceBox:
    """Refuse to choose."""
    if len(boxes) > 1:
        msg = f"the photo shows {len(boxes)} faces, wanted exactly one: crop it to the person to be searched"
        edges = tuple((box.left, box.top, box.right, box.bottom) for box in boxes)
        raise UnusablePhoto(msg, reason="several-faces", boxes=edges)
    return boxes[0]


def _covers_middle(box: FaceBox, rgb: Pixels) -> bool:
    """Tell whether the middle of the photo lies in the box."""
    height, width = rgb.shape[:2]
    return bool(box.left <= width / 2 <= box.right and box.top <= height / 2 <= box.bottom)


def _nearest_center(boxes: tuple[FaceBox, ...], rgb: Pixels) -> FaceBox:
    """Choose by distance from the middle of the box to the middle of the photo, ties by position."""
    height, width = rgb.shape[:2]

    def order(box: FaceBox) -> tuple[int, int, int]:
        across, down = box.left + box.right - (width - 1), box.top + box.bottom - (height - 1)
        return across * across + down * down, box.left, box.top

    return min(boxes, key=order)

"""One photo file of a data set, taken as far as its face chip, or to the reason why there is none.

Nothing is raised for a bad photo: a failure to enroll is a finding that is counted, never a crash.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import UnusablePhoto
from facegate.faces.decode import MAX_BYTES
from facegate.faces.photo import central_face

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.faces.decode import Pixels

READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class PhotoFinding:
    """What became of one photo file.

    Parameters
    ----------
    photo_digest : str
        SHA-256 (hex) of the file, empty if it could not be read.
    failure : str
        Empty if there is a chip, else the reason, such as ``no-face``.
    quality : float
        Score of the HOG detector; NaN if only the CNN found the face, or there is none.
    n_faces : int
        Faces in the photo; above 1 the face nearest the center was taken.
    detector : str
        ``hog`` or ``cnn`` for the face taken, else empty.
    chip : ndarray of shape (150, 150, 3), uint8, or None
        The aligned face.
    """

    photo_digest: str
    failure: str = ""
    quality: float = math.nan
    n_faces: int = 0
    detector: str = ""
    chip: Pixels | None = None


def examine_photo(path: Path, *, fallback: bool) -> PhotoFinding:
    """Read a photo file and take the face nearest its center.

    Parameters
    ----------
    path : Path
        The file; at most 10 MB of it are held in memory.
    fallback : bool
        Try the CNN detector where HOG finds no face.

    Returns
    -------
    PhotoFinding
        With a chip, or with the reason for having none; ``unreadable`` also where the file is gone.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # one byte too many is enough to be refused as too large
    except OSError:
        return PhotoFinding("", failure="unreadable")
    digest = hashlib.sha256(data).hexdigest() if len(data) <= MAX_BYTES else file_digest(path)
    try:
        face = central_face(data, fallback=fallback)
    except UnusablePhoto as finding:
        return PhotoFinding(digest, failure=finding.reason)
    return PhotoFinding(digest, "", face.quality, face.n_faces, face.box.detector.value, face.chip)


def file_digest(path: Path) -> str:
    """Give the SHA-256 (hex) of a file of any size, empty if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(READ_BYTES):
                digest.update(piece)
    except OSError:
        return ""
    return digest.hexdigest()

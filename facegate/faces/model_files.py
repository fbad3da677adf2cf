"""Where the installed face models lie.

They travel in the package ``face_recognition_models``, which is located and never imported: importing
it wants ``pkg_resources``, and reading a file needs no code of that package to run.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from facegate.errors import InputError

PACKAGE = "face_recognition_models"


class ModelFile(StrEnum):
    """The model files facegate uses, by file name."""

    NETWORK = "dlib_face_recognition_resnet_model_v1.dat"
    LANDMARKS_5 = "shape_predictor_5_face_landmarks.dat"
    CNN_DETECTOR = "mmod_human_face_detector.dat"


@cache
def model_path(model: ModelFile) -> Path:
    """Locate one installed model file.

    Parameters
    ----------
    model : ModelFile
        Which one.

    Returns
    -------
    Path
        The file inside the installed package.

    Raises
    ------
    InputError
        If the package, or the file in it, is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        msg = (
            f"the face models are missing: package {PACKAGE} is not installed; run `make test` or `make demo`"
        )
        raise InputError(msg)
    path = Path(spec.origin).parent / "models" / model.value
    if not path.is_file():
        msg = f"the face models are incomplete: {model.value} is not in the installed package {PACKAGE}"
        raise InputError(msg)
    return path


@cache
def model_digest(model: ModelFile) -> str:
    """Give the SHA-256 (hex) of one installed model file, read once per process."""
    return hashlib.sha256(model_path(model).read_bytes()).hexdigest()

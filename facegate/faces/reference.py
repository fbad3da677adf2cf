"""The reference embedder: the network as the package ``face_recognition`` runs it.

Slow, and there to be compared with: the default embedder must give the same vectors to 1e-5. It needs the
optional ``reference`` extra. Its digest is its own, so its templates are never mixed with the default's.

Traps of the package that are fenced in here: it imports ``pkg_resources``, which warns of its own removal and
is missing from new setuptools; where a part is missing it ends the whole process; and it switches Pillow to
accept truncated images everywhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import warnings
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import ImageFile

from facegate.decision import Metric
from facegate.errors import InputError
from facegate.faces.align import CHIP_PADDING, CHIP_SIZE
from facegate.faces.dlib_weights import DIMENSION
from facegate.faces.embedder import check_chips
from facegate.faces.model_files import ModelFile, model_digest
from facegate.templates import EmbedderInfo

if TYPE_CHECKING:
    from facegate.decision import Vectors
    from facegate.faces.decode import Pixels

PARTS = ("face_recognition", "face_recognition_models", "pkg_resources")


class FaceRecognitionEmbedder:
    """``face_recognition``'s own network object, one chip at a time, on one thread.

    Raises
    ------
    InputError
        If the ``reference`` extra is not installed.
    """

    def __init__(self) -> None:
        self._network: Any = load_face_recognition().api.face_encoder
        self._info = _info()

    @property
    def info(self) -> EmbedderInfo:
        """Name ``face_recognition``, 128 components, Euclidean."""
        return self._info

    def embed(self, chips: Pixels) -> Vectors:
        """Map chips to vectors.

        Parameters
        ----------
        chips : ndarray of shape (n, 150, 150, 3), uint8
            Aligned faces, RGB.

        Returns
        -------
        ndarray of shape (n, 128), float32
            Compare by Euclidean distance.

        Raises
        ------
        InputError
            If the chips have another shape or type.
        """
        check_chips(chips)
        vectors: Vectors = np.empty((len(chips), DIMENSION), dtype=np.float32)
        for vector, chip in zip(vectors, chips, strict=True):
            vector[:] = self._network.compute_face_descriptor(np.ascontiguousarray(chip))
        return vectors


def load_face_recognition() -> Any:  # noqa: ANN401  the package has no types
    """Import ``face_recognition`` without its side effects.

    Returns
    -------
    module
        The package.

    Raises
    ------
    InputError
        If it, or something it needs, is not installed.
    """
    missing = [part for part in PARTS if find_spec(part) is None]
    if missing:
        raise InputError(_not_installed(", ".join(missing)))
    truncated = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
            import face_recognition  # noqa: PLC0415  an optional extra, and it loads 130 MB of models
    except (ImportError, SystemExit) as error:
        raise InputError(_not_installed(f"a part of it ({error})")) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = truncated
    return face_recognition


def _not_installed(what: str) -> str:
    return (
        f"the reference embedder needs the optional extra 'reference' of facegate: {what} cannot be "
        "imported; `make test` installs it"
    )


def _info() -> EmbedderInfo:
    """Describe this way of running the network: package, dlib, weights and alignment."""
    settings = {
        "packages": {package: _version(package) for package in ("face_recognition", "dlib-bin", "dlib")},
        "network": model_digest(ModelFile.NETWORK),
        "landmarks": model_digest(ModelFile.LANDMARKS_5),
        "chip_size": CHIP_SIZE,
        "chip_padding": CHIP_PADDING,
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    return EmbedderInfo("face_recognition", digest, DIMENSION, Metric.EUCLIDEAN)


def _version(package: str) -> str:
    """Version of an installed package, or that it is absent."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"

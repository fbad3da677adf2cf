"""The reference embedder, and the fence around its package."""

from __future__ import annotations

import builtins
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import ImageFile
from portraits import astronaut, png, variants

from facegate.errors import InputError, UnusablePhoto
from facegate.faces import reference
from facegate.faces.align import face_chip
from facegate.faces.decode import decode_photo
from facegate.faces.detect import find_faces
from facegate.faces.dlib_onnx import DlibEmbedder, dlib_info
from facegate.faces.reference import FaceRecognitionEmbedder, load_face_recognition

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def embedder() -> FaceRecognitionEmbedder:
    return FaceRecognitionEmbedder()


def test_the_default_embedder_gives_the_references_vectors(
    embedder: FaceRecognitionEmbedder, tmp_path: Path
) -> None:
    chips = np.stack([face_chip(photo, find_faces(photo)[0]) for photo in variants()])
    difference = np.abs(DlibEmbedder.load(tmp_path).embed(chips) - embedder.embed(chips))
    assert difference.max() <= 1e-5


def test_the_whole_way_from_photo_to_vector_is_the_packages_own(
    embedder: FaceRecognitionEmbedder, tmp_path: Path
) -> None:
    """Detection, alignment and network against ``face_encodings``, which knows nothing of ours."""
    package = load_face_recognition()
    (expected,) = package.face_encodings(astronaut(), num_jitters=1)
    chip = face_chip(astronaut(), find_faces(astronaut())[0])
    assert embedder.info.dimension == 128
    assert np.abs(DlibEmbedder.load(tmp_path).embed(chip[None])[0] - expected).max() <= 1e-5


def test_its_templates_are_not_mixed_with_the_defaults(embedder: FaceRecognitionEmbedder) -> None:
    assert embedder.info.name == "face_recognition"
    assert embedder.info.digest != dlib_info().digest


def test_chips_of_another_shape_are_refused(embedder: FaceRecognitionEmbedder) -> None:
    with pytest.raises(InputError, match="face chips must have shape"):
        embedder.embed(np.zeros((1, 10, 10, 3), dtype=np.uint8))


def test_truncated_photos_stay_refused_after_the_package_was_loaded() -> None:
    load_face_recognition()
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False
    with pytest.raises(UnusablePhoto, match="truncated"):
        decode_photo(png(astronaut())[:60_000])


def test_truncated_photos_stay_refused_even_if_another_library_allows_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(UnusablePhoto, match="truncated"):
        decode_photo(png(astronaut())[:60_000])


@pytest.mark.parametrize("part", reference.PARTS)
def test_a_missing_part_is_one_clear_sentence(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "find_spec", lambda name: None if name == part else find_spec(name))
    with pytest.raises(
        InputError, match=f"needs the optional extra 'reference' of facegate: {part} cannot be"
    ):
        FaceRecognitionEmbedder()


def test_a_package_that_ends_the_process_on_import_is_one_clear_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def quitting(name: str, *rest: Any, **options: Any) -> Any:  # noqa: ANN401  stands in for __import__
        if name == "face_recognition":
            sys.exit("gone")
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", quitting)
    with pytest.raises(InputError, match="needs the optional extra"):
        FaceRecognitionEmbedder()

"""The default embedder against dlib's own code, and its cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dlib
import numpy as np
import pytest
from portraits import variants

from facegate.errors import InputError, StorageError
from facegate.faces import dlib_onnx
from facegate.faces.align import face_chip, jittered_chips
from facegate.faces.detect import find_faces
from facegate.faces.dlib_onnx import BATCH, DlibEmbedder, cached_graph, dlib_info
from facegate.faces.model_files import ModelFile, model_path
from facegate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facegate.decision import Vectors
    from facegate.faces.decode import Pixels

TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def embedder(cache: Path) -> DlibEmbedder:
    return DlibEmbedder.load(cache)


@pytest.fixture(scope="module")
def chips() -> Pixels:
    return np.stack([face_chip(photo, find_faces(photo)[0]) for photo in variants()])


def dlib_vectors(chips: Pixels) -> Vectors:
    network = dlib.face_recognition_model_v1(str(model_path(ModelFile.NETWORK)))
    return np.array([np.array(network.compute_face_descriptor(chip)) for chip in chips], dtype=np.float32)


def test_vectors_of_real_chips_are_dlibs_own(embedder: DlibEmbedder, chips: Pixels) -> None:
    assert np.abs(embedder.embed(chips) - dlib_vectors(chips)).max() <= TOLERANCE


@pytest.mark.data
def test_vectors_of_lfw_chips_are_dlibs_own(embedder: DlibEmbedder) -> None:
    folder = Settings.from_environment().data
    if folder is None or not (folder / "lfw").is_dir():
        pytest.skip("needs LFW: set FACEGATE_DATA to a folder that holds lfw")
    from facegate.faces.photo import central_face  # noqa: PLC0415  only where the data are

    photos = sorted((folder / "lfw").rglob("*_0001.jpg"))[::240]
    chips = np.stack([central_face(photo.read_bytes()).chip for photo in photos])
    assert len(chips) >= 20
    assert np.abs(embedder.embed(chips) - dlib_vectors(chips)).max() <= TOLERANCE


def test_the_same_person_is_within_dlibs_usual_distance(embedder: DlibEmbedder, chips: Pixels) -> None:
    vectors = embedder.embed(chips)
    assert np.linalg.norm(vectors - vectors[0], axis=1).max() < 0.6


def test_vectors_are_left_at_the_length_the_network_gives_them(embedder: DlibEmbedder, chips: Pixels) -> None:
    lengths = np.linalg.norm(embedder.embed(chips), axis=1)
    assert lengths.min() > 1.1


def test_the_size_of_a_batch_changes_nothing_that_matters(embedder: DlibEmbedder, chips: Pixels) -> None:
    many = jittered_chips(chips[0], n=BATCH + 3, seed=0)
    together = embedder.embed(many)
    assert together.shape == (BATCH + 3, 128)
    assert together.dtype == np.float32
    for row in (0, BATCH - 1, BATCH, BATCH + 2):
        assert np.abs(embedder.embed(many[row : row + 1]) - together[row]).max() < TOLERANCE


def test_no_chips_give_no_vectors(embedder: DlibEmbedder) -> None:
    assert embedder.embed(np.empty((0, 150, 150, 3), dtype=np.uint8)).shape == (0, 128)


@pytest.mark.parametrize(
    "chips",
    [
        np.zeros((1, 149, 150, 3), dtype=np.uint8),
        np.zeros((150, 150, 3), dtype=np.uint8),
        np.zeros((1, 150, 150, 3), dtype=np.float32),
        np.full((1, 150, 150, 3), np.nan),
    ],
)
def test_chips_of_another_shape_or_type_are_refused(embedder: DlibEmbedder, chips: Any) -> None:  # noqa: ANN401  wrong types on purpose
    with pytest.raises(InputError, match=r"must have shape \(n, 150, 150, 3\) of uint8, got"):
        embedder.embed(chips)


def test_the_digest_covers_weights_and_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = {dlib_info().digest}
    monkeypatch.setattr(dlib_onnx, "CHIP_PADDING", 0.3)
    digests.add(dlib_info().digest)
    monkeypatch.setattr(dlib_onnx, "model_digest", lambda model: f"other {model}")
    digests.add(dlib_info().digest)
    assert len(digests) == 3
    assert all(len(digest) == 64 for digest in digests)


def test_the_digest_of_the_default_embedder_is_pinned() -> None:
    """Whoever changes it parts from every template made so far: do it on purpose."""
    assert dlib_info().digest == "1fa19b8bfec983437588f46bacfde2fffeaa8242a648be131fe3a5c08d4371f4"


def test_the_graph_is_built_once_and_then_read(
    cache: Path, embedder: DlibEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert embedder.info.name == "dlib"
    monkeypatch.setattr(dlib_onnx, "build_graph", lambda _: pytest.fail("built again"))
    assert cached_graph(cache)


@pytest.mark.parametrize("harm", ["flip", "cut", "empty", "no digest", "bad digest"])
def test_a_damaged_cache_is_noticed_and_built_again(cache: Path, embedder: DlibEmbedder, harm: str) -> None:
    assert embedder.info.dimension == 128
    whole = cached_graph(cache)
    (graph,), (digest,) = cache.glob("*.onnx"), cache.glob("*.sha256")
    damages: dict[str, Callable[[], object]] = {
        "flip": lambda: graph.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]),
        "cut": lambda: graph.write_bytes(whole[:1000]),
        "empty": lambda: graph.write_bytes(b""),
        "no digest": digest.unlink,
        "bad digest": lambda: digest.write_bytes(b"\xff\xfe"),
    }
    damages[harm]()
    assert cached_graph(cache) == whole
    assert graph.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="could not write"):
        cached_graph(tmp_path / "file" / "cache")


def test_nothing_half_written_stays_in_the_cache(cache: Path, embedder: DlibEmbedder) -> None:
    assert embedder.info.dimension == 128
    assert {path.suffix for path in cache.iterdir()} == {".onnx", ".sha256"}

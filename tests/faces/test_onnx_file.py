"""A user's own network: fed as described, compared with numpy, and refused where it does not fit."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
import skimage.data
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from facegate.datasets import embedding
from facegate.datasets.dataset import Dataset
from facegate.datasets.embedding import embed_dataset
from facegate.errors import InputError
from facegate.faces.onnx_file import EmbedderFile
from facegate.faces.photo_file import examine_photo
from facegate.records import Demographics, LabeledPhoto, SubjectId, TemplateId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facegate.faces.decode import Pixels
    from facegate.faces.embedder import Embedder

DESCRIPTION = """
name = "tiny"
file = "tiny.onnx"
dimension = 4
input_size = [2, 3]
layout = "nchw"
color = "bgr"
mean = [1.0, 2.0, 3.0]
scale = 0.5
metric = "euclidean"
normalize = false
crop = "dlib-chip"
"""
WEIGHTS = np.random.default_rng(5).normal(size=(18, 4)).astype(np.float32)


def write_model(
    folder: Path,
    *,
    shape: Sequence[int | str] = ("n", 3, 2, 3),
    weights: np.ndarray = WEIGHTS,
    outputs: int = 1,
    kind: int = TensorProto.FLOAT,
) -> Path:
    """Write a network of one matrix product over all pixels, and its description."""
    names = [f"out{place}" for place in range(outputs)]
    nodes = [helper.make_node("Flatten", ["image"], ["flat"], axis=1)]
    nodes += [helper.make_node("MatMul", ["flat", "weights"], [name]) for name in names]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", kind, shape)],
        [helper.make_tensor_value_info(name, kind, None) for name in names],
        [numpy_helper.from_array(weights.astype(helper.tensor_dtype_to_np_dtype(kind)), "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(folder / "tiny.onnx"))
    return describe(folder)


def describe(folder: Path, old: str = "", new: str = "") -> Path:
    """Write the description, with something in it changed."""
    path = folder / "tiny.toml"
    path.write_text(DESCRIPTION.replace(old, new) if old else DESCRIPTION, encoding="utf-8")
    return path


def chips(n: int) -> Pixels:
    """Draw chips."""
    return np.random.default_rng(n).integers(0, 256, (n, 150, 150, 3), dtype=np.uint8)


def by_hand(given: Pixels) -> np.ndarray:
    """Do in numpy what the description says: resize, blue first, subtract, scale, channels first."""
    small = np.stack(
        [np.asarray(Image.fromarray(one).resize((3, 2), Image.Resampling.BILINEAR)) for one in given]
    )
    fed = (small[..., ::-1].astype(np.float64) - [1.0, 2.0, 3.0]) * 0.5
    return np.asarray(fed.transpose(0, 3, 1, 2).reshape(len(given), -1) @ WEIGHTS)


# --- what is made -------------------------------------------------------------------------------


def test_chips_are_fed_as_the_description_says(tmp_path: Path) -> None:
    embedder: Embedder = EmbedderFile.read(write_model(tmp_path)).load(threads=1)
    given = chips(40)  # more than one batch
    np.testing.assert_allclose(embedder.embed(given), by_hand(given), rtol=1e-5, atol=1e-3)
    assert embedder.info.dimension == 4


def test_a_network_for_one_image_at_a_time_gives_the_same(tmp_path: Path) -> None:
    path = write_model(tmp_path, shape=(1, 3, 2, 3))
    given = chips(3)
    np.testing.assert_allclose(
        EmbedderFile.read(path).load().embed(given), by_hand(given), rtol=1e-5, atol=1e-3
    )


def test_channels_last_is_fed_channels_last(tmp_path: Path) -> None:
    write_model(tmp_path, shape=("n", 2, 3, 3))
    embedder = EmbedderFile.read(describe(tmp_path, '"nchw"', '"nhwc"')).load()
    given = chips(2)
    small = np.stack(
        [np.asarray(Image.fromarray(one).resize((3, 2), Image.Resampling.BILINEAR)) for one in given]
    )
    fed = ((small[..., ::-1] - np.array([1.0, 2.0, 3.0])) * 0.5).reshape(2, -1)
    np.testing.assert_allclose(embedder.embed(given), fed @ WEIGHTS, rtol=1e-5, atol=1e-3)


def test_cosine_vectors_come_out_at_unit_length(tmp_path: Path) -> None:
    write_model(tmp_path)
    text = DESCRIPTION.replace("euclidean", "cosine").replace("normalize = false", "normalize = true")
    (tmp_path / "tiny.toml").write_text(text, encoding="utf-8")
    vectors = EmbedderFile.read(tmp_path / "tiny.toml").load().embed(chips(2))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


def test_weights_and_every_setting_are_in_the_digest(tmp_path: Path) -> None:
    described = EmbedderFile.read(write_model(tmp_path))
    changes = (
        ("[2, 3]", "[3, 2]"),
        ('"bgr"', '"rgb"'),
        ("0.5", "0.25"),
        ('"nchw"', '"nhwc"'),
        ("3.0]", "4.0]"),
    )
    digests = {EmbedderFile.read(describe(tmp_path, *change)).info.digest for change in changes}
    digests |= {described.info.digest, replace(described, sha256="0" * 64).info.digest}
    assert len(digests) == len(changes) + 2
    assert replace(described, name="other").info.digest == described.info.digest


def test_a_data_set_is_embedded_with_it_in_worker_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "PART", 1)
    for name, shift in (("a", 0), ("b", 4)):
        face = skimage.data.astronaut()[40 + shift : 200 + shift, 140:300]
        Image.fromarray(face).save(tmp_path / f"{name}.png")
    photos = tuple(
        LabeledPhoto(TemplateId(name), SubjectId("p"), tmp_path / f"{name}.png", Demographics())
        for name in "ab"
    )
    described = EmbedderFile.read(write_model(tmp_path))
    output = tmp_path / "o.parquet"
    made = embed_dataset(Dataset("two", photos), output, cache=tmp_path / "c", workers=2, embedder=described)
    assert made.embedder == described.info
    assert made.failure.tolist() == ["", ""]
    chip = examine_photo(tmp_path / "a.png", fallback=False).chip
    assert chip is not None
    np.testing.assert_array_equal(made.vectors[0], described.load(threads=1).embed(chip[None])[0])


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("dimension = 4", "dimension = 5", r"output of shape \(1, 4\), its description says \(1, 5\)"),
        ("[2, 3]", "[4, 4]", r"takes input of shape .* its description says \(any number, \(3, 4, 4\)\)"),
        ('"nchw"', '"nhwc"', "takes input of shape"),
        ('name = "tiny"', 'name = "tiny"\noutput = "other"', "has outputs out0; name the one"),
    ],
)
def test_a_description_that_does_not_fit_its_network_is_refused(
    tmp_path: Path, old: str, new: str, why: str
) -> None:
    write_model(tmp_path)
    with pytest.raises(InputError, match=why):
        EmbedderFile.read(describe(tmp_path, old, new)).load()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('name = "tiny"', "", "key name is missing"),
        ("scale = 0.5", "scale = [1.0, 2.0]", "key scale .* one for each of three channels"),
        ("[2, 3]", "0", "key input_size is 0, wanted height and width"),
        ("scale = 0.5", "scale = 0.5\nspeed = 1", "key speed is not known; known here are name"),
        ('"bgr"', '"gray"', "key color is 'gray', wanted 'rgb' or 'bgr'"),
        ('"euclidean"', '"cosine"', "metric cosine wants vectors of unit length"),
        ('"tiny.onnx"', '"none.onnx"', "cannot read the model none.onnx"),
        ("dimension = 4", f'dimension = 4\nsha256 = "{"0" * 64}"', "has SHA-256"),
        ("dimension = 4", "dimension = ", "cannot read tiny.toml"),
    ],
)
def test_a_faulty_description_is_refused_by_its_key(tmp_path: Path, old: str, new: str, why: str) -> None:
    write_model(tmp_path)
    with pytest.raises(InputError, match=why):
        EmbedderFile.read(describe(tmp_path, old, new))


def test_a_digest_that_holds_is_accepted(tmp_path: Path) -> None:
    write_model(tmp_path)
    digest = hashlib.sha256((tmp_path / "tiny.onnx").read_bytes()).hexdigest()
    line = f'dimension = 4\nsha256 = "{digest.upper()}"'
    assert EmbedderFile.read(describe(tmp_path, "dimension = 4", line)).sha256 == digest


def test_a_file_that_is_not_onnx_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tiny.onnx").write_bytes(b"not a network")
    with pytest.raises(InputError, match=r"tiny\.onnx cannot be loaded as an ONNX network"):
        EmbedderFile.read(describe(tmp_path)).load()


def test_a_file_that_changed_after_it_was_described_is_refused(tmp_path: Path) -> None:
    described = EmbedderFile.read(write_model(tmp_path))
    write_model(tmp_path, weights=WEIGHTS + 1)
    with pytest.raises(InputError, match="has changed since it was described"):
        described.load()


@pytest.mark.parametrize(
    ("weights", "why"),
    [(WEIGHTS * np.nan, "vectors with NaN or infinity"), (WEIGHTS[:, :3], r"output of shape \(1, 3\)")],
)
def test_a_network_that_gives_no_such_vectors_is_refused(
    tmp_path: Path, weights: np.ndarray, why: str
) -> None:
    with pytest.raises(InputError, match=why):
        EmbedderFile.read(write_model(tmp_path, weights=weights)).load()


@pytest.mark.parametrize("shape", [("n", 18), (4, 3, 2, 3), ("n", 9, 2, 1), (1, 3, 2, 3, 1)])
def test_a_network_of_another_input_is_refused(tmp_path: Path, shape: tuple[int | str, ...]) -> None:
    with pytest.raises(InputError, match="takes input of shape"):
        EmbedderFile.read(write_model(tmp_path, shape=shape)).load()


def test_an_input_of_unstated_size_is_tried_before_it_is_used(tmp_path: Path) -> None:
    path = write_model(tmp_path, shape=("n", 3, "h", "w"))
    assert EmbedderFile.read(path).load().embed(chips(1)).shape == (1, 4)
    with pytest.raises(InputError, match=r"does not run on an input of shape \(1, 3, 7, 7\)"):
        EmbedderFile.read(describe(tmp_path, "[2, 3]", "[7, 7]")).load()


def test_a_network_of_whole_numbers_or_two_outputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"takes image: tensor\(double\); wanted one input of float32"):
        EmbedderFile.read(write_model(tmp_path, kind=TensorProto.DOUBLE)).load()
    path = write_model(tmp_path, outputs=2)
    with pytest.raises(InputError, match="has outputs out0, out1; name the one to use"):
        EmbedderFile.read(path).load()
    named = describe(tmp_path, 'name = "tiny"', 'name = "tiny"\noutput = "out1"')
    assert EmbedderFile.read(named).load().info.dimension == 4


def test_a_vector_of_zeros_has_no_direction(tmp_path: Path) -> None:
    write_model(tmp_path, weights=WEIGHTS * 0)
    path = describe(tmp_path, "normalize = false", "normalize = true")
    with pytest.raises(InputError, match="a vector of zeros"):
        EmbedderFile.read(path).load()

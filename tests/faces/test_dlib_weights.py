"""The strict parser of dlib's weights, on the real file and on damaged copies of it."""

from __future__ import annotations

import numpy as np
import pytest

from facegate.errors import InputError
from facegate.faces.dlib_weights import (
    N_NUMBERS,
    N_TENSORS,
    NetworkWeights,
    convolution_shapes,
    encoded_integer,
    read_weights,
)
from facegate.faces.model_files import ModelFile, model_path

FIRST_TENSOR = b"\x05con_4" + b"".join(map(encoded_integer, (2, 4736, 1, 1, 1)))


@pytest.fixture(scope="module")
def content() -> bytes:
    return model_path(ModelFile.NETWORK).read_bytes()


@pytest.fixture(scope="module")
def weights(content: bytes) -> NetworkWeights:
    return read_weights(content)


def test_the_real_file_holds_29_convolutions_and_one_matrix(weights: NetworkWeights) -> None:
    assert len(weights.convolutions) == 29
    assert [layer.filters.shape for layer in weights.convolutions] == list(convolution_shapes())
    assert weights.projection.shape == (256, 128)


def test_the_numbers_add_up(weights: NetworkWeights) -> None:
    layers = [(one.filters, one.biases, one.gamma, one.beta) for one in weights.convolutions]
    assert sum(array.size for layer in layers for array in layer) + weights.projection.size == N_NUMBERS
    assert 2 * len(layers) + 1 == N_TENSORS


def test_the_first_filter_is_read_where_it_stands(content: bytes, weights: NetworkWeights) -> None:
    start = content.index(FIRST_TENSOR) + len(FIRST_TENSOR)
    first = np.frombuffer(content[start : start + 4 * 49], "<f4").reshape(7, 7)
    assert np.array_equal(weights.convolutions[0].filters[0, 0], first)


@pytest.mark.parametrize(
    ("value", "encoded"), [(0, "0100"), (255, "01ff"), (256, "020001"), (590080, "03000109")]
)
def test_integers_are_written_as_dlib_writes_them(value: int, encoded: str) -> None:
    assert encoded_integer(value).hex() == encoded


@pytest.mark.parametrize("kept", [0, 1, 500, 100_000, 10_000_000, -400])
def test_a_file_cut_short_is_refused(content: bytes, kept: int) -> None:
    with pytest.raises(InputError, match=r"not dlib's face network: got .*; wanted 59 tensors"):
        read_weights(content[:kept])


def test_bytes_after_the_end_are_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="bytes after the last tensor"):
        read_weights(content + bytes(4096))


def test_another_model_is_refused() -> None:
    with pytest.raises(InputError, match=r"no con_4 tensor of shape \(4736, 1, 1, 1\)"):
        read_weights(model_path(ModelFile.CNN_DETECTOR).read_bytes())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\x05con_4", b"\x05con_5"),
        (b"\x07affine_", b"\x07bnorm__"),
        (b"\x04fc_2", b"\x04fc_3"),
        (FIRST_TENSOR, FIRST_TENSOR[:-1] + b"\x02"),
        (b"\x07affine_\x01\x02", b"\x07affine_\x01\x03"),
    ],
)
def test_another_name_shape_or_version_is_refused(content: bytes, old: bytes, new: bytes) -> None:
    assert old in content
    with pytest.raises(InputError, match="not dlib's face network"):
        read_weights(content.replace(old, new, 1))


def test_a_tensor_too_far_from_the_one_before_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="no con_4 tensor"):
        read_weights(bytes(4096) + content)


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_weight_that_is_not_finite_is_refused(content: bytes, number: str) -> None:
    start = content.index(FIRST_TENSOR) + len(FIRST_TENSOR)
    bad = np.float32(number).tobytes()
    with pytest.raises(InputError, match="NaN or infinite"):
        read_weights(content[:start] + bad + content[start + 4 :])


def test_a_tensor_left_out_is_refused(content: bytes) -> None:
    second = content.index(b"\x05con_4", content.index(FIRST_TENSOR) + 1)
    third = content.index(b"\x05con_4", second + 1)
    with pytest.raises(InputError, match="not dlib's face network"):
        read_weights(content[:second] + content[third:])

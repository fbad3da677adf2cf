"""The rebuilt graph against a slow, obvious network in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import onnxruntime
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from facegate.faces.dlib_graph import CHANNEL_MEANS, build_graph, folded
from facegate.faces.dlib_weights import BLOCKS, ConvolutionWeights, read_weights
from facegate.faces.model_files import ModelFile, model_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.faces.dlib_weights import NetworkWeights

Planes: TypeAlias = NDArray[np.float64]


@pytest.fixture(scope="module")
def weights() -> NetworkWeights:
    return read_weights(model_path(ModelFile.NETWORK).read_bytes())


def convolved(x: Planes, layer: ConvolutionWeights, *, stride: int, padding: int) -> Planes:
    """Convolution, then affine layer, as dlib has them: nothing folded."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    windows = sliding_window_view(x, layer.filters.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
    y = np.einsum("cyxij,ocij->oyx", windows, layer.filters.astype(np.float64), optimize=True)
    y = y + layer.biases[:, None, None]
    return np.asarray(layer.gamma[:, None, None] * y + layer.beta[:, None, None])


def pooled(x: Planes, size: int) -> NDArray[np.float64]:
    return sliding_window_view(x, (size, size), axis=(1, 2))[:, ::2, ::2]


def grown(x: Planes, shape: tuple[int, ...]) -> Planes:
    return np.pad(x, [(0, wanted - got) for wanted, got in zip(shape, x.shape, strict=True)])


def block(x: Planes, layers: Iterator[ConvolutionWeights], *, down: bool) -> Planes:
    stride, padding = (2, 0) if down else (1, 1)
    y = np.maximum(convolved(x, next(layers), stride=stride, padding=padding), 0)
    y = convolved(y, next(layers), stride=1, padding=1)
    shortcut = pooled(x, 2).mean(axis=(3, 4)) if down else x
    shape = tuple(np.maximum(shortcut.shape, y.shape))
    return np.maximum(grown(shortcut, shape) + grown(y, shape), 0)


def slow_vector(chip: NDArray[np.uint8], weights: NetworkWeights) -> Planes:
    """Run the whole network, one chip, in float64."""
    layers = iter(weights.convolutions)
    x = ((chip - np.array(CHANNEL_MEANS)) / 256).transpose(2, 0, 1)
    x = np.maximum(convolved(x, next(layers), stride=2, padding=0), 0)
    x = pooled(x, 3).max(axis=(3, 4))
    for group, (_, n_blocks) in enumerate(BLOCKS):
        for number in range(n_blocks):
            x = block(x, layers, down=group > 0 and number == 0)
    return np.asarray(x.mean(axis=(1, 2)) @ weights.projection)


def test_the_graph_is_the_network_in_float64_to_1e_5(weights: NetworkWeights) -> None:
    chips = np.random.default_rng(5).integers(0, 256, (2, 150, 150, 3), dtype=np.uint8)
    chips[1] = np.linspace(0, 255, 150).astype(np.uint8)[:, None, None]
    session = onnxruntime.InferenceSession(build_graph(weights), providers=["CPUExecutionProvider"])
    (vectors,) = session.run(None, {"chips": chips})
    slow = np.array([slow_vector(chip, weights) for chip in chips])
    assert np.abs(vectors - slow).max() < 1e-5


def test_the_graph_is_the_same_bytes_every_time(weights: NetworkWeights) -> None:
    assert build_graph(weights) == build_graph(weights)


def test_folding_an_affine_layer_changes_nothing() -> None:
    generator = np.random.default_rng(0)
    filters, (biases, gamma, beta) = generator.normal(size=(4, 3, 3, 3)), generator.normal(size=(3, 4))
    layer = ConvolutionWeights(*(array.astype(np.float32) for array in (filters, biases, gamma, beta)))
    x = generator.normal(size=(3, 9, 9))
    one = np.ones(4, dtype=np.float32)
    as_folded = ConvolutionWeights(*folded(layer), gamma=one, beta=0 * one)
    expected = convolved(x, layer, stride=2, padding=1)
    assert np.allclose(convolved(x, as_folded, stride=2, padding=1), expected, atol=1e-5)

"""dlib's face network as an ONNX graph, with each affine layer folded into its convolution.

::

    chip (n, 150, 150, 3) uint8, RGB
      minus channel means, over 256
      conv 7x7 stride 2, relu, max pool 3x3 stride 2
      residual groups of 32, 64, 128, 256, 256 channels
      mean over height and width, times 256 x 128 matrix
    vector (n, 128) float32

- A residual block is relu(x + conv(relu(conv(x)))), 3x3, padding 1.
- A block that goes down has stride 2 and no padding in its first convolution; its shortcut is a 2x2 average
  pool. Where the two differ in channels, height or width, both are zero-padded at the end to the larger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

from facegate.faces.align import CHIP_SIZE
from facegate.faces.dlib_weights import BLOCKS, DIMENSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.faces.dlib_weights import ConvolutionWeights, NetworkWeights, Numbers

BUILDER_VERSION = 1
"""Part of the cached graph's name: raise it when the graph changes."""

CHANNEL_MEANS = (122.782, 117.001, 104.298)
PIXEL_RANGE = 256.0
INPUT, OUTPUT = "chips", "vectors"
OPSET, IR_VERSION = 17, 9


def build_graph(weights: NetworkWeights) -> bytes:
    """Build the network.

    Parameters
    ----------
    weights : NetworkWeights
        What the ``.dat`` file holds.

    Returns
    -------
    bytes
        A serialized ONNX model, input ``chips``, output ``vectors``; the same bytes every time.

    References
    ----------
    D. E. King, High quality face recognition with deep metric learning, dlib blog, 2017; a ResNet of 29
    convolutions after K. He et al., Deep residual learning for image recognition, CVPR 2016.
    """
    graph = _Graph(weights.convolutions)
    x, size = graph.stem()
    channels = 32
    for group, (width, n_blocks) in enumerate(BLOCKS):
        for block in range(n_blocks):
            down = group > 0 and block == 0
            x, size = graph.residual(x, size, added=width - channels if down else 0, down=down)
            channels = width
    x = graph.add("GlobalAveragePool", x)
    x = graph.add("Flatten", x)
    graph.add("MatMul", x, graph.constant(weights.projection), output=OUTPUT)
    return graph.serialized()


def folded(layer: ConvolutionWeights) -> tuple[Numbers, Numbers]:
    """Fold an affine layer into the convolution before it, in float64.

    Returns
    -------
    filters : ndarray of shape (out, in, height, width), float32
        ``gamma * filters``.
    biases : ndarray of shape (out,), float32
        ``gamma * biases + beta``.
    """
    gamma = layer.gamma.astype(np.float64)
    filters = layer.filters * gamma[:, None, None, None]
    biases = layer.biases * gamma + layer.beta
    return filters.astype(np.float32), biases.astype(np.float32)


class _Graph:
    """Collects nodes and constants; names them in the order they are made."""

    def __init__(self, convolutions: tuple[ConvolutionWeights, ...]) -> None:
        self._layers: Iterator[ConvolutionWeights] = iter(convolutions)
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def stem(self) -> tuple[str, int]:
        """Pixels to the first 32 channels; also the side length in pixels."""
        means = np.array(CHANNEL_MEANS, dtype=np.float32)
        x = self.add("Cast", INPUT, to=TensorProto.FLOAT)
        x = self.add("Sub", x, self.constant(means))
        x = self.add("Div", x, self.constant(np.array(PIXEL_RANGE, dtype=np.float32)))
        x = self.add("Transpose", x, perm=[0, 3, 1, 2])
        x = self.add("Relu", self._convolution(x, stride=2, padding=0))
        x = self.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
        side = (CHIP_SIZE - 7) // 2 + 1
        return x, (side - 3) // 2 + 1

    def residual(self, x: str, side: int, *, added: int, down: bool) -> tuple[str, int]:
        """One block; also the side length it leaves."""
        stride, padding = (2, 0) if down else (1, 1)
        y = self.add("Relu", self._convolution(x, stride=stride, padding=padding))
        y = self._convolution(y, stride=1, padding=1)
        if down:
            shortcut = self.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
            y_side, x_side = (side - 3) // 2 + 1, side // 2
            side = max(y_side, x_side)
            x = self._padded(shortcut, added, side - x_side)
            y = self._padded(y, 0, side - y_side)
        return self.add("Relu", self.add("Add", x, y)), side

    def _convolution(self, x: str, *, stride: int, padding: int) -> str:
        """Add the next convolution of the file."""
        filters, biases = folded(next(self._layers))
        return self.add(
            "Conv", x, self.constant(filters), self.constant(biases),
            kernel_shape=list(filters.shape[2:]), strides=[stride] * 2, pads=[padding] * 4,
        )  # fmt: skip

    def _padded(self, x: str, channels: int, pixels: int) -> str:
        """Add zeros at the end of channels, height and width."""
        if channels == 0 and pixels == 0:
            return x
        ends = np.array([0, 0, 0, 0, 0, channels, pixels, pixels], dtype=np.int64)
        return self.add("Pad", x, self.constant(ends))

    def constant(self, value: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> str:
        """Add a constant."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator: str, *inputs: str, output: str | None = None, **attributes: object) -> str:
        """Add a node and return its output's name."""
        name = output or f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def serialized(self) -> bytes:
        """Check the graph and write it."""
        chips = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", CHIP_SIZE, CHIP_SIZE, 3])
        vectors = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", DIMENSION])
        graph = helper.make_graph(self._nodes, "dlib_face", [chips], [vectors], self._constants)
        opset = [helper.make_opsetid("", OPSET)]
        model: ModelProto = helper.make_model(
            graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="facegate"
        )
        checker.check_model(model)
        content: bytes = model.SerializeToString(deterministic=True)
        return content

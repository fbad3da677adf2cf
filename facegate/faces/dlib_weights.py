"""Read the numbers of dlib's face network out of its ``.dat`` file, strictly.

The file is dlib's serialization of the whole training object; the numbers stand in it layer by layer from
input to output, each layer's tensor behind the layer's name::

    "con_4"    tensor (filters, then biases)      29 times, each followed by its
    "affine_"  tensor (gamma, then beta)
    "fc_2"     outputs, inputs, tensor 256 x 128  once, last, without bias

    integer    one byte: low 4 bits = how many bytes follow, high bit = minus; then little-endian bytes
    tensor     the integers 2 (version), samples, k, rows, columns; then float32, little-endian

Every name, shape and count is known in advance: 59 tensors, 5,614,592 numbers. Whatever differs is another
network, or a damaged file, and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

Numbers: TypeAlias = NDArray[np.float32]

N_TENSORS = 59
N_NUMBERS = 5_614_592
DIMENSION = 128
LAST_CHANNELS = 256
TENSOR_VERSION = 2
LONGEST_GAP = 2048
"""Bytes between two tensors: layer settings and empty gradients, 300 to 900 in a true file."""

BLOCKS = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
"""Channels and number of residual blocks; the first block of each group but the first goes down."""


@dataclass(frozen=True, slots=True, eq=False)
class ConvolutionWeights:
    """One convolution and the affine layer behind it.

    Parameters
    ----------
    filters : ndarray of shape (out, in, height, width), float32
        Filters.
    biases, gamma, beta : ndarray of shape (out,), float32
        Output is ``gamma * (convolution + biases) + beta``.
    """

    filters: Numbers
    biases: Numbers
    gamma: Numbers
    beta: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class NetworkWeights:
    """All numbers of the network.

    Parameters
    ----------
    convolutions : tuple of ConvolutionWeights
        29, from input to output.
    projection : ndarray of shape (256, 128), float32
        The last matrix: vector = channel means @ projection.
    """

    convolutions: tuple[ConvolutionWeights, ...]
    projection: Numbers


def convolution_shapes() -> Iterator[tuple[int, int, int, int]]:
    """Give the filter shapes (out, in, height, width) from input to output."""
    yield 32, 3, 7, 7
    channels = 32
    for width, n_blocks in BLOCKS:
        for _ in range(n_blocks):
            yield width, channels, 3, 3
            yield width, width, 3, 3
            channels = width


def read_weights(content: bytes) -> NetworkWeights:
    """Parse the file.

    Parameters
    ----------
    content : bytes
        ``dlib_face_recognition_resnet_model_v1.dat``, whole.

    Returns
    -------
    NetworkWeights
        59 tensors, 5,614,592 numbers.

    Raises
    ------
    InputError
        If a tensor is missing, has another shape, is cut short or not finite, or if something follows
        the last one.
    """
    reader = _Reader(content)
    convolutions = tuple(_read_convolution(reader, shape) for shape in convolution_shapes())
    shape = (LAST_CHANNELS, DIMENSION, 1, 1)
    sizes = encoded_integer(DIMENSION) + encoded_integer(LAST_CHANNELS)
    projection = reader.tensor(b"\x04fc_2" + sizes, shape).reshape(LAST_CHANNELS, DIMENSION)
    reader.finish()
    return NetworkWeights(convolutions, projection)


def encoded_integer(value: int) -> bytes:
    r"""Write a non-negative integer as dlib does.

    Examples
    --------
    >>> encoded_integer(2), encoded_integer(9248)
    (b'\x01\x02', b'\x02 $')
    """
    n_bytes = max(1, (value.bit_length() + 7) // 8)
    return bytes([n_bytes]) + value.to_bytes(n_bytes, "little")


def _read_convolution(reader: _Reader, shape: tuple[int, int, int, int]) -> ConvolutionWeights:
    """Read one convolution and its affine layer."""
    n_out, n_filters = shape[0], int(np.prod(shape))
    flat = reader.tensor(b"\x05con_4", (n_filters + n_out, 1, 1, 1))
    affine = reader.tensor(b"\x07affine_", (2 * n_out, 1, 1, 1))
    return ConvolutionWeights(
        flat[:n_filters].reshape(shape), flat[n_filters:], affine[:n_out], affine[n_out:]
    )


class _Reader:
    """Walks through the file from tensor to tensor."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.position = 0
        self.n_tensors = 0
        self.n_numbers = 0

    def tensor(self, name: bytes, shape: tuple[int, int, int, int]) -> Numbers:
        """Find the next tensor by its layer's name and its exact header; return its numbers."""
        header = name + b"".join(map(encoded_integer, (TENSOR_VERSION, *shape)))
        gap_end = self.position + LONGEST_GAP + len(header)
        start = self.content.find(header, self.position, gap_end)
        if start < 0:
            layer = name[1 : 1 + name[0]].decode("ascii")
            self._refuse(f"no {layer} tensor of shape {shape} after byte {self.position:,}")
        begin, count = start + len(header), int(np.prod(shape))
        end = begin + 4 * count
        if end > len(self.content):
            self._refuse(f"{len(self.content):,} bytes, wanted {end:,} or more: the file is cut short")
        numbers = np.frombuffer(self.content, "<f4", count, begin).astype(np.float32)
        if not np.isfinite(numbers).all():
            self._refuse("a number that is NaN or infinite")
        self.position, self.n_tensors, self.n_numbers = end, self.n_tensors + 1, self.n_numbers + count
        return numbers

    def finish(self) -> None:
        """Check the counts and that nothing but the end of the object follows."""
        if (self.n_tensors, self.n_numbers) != (N_TENSORS, N_NUMBERS):
            self._refuse(f"{self.n_tensors} tensors with {self.n_numbers:,} numbers in all")
        rest = len(self.content) - self.position
        if rest > LONGEST_GAP:
            self._refuse(f"{rest:,} bytes after the last tensor")

    def _refuse(self, got: str) -> None:
        msg = (
            f"the file is not dlib's face network: got {got}; "
            f"wanted {N_TENSORS} tensors with {N_NUMBERS:,} numbers in their order"
        )
        raise InputError(msg)

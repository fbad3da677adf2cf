"""A user's own face network: an ONNX file and a short TOML text that says how to feed it.

::

    name = "my-model"
    file = "my-model.onnx"          # beside the TOML file, or below
    sha256 = "9f86d0..."            # optional; if it is there it must hold
    dimension = 512                 # numbers in a vector
    input_size = [112, 112]         # height and width in pixels
    layout = "nchw"                 # or "nhwc"
    color = "rgb"                   # or "bgr"
    mean = 127.5                    # taken away from each pixel (0 to 255); or one a channel
    scale = 0.0078125               # then multiplied; or one a channel
    metric = "cosine"               # or "euclidean"
    normalize = true                # bring vectors to unit length; cosine wants it
    output = "embedding"            # only if the network has several outputs
    crop = "dlib-chip"              # facegate's aligned face of 150 x 150 pixels, resized

- The digest covers the weights and every setting that decides what they see: a model fed
  otherwise is another embedder, and its templates do not meet.
- The file is read once and its very bytes are hashed and run. Weights outside it are refused.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as onnx_errors
from PIL import Image

from facegate.decision import Metric
from facegate.errors import InputError
from facegate.faces.align import CHIP_PADDING, CHIP_SIZE
from facegate.faces.embedder import check_chips
from facegate.faces.model_files import ModelFile, model_digest
from facegate.templates import EmbedderInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from facegate.decision import Vectors
    from facegate.faces.decode import Pixels

BATCH = 32
CHANNELS = 3
CROP = "dlib-chip"
LARGEST_SIDE = 4096
KEYS = (
    "name", "file", "sha256", "dimension", "input_size", "layout", "color", "mean", "scale", "metric",
    "normalize", "output", "crop",
)  # fmt: skip
ONNX_ERRORS = tuple(
    kind for kind in vars(onnx_errors).values() if isinstance(kind, type) and issubclass(kind, Exception)
)


@dataclass(frozen=True, slots=True)
class Feeding:
    """How chips become the network's input, and what is made of its output.

    Parameters
    ----------
    input_size : tuple of two int
        Height and width, pixels.
    layout : str
        ``nchw`` or ``nhwc``.
    color : str
        ``rgb`` or ``bgr``: the order of the channels.
    mean, scale : tuple of three float
        ``(pixel - mean) * scale`` for each channel, in the order of ``color``; pixels 0 to 255.
    metric : Metric
        How vectors are compared.
    normalize : bool
        Vectors are brought to unit length.
    output : str
        Name of the output; empty for the only one.
    crop : str
        ``dlib-chip``.
    """

    input_size: tuple[int, int]
    layout: str
    color: str
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    metric: Metric
    normalize: bool
    output: str
    crop: str


@dataclass(frozen=True, slots=True)
class EmbedderFile:
    """A described network, not yet loaded: small enough to hand to worker processes.

    Parameters
    ----------
    name : str
        For reports.
    model : Path
        The ONNX file.
    sha256 : str
        Of that file as it was read; checked again when it is loaded.
    dimension : int
        Numbers in a vector.
    feeding : Feeding
        How to run it.
    """

    name: str
    model: Path
    sha256: str
    dimension: int
    feeding: Feeding

    @classmethod
    def read(cls, path: Path) -> EmbedderFile:
        """Read the TOML file and hash the model it names.

        Parameters
        ----------
        path : Path
            The TOML file; the model's path is relative to its folder.

        Returns
        -------
        EmbedderFile

        Raises
        ------
        InputError
            If a file is missing, a key is unknown, missing or wrong (both are named), or the
            model is not the one whose digest is given.
        """
        table = _Table(_toml(path), path.name)
        model = path.parent / table.text("file")
        digest = hashlib.sha256(_bytes(model)).hexdigest()
        wanted = table.text("sha256", digest).lower()
        if wanted != digest:
            msg = f"{model.name} has SHA-256 {digest[:16]}..., {path.name} wants {wanted[:16]}..."
            raise InputError(msg)
        return cls(table.text("name"), model, digest, table.count("dimension"), _feeding(table))

    @property
    def info(self) -> EmbedderInfo:
        """Name, digest over weights and settings, dimension and metric."""
        settings = asdict(self.feeding) | {
            "network": self.sha256,
            "dimension": self.dimension,
            "landmarks": model_digest(ModelFile.LANDMARKS_5),
            "chip_size": CHIP_SIZE,
            "chip_padding": CHIP_PADDING,
        }
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        return EmbedderInfo(self.name, digest, self.dimension, self.feeding.metric)

    def load(self, *, threads: int | None = None) -> OnnxEmbedder:
        """Load the network and try it on one gray chip.

        Parameters
        ----------
        threads : int or None
            Threads of one call of `OnnxEmbedder.embed`; None for one a core.

        Returns
        -------
        OnnxEmbedder

        Raises
        ------
        InputError
            If the file has changed, is not ONNX, or does not take and give what is described.
        """
        content = _bytes(self.model)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            msg = f"{self.model.name} has changed since it was described; start again"
            raise InputError(msg)
        return OnnxEmbedder(self, content, threads=threads)


class OnnxEmbedder:
    """A user's network, ready to embed; made by `EmbedderFile.load`."""

    def __init__(self, described: EmbedderFile, content: bytes, *, threads: int | None) -> None:
        self._name, self._feeding, self._info = described.model.name, described.feeding, described.info
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        options.inter_op_num_threads = 1
        # Else its threads turn on the spot after each face, and take the cores from everybody beside it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 4
        try:
            self._session: Any = onnxruntime.InferenceSession(
                content, sess_options=options, providers=["CPUExecutionProvider"]
            )
        except ONNX_ERRORS as error:
            msg = f"{self._name} cannot be loaded as an ONNX network: {_first_line(error)}"
            raise InputError(msg) from error
        self._batch = self._checked_input()
        self._output = self._chosen_output()
        self.embed(np.full((1, CHIP_SIZE, CHIP_SIZE, CHANNELS), 127, dtype=np.uint8))

    @property
    def info(self) -> EmbedderInfo:
        """Name, digest over weights and settings, dimension and metric."""
        return self._info

    def embed(self, chips: Pixels) -> Vectors:
        """Map chips to vectors.

        Parameters
        ----------
        chips : ndarray of shape (n, 150, 150, 3), uint8
            Aligned faces, RGB.

        Returns
        -------
        ndarray of shape (n, dimension), float32
            Of unit length if the description says normalize.

        Raises
        ------
        InputError
            If the chips have another shape or type, or the network gives something else than
            finite vectors of the dimension described.
        """
        check_chips(chips)
        vectors: Vectors = np.empty((len(chips), self._info.dimension), dtype=np.float32)
        for start in range(0, len(chips), self._batch):
            batch = slice(start, start + self._batch)
            vectors[batch] = self._checked(self._run(self._fed(chips[batch])), len(chips[batch]))
        return vectors

    def _fed(self, chips: Pixels) -> NDArray[np.float32]:
        """Resize, order and scale chips as the network wants them."""
        height, width = self._feeding.input_size
        if (height, width) != (CHIP_SIZE, CHIP_SIZE):
            way = Image.Resampling.BILINEAR
            chips = np.stack(
                [np.asarray(Image.fromarray(chip).resize((width, height), way)) for chip in chips]
            )
        pixels = chips[..., ::-1] if self._feeding.color == "bgr" else chips
        mean, scale = (np.array(one, dtype=np.float32) for one in (self._feeding.mean, self._feeding.scale))
        fed = (pixels.astype(np.float32) - mean) * scale
        return np.ascontiguousarray(fed.transpose(0, 3, 1, 2) if self._feeding.layout == "nchw" else fed)

    def _run(self, fed: NDArray[np.float32]) -> NDArray[np.generic]:
        try:
            (made,) = self._session.run([self._output], {self._session.get_inputs()[0].name: fed})
        except ONNX_ERRORS as error:
            msg = f"{self._name} does not run on an input of shape {fed.shape}: {_first_line(error)}"
            raise InputError(msg) from error
        return np.asarray(made)

    def _checked(self, made: NDArray[np.generic], n_chips: int) -> Vectors:
        """Refuse anything but finite vectors of the size described."""
        wanted = (n_chips, self._info.dimension)
        if made.shape != wanted:
            msg = f"{self._name} gives an output of shape {made.shape}, its description says {wanted}"
            raise InputError(msg)
        vectors = made.astype(np.float64)
        if not np.isfinite(vectors).all():
            msg = f"{self._name} gives vectors with NaN or infinity; wanted finite numbers"
            raise InputError(msg)
        if self._feeding.normalize:
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            if (lengths == 0).any():
                msg = f"{self._name} gives a vector of zeros, which has no direction to compare"
                raise InputError(msg)
            vectors = vectors / lengths
        return np.asarray(vectors, dtype=np.float32)

    def _checked_input(self) -> int:
        """Compare the network's input with the description; return how many chips it takes at once."""
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)":
            there = ", ".join(f"{one.name}: {one.type}" for one in inputs)
            msg = f"{self._name} takes {there or 'no input'}; wanted one input of float32"
            raise InputError(msg)
        height, width = self._feeding.input_size
        image = (CHANNELS, height, width) if self._feeding.layout == "nchw" else (height, width, CHANNELS)
        shape = inputs[0].shape
        # a height or width without a number is taken as described; the trial run shows whether it is right
        fits = len(shape) == len(image) + 1 and all(
            not isinstance(there, int) or there == wanted
            for there, wanted in zip(shape[1:], image, strict=True)
        )
        if not fits or (isinstance(shape[0], int) and shape[0] != 1):
            msg = f"{self._name} takes input of shape {shape}, its description says (any number, {image})"
            raise InputError(msg)
        return 1 if shape[0] == 1 else BATCH

    def _chosen_output(self) -> str:
        names = [one.name for one in self._session.get_outputs()]
        if self._feeding.output in names:
            return self._feeding.output
        if self._feeding.output or len(names) != 1:
            msg = f"{self._name} has outputs {', '.join(names)}; name the one to use with the key output"
            raise InputError(msg)
        return str(names[0])


class _Table:
    """The keys of the TOML file, taken strictly."""

    def __init__(self, table: Mapping[str, Any], name: str) -> None:
        self._table, self._name = table, name
        for key in table:
            if key not in KEYS:
                self.refuse(key, f"is not known; known here are {', '.join(KEYS)}")

    def refuse(self, key: str, what: str) -> NoReturn:
        msg = f"{self._name}: key {key} {what}"
        raise InputError(msg)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._table.get(key, default)
        if not isinstance(value, str) or (not value and default is None):
            self.refuse(key, "is missing or not a text")
        return value

    def word(self, key: str, *known: str) -> str:
        value = self.text(key)
        if value not in known:
            self.refuse(key, f"is {value[:40]!r}, wanted {' or '.join(repr(one) for one in known)}")
        return value

    def flag(self, key: str) -> bool:
        value = self._table.get(key)
        if not isinstance(value, bool):
            self.refuse(key, "is missing or not true or false")
        return value

    def count(self, key: str) -> int:
        value = self._table.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.refuse(key, "is missing or not a whole number from 1")
        return value

    def size(self, key: str) -> tuple[int, int]:
        value: Any = self._table.get(key)
        sides = value if isinstance(value, list) else [value, value]
        right = all(type(side) is int and 1 <= side <= LARGEST_SIDE for side in sides)
        if len(sides) != 2 or not right:  # noqa: PLR2004  height and width
            self.refuse(key, f"is {value!r}, wanted height and width in pixels, such as [112, 112]")
        return sides[0], sides[1]

    def channels(self, key: str) -> tuple[float, ...]:
        value: Any = self._table.get(key)
        values = value if isinstance(value, list) else [value] * CHANNELS
        right = all(type(one) in (int, float) and np.isfinite(one) for one in values)
        if len(values) != CHANNELS or not right:
            self.refuse(key, f"is {value!r}, wanted a number, or one for each of three channels")
        return tuple(float(one) for one in values)


def _feeding(table: _Table) -> Feeding:
    metric = Metric(table.word("metric", *Metric))
    feeding = Feeding(
        input_size=table.size("input_size"),
        layout=table.word("layout", "nchw", "nhwc"),
        color=table.word("color", "rgb", "bgr"),
        mean=table.channels("mean"),
        scale=table.channels("scale"),
        metric=metric,
        normalize=table.flag("normalize"),
        output=table.text("output", ""),
        crop=table.word("crop", CROP),
    )
    if metric is Metric.COSINE and not feeding.normalize:
        table.refuse("normalize", "is false; metric cosine wants vectors of unit length, so true")
    return feeding


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"cannot read {path.name}: {getattr(error, 'strerror', None) or error}"
        raise InputError(msg) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"cannot read the model {path.name}: {error.strerror or error}"
        raise InputError(msg) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200]

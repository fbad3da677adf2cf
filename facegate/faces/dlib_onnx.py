"""The default embedder: dlib's face network, run by onnxruntime.

The same vectors as dlib's own code to about 1e-6, at ten to twenty times its speed. The graph is built from
the installed weights on first use and kept in the cache under a name made of the weights' digest and the
builder's version; beside it lies its own SHA-256, and a graph that does not match is built again.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from facegate.decision import Metric
from facegate.durable import replace_bytes
from facegate.faces.align import CHIP_PADDING, CHIP_SIZE
from facegate.faces.dlib_graph import (
    BUILDER_VERSION,
    CHANNEL_MEANS,
    INPUT,
    OUTPUT,
    PIXEL_RANGE,
    build_graph,
)
from facegate.faces.dlib_weights import DIMENSION, read_weights
from facegate.faces.embedder import check_chips
from facegate.faces.model_files import ModelFile, model_digest, model_path
from facegate.templates import EmbedderInfo

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.decision import Vectors
    from facegate.faces.decode import Pixels

BATCH = 32
"""Chips run at once, whatever is asked for: larger batches outgrow the processor's cache."""


class DlibEmbedder:
    """dlib's face network as an ONNX graph. Make it once and keep it; `load` takes about 0.2 s."""

    def __init__(self, graph: bytes, *, threads: int | None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        options.inter_op_num_threads = 1
        # Else its threads turn on the spot after each face, and take the cores from everybody beside it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            graph, sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._info = dlib_info()

    @classmethod
    def load(cls, cache: Path, *, threads: int | None = None) -> DlibEmbedder:
        """Load the graph from the cache, building it if it is not there or damaged.

        Parameters
        ----------
        cache : Path
            Folder for the graph, about 22 MB; made if missing. Trusted like the installed package.
        threads : int or None
            Threads of one call of `embed`; None for one a core.

        Returns
        -------
        DlibEmbedder
            Ready to embed.

        Raises
        ------
        InputError
            If the installed weights are missing or are not dlib's network.
        StorageError
            If the graph cannot be written to the cache.
        """
        return cls(cached_graph(cache), threads=threads)

    @property
    def info(self) -> EmbedderInfo:
        """Name ``dlib``, 128 components, Euclidean; the vectors are not of unit length."""
        return self._info

    def embed(self, chips: Pixels) -> Vectors:
        """Map chips to vectors, `BATCH` at a time.

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
        for start in range(0, len(chips), BATCH):
            batch = slice(start, start + BATCH)
            (vectors[batch],) = self._session.run([OUTPUT], {INPUT: chips[batch]})
        return vectors


def dlib_info() -> EmbedderInfo:
    """Describe the embedder without loading it.

    The digest covers the weights and everything that decides which pixels they see; not the detector, whose
    choice is recorded with each template, nor the graph's layout, which changes vectors by some 1e-7.
    """
    settings = {
        "network": model_digest(ModelFile.NETWORK),
        "landmarks": model_digest(ModelFile.LANDMARKS_5),
        "chip_size": CHIP_SIZE,
        "chip_padding": CHIP_PADDING,
        "channel_means": CHANNEL_MEANS,
        "pixel_range": PIXEL_RANGE,
    }
    text = json.dumps(settings, sort_keys=True)
    return EmbedderInfo("dlib", hashlib.sha256(text.encode()).hexdigest(), DIMENSION, Metric.EUCLIDEAN)


def cached_graph(cache: Path) -> bytes:
    """Return the serialized graph, from the cache if a whole one is there.

    Raises
    ------
    InputError
        If the installed weights are missing or are not dlib's network.
    StorageError
        If the cache cannot be written.
    """
    path = cache / f"dlib-{model_digest(ModelFile.NETWORK)[:16]}-v{BUILDER_VERSION}.onnx"
    return _whole(path) or _rebuilt(path)


def _whole(path: Path) -> bytes | None:
    """Read a cached graph, or None if it or its digest is missing, or they do not agree."""
    try:
        content, digest = path.read_bytes(), _digest_path(path).read_text(encoding="ascii").split()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        return None
    return content if hashlib.sha256(content).hexdigest() == digest else None


def _rebuilt(path: Path) -> bytes:
    """Build the graph, write its digest in the form of ``sha256sum``, then the graph itself."""
    content = build_graph(read_weights(model_path(ModelFile.NETWORK).read_bytes()))
    line = f"{hashlib.sha256(content).hexdigest()}  {path.name}\n"
    replace_bytes(_digest_path(path), line.encode())
    replace_bytes(path, content)
    return content


def _digest_path(path: Path) -> Path:
    """Where the graph's own digest lies."""
    return path.with_name(path.name + ".sha256")

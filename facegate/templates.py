"""Templates: vectors, who they are of, and how they were made; Parquet in and out.

- One row a photo. A failure to enroll is a row too: it has a reason and no vector.
- Vectors of different embedders never meet: each set carries its embedder's digest, and
  joining two sets checks it.
- In memory a failure's vector is NaN, so using it by mistake cannot go unnoticed.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from facegate.decision import Metric, Vectors
from facegate.durable import replacing
from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Labels: TypeAlias = NDArray[np.object_]
TEXT_COLUMNS = (
    "template_id", "subject_id", "photo_digest", "sex", "race", "age_class", "label_source", "failure",
)  # fmt: skip
METADATA_KEY = b"facegate"
FORMAT = "facegate-templates/1"
UNIT_LENGTH_TOLERANCE = 1e-3


def tool_version() -> str:
    """Version of facegate that makes what is made now."""
    return version("facegate")


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """What makes two templates comparable.

    Parameters
    ----------
    name : str
        Short name, such as ``dlib``.
    digest : str
        SHA-256 (hex) over weights and settings; equal digests, comparable templates.
    dimension : int
        Length of a vector.
    metric : Metric
        How vectors are compared. Cosine declares unit length.
    """

    name: str
    digest: str
    dimension: int
    metric: Metric


@dataclass(frozen=True, slots=True)
class Origin:
    """Where templates come from.

    Parameters
    ----------
    dataset : str
        Name of the data set; a synthetic one says SYNTHETIC.
    dataset_digest : str
        SHA-256 (hex) over the photos and labels used, or over the recipe and seed.
    synthetic : bool
        Drawn vectors, no faces: says so in everything made from it.
    tool_version : str
        facegate version that made them.
    """

    dataset: str
    dataset_digest: str
    synthetic: bool
    tool_version: str


@dataclass(frozen=True, slots=True)
class TemplateSet:
    """Templates of one embedder with their labels, one row a photo.

    Parameters
    ----------
    embedder : EmbedderInfo
        What made the vectors.
    origin : Origin
        Data set and tool.
    template_id, subject_id, photo_digest : ndarray of shape (n,), str objects
        Ids, unique template ids; SHA-256 (hex) of the photo file, empty if synthetic.
    sex, race, age_class, label_source : ndarray of shape (n,), str objects
        Labels as in `records.Demographics`.
    failure : ndarray of shape (n,), str objects
        Empty where a template exists, else the reason, such as ``no-face``.
    quality : ndarray of shape (n,), float32
        Confidence of the face detector, dimensionless, higher is clearer; NaN if unknown.
    vectors : ndarray of shape (n, d), float32
        Templates; NaN exactly in the rows of failures.

    Raises
    ------
    InputError
        If lengths differ, ids repeat, a vector is not finite, has another width than the
        embedder's, or is not of unit length under a cosine metric.
    """

    embedder: EmbedderInfo
    origin: Origin
    template_id: Labels
    subject_id: Labels
    photo_digest: Labels
    sex: Labels
    race: Labels
    age_class: Labels
    label_source: Labels
    failure: Labels
    quality: NDArray[np.float32]
    vectors: Vectors

    def __post_init__(self) -> None:
        n_rows = len(self.template_id)
        for name in (*TEXT_COLUMNS, "quality", "vectors"):
            if len(getattr(self, name)) != n_rows:
                msg = f"template column {name} has {len(getattr(self, name))} rows, wanted {n_rows}"
                raise InputError(msg)
        if len(set(self.template_id)) != n_rows:
            msg = f"template ids repeat: {n_rows} rows, {len(set(self.template_id))} different ids"
            raise InputError(msg)
        failed = self.failure != ""
        check_vectors(self.vectors[~failed], self.embedder)
        if self.vectors[failed].size and not np.isnan(self.vectors[failed]).all():
            msg = "a failure to enroll carries a vector; wanted none"
            raise InputError(msg)

    def __len__(self) -> int:
        return len(self.template_id)

    @property
    def enrolled(self) -> TemplateSet:
        """The rows that have a template."""
        return self.select(self.failure == "")

    @property
    def n_subjects(self) -> int:
        """Different people, failures included."""
        return len(set(self.subject_id))

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> TemplateSet:
        """Keep some rows, by mask or by position, in the order given."""
        columns = {name: getattr(self, name)[rows] for name in (*TEXT_COLUMNS, "quality", "vectors")}
        return replace(self, **columns)

    def write(self, path: Path) -> None:
        """Write one Parquet file, whole or not at all.

        Raises
        ------
        StorageError
            If the disk refuses; an earlier file at ``path`` still stands.
        """
        with replacing(path) as aside:
            pq.write_table(self.to_table(), aside, compression="zstd")

    def to_table(self) -> pa.Table:
        """Make an Arrow table with the provenance in its schema metadata."""
        width = self.embedder.dimension
        flat = pa.array(np.ascontiguousarray(self.vectors, dtype=np.float32).reshape(-1))
        missing = pa.array(self.failure != "")
        columns: dict[str, pa.Array] = {
            name: pa.array(getattr(self, name), pa.string())
            if name.endswith(("_id", "_digest"))
            else pa.array(getattr(self, name), pa.string()).dictionary_encode()
            for name in TEXT_COLUMNS
        }
        columns["quality"] = pa.array(self.quality, pa.float32(), from_pandas=True)
        columns["vector"] = pa.FixedSizeListArray.from_arrays(flat, width, mask=missing)
        about = {"format": FORMAT, "embedder": asdict(self.embedder), "origin": asdict(self.origin)}
        return pa.table(columns).replace_schema_metadata({METADATA_KEY: json.dumps(about).encode()})

    @classmethod
    def read(cls, path: Path) -> TemplateSet:
        """Read a Parquet file of templates and check every claim it makes.

        Raises
        ------
        InputError
            If the file is missing, is not Parquet, was not written by facegate, or breaks
            a rule of this class.
        """
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowException) as error:
            msg = f"cannot read templates from {path}: {str(error).splitlines()[0]}"
            raise InputError(msg) from error
        return cls.from_table(table, name=str(path))

    @classmethod
    def from_table(cls, table: pa.Table, *, name: str) -> TemplateSet:
        """Read an Arrow table made by `to_table`; ``name`` is for messages."""
        about = json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"{}"))
        wanted = {*TEXT_COLUMNS, "quality", "vector"}
        if about.get("format") != FORMAT or not wanted <= set(table.column_names):
            got = about.get("format", "no facegate metadata")
            msg = f"{name} is not a template file of facegate: wanted {FORMAT}, got {got}"
            raise InputError(msg)
        embedder = EmbedderInfo(**{**about["embedder"], "metric": Metric(about["embedder"]["metric"])})
        columns = {text: _labels_of(table.column(text)) for text in TEXT_COLUMNS}
        return cls(
            embedder=embedder,
            origin=Origin(**about["origin"]),
            quality=table.column("quality").to_numpy(zero_copy_only=False).astype(np.float32),
            vectors=_vectors_of(table, embedder.dimension),
            **columns,
        )


def _labels_of(column: pa.ChunkedArray) -> Labels:
    """Read a text column; equal labels of a dictionary column share one string in memory."""
    if not pa.types.is_dictionary(column.type):
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.object_)
    whole = column.unify_dictionaries().combine_chunks()
    chunks = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    parts = [
        np.asarray(chunk.dictionary.to_pylist(), dtype=np.object_)[chunk.indices.to_numpy()]
        for chunk in chunks
        if len(chunk)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.object_)


def _vectors_of(table: pa.Table, width: int) -> Vectors:
    """Read the list column as an (n, d) array, NaN where there is no vector."""
    column = table.column("vector")
    if column.type.list_size != width:
        msg = f"template vectors have length {column.type.list_size}, the embedder declares {width}"
        raise InputError(msg)
    vectors: Vectors = np.full((len(column), width), np.nan, dtype=np.float32)
    start = 0
    for chunk in column.chunks:  # chunk by chunk: a million vectors are not held twice
        rows = vectors[start : start + len(chunk)]
        present = chunk.is_valid().to_numpy(zero_copy_only=False)
        rows[present] = chunk.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
        start += len(chunk)
    return vectors


def check_vectors(vectors: Vectors, embedder: EmbedderInfo) -> None:
    """Refuse vectors that break their embedder's declared form.

    Parameters
    ----------
    vectors : ndarray of shape (n, d), float32
        Templates or probes.
    embedder : EmbedderInfo
        Declares the width, and unit length where the metric is cosine.

    Raises
    ------
    InputError
        On another type or shape, NaN or infinity, or a length other than 1 under cosine.
        dlib vectors are *not* of unit length, and nothing here makes them so.
    """
    if vectors.dtype != np.float32 or vectors.ndim != 2:  # noqa: PLR2004  rows x components
        msg = f"vectors must be a float32 array of rows, got {vectors.dtype} with {vectors.ndim} axes"
        raise InputError(msg)
    if vectors.shape[1] != embedder.dimension:
        msg = (
            f"vectors have {vectors.shape[1]} components, embedder {embedder.name} makes {embedder.dimension}"
        )
        raise InputError(msg)
    if not np.isfinite(vectors).all():
        bad = int(np.count_nonzero(~np.isfinite(vectors).all(axis=1)))
        msg = f"{bad} of {len(vectors)} vectors hold NaN or infinity; wanted finite numbers"
        raise InputError(msg)
    if embedder.metric is Metric.COSINE and len(vectors):
        lengths = np.linalg.norm(vectors, axis=1)
        worst = float(np.abs(lengths - 1).max())
        if worst > UNIT_LENGTH_TOLERANCE:
            msg = f"embedder {embedder.name} declares unit-length vectors, got one off by {worst:.3g}"
            raise InputError(msg)


def require_same_embedder(first: EmbedderInfo, second: EmbedderInfo) -> None:
    """Refuse to let templates of different embedders meet.

    Raises
    ------
    InputError
        Naming both embedders with the head of their digests.
    """
    if first.digest != second.digest:
        msg = (
            f"templates of different embedders cannot be compared: {first.name} ({first.digest[:12]}) "
            f"and {second.name} ({second.digest[:12]}); embed the photos again with one of them"
        )
        raise InputError(msg)


def concatenate(sets: Sequence[TemplateSet], *, origin: Origin) -> TemplateSet:
    """Join sets of one embedder, rows in order, under a new origin.

    Raises
    ------
    InputError
        If there is no set, embedders differ, or template ids repeat.
    """
    if not sets:
        msg = "nothing to join: got no template set"
        raise InputError(msg)
    for other in sets[1:]:
        require_same_embedder(sets[0].embedder, other.embedder)
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in sets])
        for field in fields(TemplateSet)
        if field.name not in ("embedder", "origin")
    }
    return TemplateSet(embedder=sets[0].embedder, origin=origin, **columns)

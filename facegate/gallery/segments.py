"""Segments: the files that hold templates, and what a gallery keeps of each in memory.

- A segment is a template file as `TemplateSet.write` makes it, holding enrolled rows only.
  It never changes: rows go by writing another file without them.
- Vectors and records are loaded from the same bytes, after their checksum held, so they
  cannot disagree.
- In memory: vectors once (in faiss), each subject id of a segment once, a 4-byte code a row,
  and the template ids. Labels stay on disk.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from facegate.durable import replacing
from facegate.errors import GalleryError
from facegate.gallery.index import FlatSegment
from facegate.gallery.manifest import SegmentEntry
from facegate.templates import TEXT_COLUMNS, TemplateSet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.decision import Vectors
    from facegate.gallery.index import Positions
    from facegate.templates import EmbedderInfo

Codes: TypeAlias = NDArray[np.int32]

SEGMENT_ROWS = 16_384
"""Most templates in one segment: 8 MiB of vectors at 128 components.

Large enough that searching one takes far longer than starting to, small enough that what is
copied to write one is little beside a gallery of a million."""

GROUP_ROWS = 4096  # rows read and decoded at a time

FOLDER_NAME = "segments"
VECTOR_LEAF = "vector.list.element"  # the floats of the list column, by their Parquet path
NAME_DIGITS = 12


@dataclass(frozen=True, slots=True)
class LoadedSegment:
    """One segment in memory.

    Parameters
    ----------
    entry : SegmentEntry
        The file it was loaded from.
    template_ids : pyarrow.StringArray of length n
        Id of each row.
    subjects : pyarrow.StringArray of length m
        Different subject ids in the segment.
    codes : ndarray of shape (n,), int32
        Which of ``subjects`` each row is of.
    flat : FlatSegment of length n
        The vectors.
    """

    entry: SegmentEntry
    template_ids: pa.StringArray
    subjects: pa.StringArray
    codes: Codes
    flat: FlatSegment

    def __len__(self) -> int:
        return len(self.codes)

    def subjects_of(self, rows: Positions) -> pa.StringArray:
        """Name the people of some rows.

        Parameters
        ----------
        rows : ndarray of shape (k,), int64
            Rows of this segment.

        Returns
        -------
        pyarrow.StringArray of length k
        """
        return self.subjects.take(pa.array(self.codes[rows]))


def write_segment(folder: Path, templates: TemplateSet, *, sequence: int) -> LoadedSegment:
    """Write one segment file, durable and whole, and load what was written.

    Parameters
    ----------
    folder : Path
        Where segments lie.
    templates : TemplateSet
        At least one row, and no failure to enroll.
    sequence : int
        Sequence number of the manifest that will name the file.

    Raises
    ------
    StorageError
        If the disk refuses; no file is left.
    """
    ids = hashlib.sha256("\n".join(templates.template_id).encode()).hexdigest()
    path = folder / f"{sequence:06d}-{ids[:NAME_DIGITS]}.parquet"
    with replacing(path) as aside:
        pq.write_table(
            templates.to_table(),
            aside,
            compression="zstd",
            row_group_size=GROUP_ROWS,
            use_dictionary=list(TEXT_COLUMNS),
            use_byte_stream_split=[VECTOR_LEAF],  # bytes sorted by place: smaller, and faster to pack
        )
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return load_segment(folder, SegmentEntry(path.name, len(templates), sha256), templates.embedder)


def load_segment(folder: Path, entry: SegmentEntry, embedder: EmbedderInfo) -> LoadedSegment:
    """Load what a search needs of one segment file.

    Raises
    ------
    GalleryError
        If the file is missing or not the one that the manifest names.
    """
    with _checked(folder, entry) as file:
        ids = file.read(columns=["template_id", "subject_id"], use_threads=False)
        people = _one_array(ids.column("subject_id").cast(pa.string())).dictionary_encode()
        loaded = LoadedSegment(
            entry=entry,
            template_ids=_one_array(ids.column("template_id").cast(pa.string())),
            subjects=people.dictionary,
            codes=people.indices.to_numpy(),
            flat=FlatSegment(_vectors(file, entry.rows, embedder), embedder),
        )
    pa.default_memory_pool().release_unused()  # what decoding took is not kept beside the gallery
    return loaded


def read_segment(folder: Path, entry: SegmentEntry) -> TemplateSet:
    """Read one segment file with all its labels.

    Raises
    ------
    GalleryError
        If the file is missing or not the one that the manifest names.
    """
    with _checked(folder, entry) as file:
        return TemplateSet.from_table(file.read(), name=str(folder / entry.file))


@contextmanager
def _checked(folder: Path, entry: SegmentEntry) -> Iterator[pq.ParquetFile]:
    """Open a segment whose bytes are those that the manifest names.

    The file is opened once: what was hashed is what will be parsed.
    """
    path = folder / entry.file
    try:
        with path.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
            if sha256 != entry.sha256:
                msg = (
                    f"gallery segment {path} is damaged: wanted SHA-256 {entry.sha256[:12]}, "
                    f"got {sha256[:12]}"
                )
                raise GalleryError(msg)
            opened.seek(0)
            with pq.ParquetFile(opened) as file:
                yield file
    except (OSError, pa.ArrowException, KeyError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        msg = f"cannot read gallery segment {path}: {reason}"
        raise GalleryError(msg) from error


def _vectors(file: pq.ParquetFile, n_rows: int, embedder: EmbedderInfo) -> Vectors:
    """Read the vectors group after group: memory for one copy and a little, not for three."""
    vectors: Vectors = np.empty((n_rows, embedder.dimension), dtype=np.float32)
    start = 0
    for number in range(file.num_row_groups):
        group = file.read_row_group(number, columns=["vector"], use_threads=False)
        rows = _one_array(group.column("vector")).flatten().to_numpy().reshape(group.num_rows, -1)
        vectors[start : start + len(rows)] = rows
        start += len(rows)
    if start != n_rows:
        msg = f"wanted {n_rows} templates, got {start}"
        raise KeyError(msg)
    return vectors


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    """Join the chunks of a column."""
    joined = column.combine_chunks()
    return pa.concat_arrays(joined.chunks) if isinstance(joined, pa.ChunkedArray) else joined

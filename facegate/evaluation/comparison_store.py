"""What of a comparison goes into a run's folder: the tail, pair by pair, and the histograms.

- ``tail.parquet``: every non-mated pair at or above the floor, the highest score first, then
  by template ids; in each pair the lower id stands first. So the bytes do not depend on the
  order of the input rows.
- ``histograms.npz``: edges, counts and the groups' names, as `Histograms` describes them.
- Both name people by the ids they came with: they are as confidential as the templates.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from facegate.decision import Metric, Threshold
from facegate.errors import FacegateError, InputError
from facegate.evaluation.histograms import Histograms

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from facegate.decision import Scores
    from facegate.evaluation.comparisons import Comparisons
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.templates import Labels

TAIL_FORMAT = "facegate-tail/1"
HISTOGRAMS_FORMAT = "facegate-histograms/1"
METADATA_KEY = b"facegate"
TAIL_COLUMNS = (
    "first_template", "second_template", "first_subject", "second_subject", "first_group", "second_group",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tail:
    """A tail as it was stored, highest score first.

    Parameters
    ----------
    floor : Threshold
        All non-mated pairs at or above it are there.
    scores : ndarray of shape (n,), float64
        Similarity scores, higher is more alike.
    first_template, second_template, first_subject, second_subject : ndarray of shape (n,), str objects
        Ids.
    first_group, second_group : ndarray of shape (n,), str objects
        Names of the groups.
    """

    floor: Threshold
    scores: Scores
    first_template: Labels
    second_template: Labels
    first_subject: Labels
    second_subject: Labels
    first_group: Labels
    second_group: Labels

    def __len__(self) -> int:
        return self.scores.size


def tail_parquet(
    comparisons: Comparisons, population: Population, *, template_ids: Labels, subject_ids: Labels
) -> bytes:
    """Write the tail as one Parquet file.

    Parameters
    ----------
    comparisons : Comparisons
        Whose tail.
    population : Population
        Whose templates they are.
    template_ids, subject_ids : ndarray of shape (n_enrolled,), str objects
        Of the enrolled templates, in the population's order.

    Returns
    -------
    bytes
        Names are stored once (dictionaries), the whole compressed with zstd.
    """
    tail = comparisons.tail
    used, place = np.unique(np.concatenate([tail.first, tail.second]), return_inverse=True)
    names, rank = np.unique(template_ids[used].astype(np.str_), return_inverse=True)
    first, second = rank[place].reshape(2, -1)
    swap = first > second
    one, other = np.where(swap, tail.second, tail.first), np.where(swap, tail.first, tail.second)
    low, high = np.minimum(first, second), np.maximum(first, second)
    order = np.lexsort((high, low, -tail.scores))
    one, other = one[order], other[order]
    group, groups = population.group_of_template, np.array(population.names, dtype=object)
    people, person = np.unique(subject_ids[used].astype(np.str_), return_inverse=True)
    columns = {
        "score": pa.array(tail.scores[order], pa.float64()),
        "first_template": _dictionary(low[order], names),
        "second_template": _dictionary(high[order], names),
        "first_subject": _dictionary(person[np.searchsorted(used, one)], people),
        "second_subject": _dictionary(person[np.searchsorted(used, other)], people),
        "first_group": _dictionary(group[one], groups),
        "second_group": _dictionary(group[other], groups),
    }
    floor = comparisons.floor
    about = {"format": TAIL_FORMAT, "floor": floor.score, "metric": floor.metric.value}
    packed = io.BytesIO()
    table = pa.table(columns).replace_schema_metadata({METADATA_KEY: json.dumps(about).encode()})
    pq.write_table(table, packed, compression="zstd")
    return packed.getvalue()


def read_tail(path: Path) -> Tail:
    """Read what `tail_parquet` wrote.

    Raises
    ------
    InputError
        If the file is missing or is not a stored tail.
    """
    try:
        table = pq.read_table(path)
        about = json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"{}"))
        if about.get("format") != TAIL_FORMAT:
            msg = f"{path} is not a stored tail: wanted {TAIL_FORMAT}, got {about.get('format', 'no format')}"
            raise InputError(msg)
        return Tail(
            floor=Threshold(about["floor"], Metric(about["metric"])),
            scores=table.column("score").to_numpy().astype(np.float64),
            **{name: _texts(table.column(name)) for name in TAIL_COLUMNS},
        )
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
        msg = f"cannot read a tail from {path}: {str(error).splitlines()[0]}"
        raise InputError(msg) from error


def histograms_npz(histograms: Histograms, population: Population) -> bytes:
    """Write histograms as one compressed npz file; equal histograms, equal bytes."""
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        format=np.array(HISTOGRAMS_FORMAT),
        groups=np.array(population.names, dtype=np.str_),
        edges=histograms.edges,
        non_mated=histograms.non_mated,
        mated=histograms.mated,
    )
    return packed.getvalue()


def read_histograms(path: Path) -> tuple[Histograms, tuple[str, ...]]:
    """Read what `histograms_npz` wrote.

    Returns
    -------
    histograms : Histograms
        As they were.
    groups : tuple of str
        Their names, in order.

    Raises
    ------
    InputError
        If the file is missing or does not hold stored histograms.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["format"]) != HISTOGRAMS_FORMAT:
                msg = f"{path} does not hold histograms: wanted {HISTOGRAMS_FORMAT}, got {stored['format']}"
                raise InputError(msg)
            histograms = Histograms(stored["edges"], stored["non_mated"], stored["mated"])
            return histograms, tuple(stored["groups"].tolist())
    except FacegateError:
        raise
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        msg = f"cannot read histograms from {path}: {str(error).splitlines()[0]}"
        raise InputError(msg) from error


def _dictionary(places: Positions, names: NDArray[np.object_] | NDArray[np.str_]) -> pa.DictionaryArray:
    """Name each place, keeping each name once."""
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(names.tolist(), pa.string()))


def _texts(column: pa.ChunkedArray) -> Labels:
    """Read a text column; equal names share one string in memory."""
    whole = column.unify_dictionaries().combine_chunks() if column.num_chunks else column
    chunks = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
    parts = [
        np.array(chunk.dictionary.to_pylist(), dtype=np.object_)[chunk.indices.to_numpy()] for chunk in chunks
    ]
    return np.concatenate([np.empty(0, dtype=np.object_), *parts])

"""Vectors made elsewhere: npz, npy with a list of people, or one Parquet table.

- A row whose vector is missing or holds NaN is a failure to enroll. It stays as a row.
- Cosine vectors must be of unit length. They are made so only where the protocol asks for it.
- What comes out is a set of templates like any other; its digest stands for the model as
  far as the protocol names it, else for the very files.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from facegate.decision import Metric, Vectors
from facegate.errors import InputError
from facegate.evaluation.inputs.arrays import NUMBERS, open_array
from facegate.evaluation.inputs.material import digest_of_files, digests_of
from facegate.evaluation.inputs.memory import available_memory, require_memory
from facegate.evaluation.inputs.people import PeopleList, people_of, read_people, texts_of
from facegate.evaluation.inputs.spec import Fault
from facegate.evaluation.inputs.tables import TableFile
from facegate.evaluation.provenance import Finding, InputSummary
from facegate.evaluation.subgroups import DEFAULT_LABELS, population_of
from facegate.records import NOT_RECORDED
from facegate.templates import UNIT_LENGTH_TOLERANCE, EmbedderInfo, Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facegate.evaluation.inputs.spec import VectorsSpec
    from facegate.templates import Labels

NO_VECTOR = "no-vector"
TIMES_IN_MEMORY = 4
LONGEST = 1e15


def load_vectors(
    spec: VectorsSpec,
    base: Path,
    *,
    by: Sequence[str] = DEFAULT_LABELS,
    memory: int | None = None,
) -> tuple[TemplateSet, InputSummary]:
    """Read and check vectors.

    Parameters
    ----------
    spec : VectorsSpec
        Which files, which columns, which metric.
    base : Path
        Folder that file names are relative to.
    by : sequence of str
        Labels that make a group.
    memory : int or None
        Bytes that may be taken; None to ask the machine.

    Returns
    -------
    templates : TemplateSet
        One row a vector, failures to enroll included.
    summary : InputSummary
        What was given and checked.

    Raises
    ------
    InputError
        If a file is missing, empty or damaged, labels contradict each other, a vector is
        infinite, repeats, or is not of unit length under cosine, or memory would not suffice.
    """
    files = [TableFile(base / one, spec.delimiter) for one in (spec.file, spec.labels) if one]
    digests = digests_of(files)
    needed = files[0].path.stat().st_size * TIMES_IN_MEMORY
    available = available_memory() if memory is None else memory
    require_memory(needed, f"the vectors of {files[0].name}", available=available)
    given, people = _read(spec, base, files[0])
    if len(given) != len(people):
        msg = f"{files[0].name} holds {len(given):,} vectors, {people.name} has {len(people):,} rows"
        raise InputError(msg)
    vectors, failed = _checked(given, spec, files[0].name)
    again = _repeats(vectors, failed, people.columns["subject"])
    keep = np.ones(len(people), dtype=np.bool_)
    if again.any() and spec.duplicates is Fault.STOP:
        msg = (
            f"vectors of {files[0].name} that repeat one of the same person: {int(again.sum()):,}, "
            f"the first in row {int(np.argmax(again)) + 1}; to leave them out and count them, say "
            'duplicates = "leave-out"'
        )
        raise InputError(msg)
    if spec.duplicates is Fault.LEAVE_OUT:
        keep = ~again
    whole = _templates(spec, people, vectors, failed, digests)
    templates = whole.select(keep)
    population = population_of(templates, by=by)
    shared = _shared(vectors[~failed], people.columns["subject"][~failed])
    summary = InputSummary(
        kind="vectors",
        files=digests,
        rows=len(people),
        people=whole.n_subjects,
        people_named=True,
        groups=len(population.groups),
        similarity=True,
        findings=(
            Finding(
                "rows without a vector (failures to enroll)",
                int(failed.sum()),
                "counted by group; not compared",
            ),
            Finding("vectors that hold an infinite number", 0, "the run stops"),
            Finding("vectors that repeat an earlier one of the same person", int(again.sum()), _how(spec)),
            Finding("vectors that are also another person's", shared, "kept"),
            Finding(
                "templates named twice", 0, "the run stops" if spec.columns.template else "rows have no names"
            ),
            Finding("people in more than one group", 0, "the run stops"),
            Finding(
                "groups of one person", sum(group.people == 1 for group in population.groups), "kept: unknown"
            ),
        ),
    )
    return templates, summary


def _read(spec: VectorsSpec, base: Path, file: TableFile) -> tuple[NDArray[np.generic], PeopleList]:
    """Read vectors and people from wherever they are."""
    if file.is_parquet:
        return _of_parquet(file, spec)
    vectors = open_array(file.path, key=spec.vector)
    if spec.labels:
        return _two_axes(vectors, file.name), read_people(
            base / spec.labels, spec.columns, delimiter=spec.delimiter
        )
    columns = {
        field: texts_of(_one_axis(open_array(file.path, key=key), key, len(vectors), file.name))
        for field, key in spec.columns.named.items()
    }
    return _two_axes(vectors, file.name), people_of(columns, file)


def _of_parquet(file: TableFile, spec: VectorsSpec) -> tuple[NDArray[np.generic], PeopleList]:
    """Read one table; a missing vector becomes a row of NaN."""
    named = spec.columns.named
    table = file.read(list(dict.fromkeys((spec.vector, *named.values()))))
    column = table.column(spec.vector)
    kind = column.type
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    if not is_list or not (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)):
        msg = f"{file.name}: column {spec.vector!r} is {kind}, wanted lists of numbers"
        raise InputError(msg)
    rows = [row for chunk in column.chunks for row in _rows_of(chunk)]
    lengths = np.array([len(row) for row in rows])
    width = int(lengths.max(initial=0))
    odd = np.flatnonzero((lengths != width) & (lengths != 0))
    if odd.size:
        there = f"has {lengths[odd[0]]} numbers, other vectors have {width}"
        msg = f"{file.place(int(odd[0]))}: the vector {there}"
        raise InputError(msg)
    vectors = np.full((len(rows), width), np.nan)
    for place in np.flatnonzero(lengths):
        vectors[place] = rows[place]
    columns = {field: texts_of(table.column(name).to_pylist()) for field, name in named.items()}
    return vectors, people_of(columns, file)


def _rows_of(chunk: pa.Array) -> list[NDArray[np.float64]]:
    """Cut a chunk of lists into rows; a missing one is empty, a missing number NaN."""
    nothing = np.empty(0)
    return [
        nothing
        if not row.is_valid
        else np.asarray(row.values.cast(pa.float64()).fill_null(np.nan).to_numpy())
        for row in chunk
    ]


def _two_axes(vectors: NDArray[np.generic], name: str) -> NDArray[np.generic]:
    if vectors.ndim != 2 or vectors.dtype.kind not in NUMBERS or not vectors.size:  # noqa: PLR2004  rows x components
        msg = (
            f"{name} holds vectors of shape {vectors.shape} and type {vectors.dtype}, wanted rows of numbers"
        )
        raise InputError(msg)
    return vectors


def _one_axis(values: NDArray[np.generic], key: str, n_rows: int, name: str) -> list[object]:
    if values.shape != (n_rows,):
        msg = f"{name}: array {key!r} has shape {values.shape}, wanted one value for each of {n_rows} vectors"
        raise InputError(msg)
    return list(values.tolist())


def _checked(given: NDArray[np.generic], spec: VectorsSpec, name: str) -> tuple[Vectors, NDArray[np.bool_]]:
    """Turn vectors into float32 and mark those that are missing."""
    exact = np.asarray(given, dtype=np.float64)
    failed = np.asarray(np.isnan(exact).any(axis=1))
    too_long = ~failed & ~(np.abs(exact).max(axis=1) < LONGEST)
    if too_long.any():
        msg = (
            f"{name}: vectors with an infinite or huge number: {int(too_long.sum())}, "
            f"the first in row {int(np.argmax(too_long)) + 1}"
        )
        raise InputError(msg)
    exact = np.where(failed[:, None], np.nan, exact)
    if spec.metric is Metric.COSINE:
        lengths = np.linalg.norm(exact, axis=1)
        if (lengths == 0).any():
            msg = f"{name}: row {int(np.argmax(lengths == 0)) + 1} is all zero, so no cosine is defined"
            raise InputError(msg)
        exact = exact / lengths[:, None] if spec.normalize else exact
        off = np.abs(np.where(failed, 1.0, np.linalg.norm(exact, axis=1)) - 1)
        if off.max(initial=0.0) > UNIT_LENGTH_TOLERANCE:
            msg = (
                f"{name}: row {int(np.argmax(off)) + 1} is not of unit length, as cosine wants (off by "
                f"{off.max():.3g}); to bring all vectors to unit length, say normalize = true"
            )
            raise InputError(msg)
    return exact.astype(np.float32), failed


def _repeats(vectors: Vectors, failed: NDArray[np.bool_], subjects: Labels) -> NDArray[np.bool_]:
    """Mark vectors that the same person has already."""
    seen: set[tuple[str, bytes]] = set()
    again = np.zeros(len(vectors), dtype=np.bool_)
    for row in np.flatnonzero(~failed).tolist():
        key = (subjects[row], hashlib.blake2b(vectors[row].tobytes(), digest_size=16).digest())
        again[row] = key in seen
        seen.add(key)
    return again


def _shared(vectors: Vectors, subjects: Labels) -> int:
    """Count vectors that two people have: one photo under two names, or a model that saw nothing."""
    owners: dict[bytes, set[str]] = {}
    for vector, subject in zip(vectors, subjects, strict=True):
        owners.setdefault(hashlib.blake2b(vector.tobytes(), digest_size=16).digest(), set()).add(subject)
    return sum(len(people) > 1 for people in owners.values())


def _templates(
    spec: VectorsSpec,
    people: PeopleList,
    vectors: Vectors,
    failed: NDArray[np.bool_],
    digests: dict[str, str],
) -> TemplateSet:
    n_rows, files_digest = len(people), digest_of_files(digests)
    model = spec.model_digest or hashlib.sha256(f"vectors made elsewhere {files_digest}".encode()).hexdigest()

    def column(field: str, default: str) -> Labels:
        return people.columns.get(field, np.full(n_rows, default, dtype=object))

    rows = np.array([f"row {place}" for place in range(1, n_rows + 1)], dtype=object)
    return TemplateSet(
        embedder=EmbedderInfo(spec.model or "not named", model, vectors.shape[1], spec.metric),
        origin=Origin(" + ".join(digests), files_digest, synthetic=False, tool_version=tool_version()),
        template_id=people.columns.get("template", rows),
        subject_id=people.columns["subject"],
        photo_digest=np.full(n_rows, "", dtype=object),
        sex=column("sex", NOT_RECORDED),
        race=column("race", NOT_RECORDED),
        age_class=column("age_class", NOT_RECORDED),
        label_source=column("label_source", spec.label_source),
        failure=np.where(failed, NO_VECTOR, "").astype(object),
        quality=np.full(n_rows, np.nan, dtype=np.float32),
        vectors=vectors,
    )


def _how(spec: VectorsSpec) -> str:
    return {Fault.STOP: "the run stops", Fault.LEAVE_OUT: "left out", Fault.KEEP: "kept"}[spec.duplicates]

"""Vectors and scores made elsewhere, where the embedder is open: the forms `facegate benchmark run` reads.

The columns have fixed names, so nothing has to be described:

- vectors, ``.npz`` or Parquet: ``vector``, ``subject``, perhaps ``template``, and ``group`` or ``race``,
  ``sex``, ``age_class``, ``label_source``;
- scores, CSV or Parquet, one row a comparison: ``score`` (higher is more alike) or, for an embedder with
  distances, ``distance``; ``first_subject`` and ``second_subject``, or ``mated``; perhaps ``first_template``
  and ``second_template``; ``group`` of both, or ``first_group`` and ``second_group``, or labels of each side.

What a file is, its first bytes say. That vectors or scores come from the embedder under test is the tester's
word, and the result says so.
"""

from __future__ import annotations

import zipfile
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from facegate.decision import Metric
from facegate.errors import InputError
from facegate.evaluation.inputs.scores import load_scores
from facegate.evaluation.inputs.spec import Fault, LabelColumns, ScoreFile, ScoresSpec, VectorsSpec
from facegate.evaluation.inputs.tables import TableFile
from facegate.evaluation.inputs.vectors import load_vectors
from facegate.evaluation.subgroups import LABELS
from facegate.records import NOT_RECORDED
from facegate.server.test_port.labels import GROUP, groups_by, require_few_groups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.evaluation.edges import Edge
    from facegate.evaluation.inputs.material import ScoreMaterial
    from facegate.evaluation.provenance import InputSummary
    from facegate.server.test_port.limits import PortLimits
    from facegate.server.test_port.system import System
    from facegate.templates import TemplateSet

NPZ_START: Final = b"PK\x03\x04"
PARQUET_START: Final = b"PAR1"
VECTOR: Final = "vector"
SIDES: Final = ("first", "second")
OTHER_COLUMNS: Final = ("template", "label_source")
MOST_ARRAYS: Final = 16
TESTER: Final = "the tester's own, said to be of"


class Kind(StrEnum):
    """What a tester uploads."""

    PHOTOS = "photos"
    VECTORS = "vectors"
    SCORES = "scores"


def ending_of(path: Path) -> str:
    """Tell what a file of vectors or scores is from its first bytes, never from a name.

    Returns
    -------
    str
        ``.npz``, ``.parquet`` or ``.csv``.
    """
    with path.open("rb") as file:
        start = file.read(4)
    return {NPZ_START: ".npz", PARQUET_START: ".parquet"}.get(start, ".csv")


@contextmanager
def named_by_content(path: Path) -> Iterator[Path]:
    """Give an upload a second name whose ending says what it is, as the readers of tables want it.

    Parameters
    ----------
    path : Path
        The upload; the second name lies beside it and goes again.
    """
    named = path.with_name(f"given{ending_of(path)}")
    named.unlink(missing_ok=True)
    named.hardlink_to(path)
    try:
        yield named
    finally:
        named.unlink(missing_ok=True)


def read_vectors(
    path: Path, system: System, limits: PortLimits
) -> tuple[TemplateSet, InputSummary, tuple[str, ...]]:
    """Read vectors, which are compared as the embedder's own.

    Parameters
    ----------
    path : Path
        Named by us, its ending as `ending_of` says.
    system : System
        Brings width and metric.
    limits : PortLimits
        Most rows and bytes.

    Returns
    -------
    templates : TemplateSet
        A row with NaN is a failure to enroll.
    summary : InputSummary
        What was given and checked.
    by : tuple of str
        What makes a group.

    Raises
    ------
    InputError
        If the file is damaged or too large, a column is missing or unknown, a vector is infinite or repeats,
        or has another width than the embedder's.
    """
    if path.suffix == ".csv":
        msg = "vectors come as one .npz or one Parquet file; the upload is neither"
        raise InputError(msg)
    there = _arrays(path, limits) if path.suffix == ".npz" else columns_of(path, limits)
    _require_known(there, {VECTOR, "subject", GROUP, *LABELS, *OTHER_COLUMNS})
    by = groups_by(there)
    labels = {label: label for label in (*LABELS, *OTHER_COLUMNS) if label in there}
    if GROUP in there:
        labels["race"] = (
            GROUP  # templates have no group of their own: `measuring.population_by` names it again
        )
    info = system.embedder.info
    spec = VectorsSpec(
        file=path.name,
        labels="",
        vector=VECTOR,
        columns=LabelColumns(subject="subject", **labels),
        metric=info.metric,
        normalize=False,
        label_source=NOT_RECORDED,
        model=f"{TESTER} {info.name}",
        model_digest="",
        duplicates=Fault.STOP,
        delimiter=",",
    )
    templates, summary = _loaded(spec, path, by)
    _require_form(templates, system, limits)
    return templates, summary, by


def read_scores(path: Path, system: System, limits: PortLimits, *, floor: Edge) -> ScoreMaterial:
    """Read scores.

    Parameters
    ----------
    path : Path
        Named by us, its ending as `ending_of` says.
    system : System
        Brings metric and name.
    limits : PortLimits
        Most rows.
    floor : Edge
        Non-mated pairs at or above it are kept.

    Raises
    ------
    InputError
        If the file is damaged or too long, or a column is missing, unknown or bad.
    """
    if path.suffix == ".npz":
        msg = "scores come as one CSV or one Parquet file; the upload is a zip or npz file"
        raise InputError(msg)
    there = columns_of(path, limits)
    sides = {f"{side}_{what}" for side in SIDES for what in ("subject", "template", GROUP, *LABELS)}
    _require_known(there, {"score", "distance", "mated", GROUP, *sides})
    if ("score" in there) == ("distance" in there):
        msg = "scores need exactly one of the columns score (higher is more alike) and distance"
        raise InputError(msg)
    info = system.embedder.info
    if "distance" in there and info.metric is not Metric.EUCLIDEAN:
        msg = f"embedder {info.name} compares by {info.metric.native_name}: give a column score, not distance"
        raise InputError(msg)
    made = load_scores(_scores_spec(path, there, system), path.parent, floor=floor)
    if made.summary.rows > limits.score_rows:
        msg = f"the upload holds {made.summary.rows:,} scores, at most {limits.score_rows:,} are taken"
        raise InputError(msg)
    require_few_groups(len(made.population.groups))
    return made


def _loaded(spec: VectorsSpec, path: Path, by: tuple[str, ...]) -> tuple[TemplateSet, InputSummary]:
    """Read vectors; an array that claims to be larger than memory is its sender's fault."""
    try:
        return load_vectors(spec, path.parent, by=("race",) if by == (GROUP,) else by)
    except MemoryError as error:
        msg = "the vectors claim to be larger than the memory of this machine"
        raise InputError(msg) from error


def _scores_spec(path: Path, there: set[str], system: System) -> ScoresSpec:
    if GROUP in there and any(f"{side}_{what}" in there for side in SIDES for what in (GROUP, *LABELS)):
        msg = f"{GROUP} is the group of both sides: give it, or a group or labels of each side, not both"
        raise InputError(msg)

    def side(which: str) -> LabelColumns:
        named = {what: f"{which}_{what}" for what in ("subject", "template", GROUP, *LABELS)}
        taken = {what: column for what, column in named.items() if column in there}
        if GROUP in there:
            taken[GROUP] = GROUP
        groups_by(set(taken))
        return LabelColumns(**taken)

    first, second = side("first"), side("second")
    if set(first.named) != set(second.named):
        msg = "the columns of the two sides differ: each first_... needs its second_..."
        raise InputError(msg)
    if not first.subject and ("mated" not in there or first.template):
        msg = "scores need first_subject and second_subject, or a column mated"
        raise InputError(msg)
    distances = "distance" in there
    return ScoresSpec(
        files=(ScoreFile(path.name, ""),),
        score="distance" if distances else "score",
        mated="mated" if "mated" in there else "",
        mated_yes="",
        mated_no="",
        first=first,
        second=second,
        metric=Metric.EUCLIDEAN if distances else Metric.SIMILARITY,
        label_source=NOT_RECORDED,
        model=f"{TESTER} {system.embedder.info.name}",
        model_digest="",
        nan=Fault.STOP,
        duplicates=Fault.STOP,
        delimiter=",",
    )


def _arrays(path: Path, limits: PortLimits) -> set[str]:
    """Name the arrays of an npz file, whose members say how large they are."""
    try:
        with zipfile.ZipFile(path) as file:
            members = file.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        msg = "the upload cannot be read as .npz: its list of arrays is damaged"
        raise InputError(msg) from error
    if len(members) > MOST_ARRAYS or sum(one.file_size for one in members) > limits.unpacked_bytes:
        msg = f"the .npz holds more than {MOST_ARRAYS} arrays or {limits.unpacked_bytes:,} bytes"
        raise InputError(msg)
    return {one.filename.removesuffix(".npy") for one in members}


def columns_of(path: Path, limits: PortLimits) -> set[str]:
    """Name the columns of a table, and refuse a Parquet file that says it is too large.

    Parameters
    ----------
    path : Path
        Its ending as `ending_of` says.
    limits : PortLimits
        Most bytes that a Parquet file may unpack to.

    Raises
    ------
    InputError
        If it is too large, or its description is damaged.
    """
    if path.suffix != ".parquet":
        return set(TableFile(path).columns())
    try:
        about = pq.read_metadata(path)
        sizes = [about.row_group(one) for one in range(about.num_row_groups)]
        names = set(pq.read_schema(path).names)
    except (OSError, pa.ArrowException) as error:
        msg = "the upload cannot be read as Parquet: its description is damaged"
        raise InputError(msg) from error
    values = sum(group.column(n).num_values for group in sizes for n in range(group.num_columns))
    if (
        sum(one.total_byte_size for one in sizes) > limits.unpacked_bytes
        or values * 8 > limits.unpacked_bytes
    ):
        msg = f"the Parquet file unpacks to more than {limits.unpacked_bytes:,} bytes"
        raise InputError(msg)
    return names


def _require_known(there: set[str], known: set[str]) -> None:
    """Refuse a column that nobody would read: a misspelled group would make a wrong table."""
    if unknown := sorted(there - known):
        msg = f"unknown column {unknown[0][:40]!a}; known are {', '.join(sorted(known))}"
        raise InputError(msg)


def _require_form(templates: TemplateSet, system: System, limits: PortLimits) -> None:
    """Refuse vectors that the embedder cannot have made, and too many of them."""
    width, wanted = templates.vectors.shape[1], system.embedder.info.dimension
    if width != wanted:
        msg = f"the vectors have {width} components, {system.embedder.info.name} makes {wanted}"
        raise InputError(msg)
    if len(templates) > limits.photos:
        msg = f"the upload holds {len(templates):,} vectors, at most {limits.photos:,} are taken"
        raise InputError(msg)
    names = [
        *templates.template_id,
        *templates.subject_id,
        *templates.race,
        *templates.sex,
        *templates.age_class,
    ]
    if any(len(str(name)) > 80 or not str(name).isprintable() for name in names):  # noqa: PLR2004  as in labels.csv
        msg = "a subject, template or label holds a control character or more than 80 characters"
        raise InputError(msg)
    require_few_groups(len(set(zip(templates.race, templates.sex, templates.age_class, strict=True))))
    if not np.isfinite(templates.enrolled.vectors).all():
        msg = "a vector holds an infinite number"
        raise InputError(msg)

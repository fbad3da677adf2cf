"""Score files into a few plain columns: what is kept of each comparison, and nothing else.

Files are read a block at a time; texts become small codes as they are met, so that ten
million rows take a few hundred megabytes and not the size of the files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from facegate.decision import Metric
from facegate.errors import InputError
from facegate.evaluation.inputs.cells import MISSING, BadCellError, Codes, Names, flags, numbers
from facegate.evaluation.inputs.tables import SHOWN, TableFile
from facegate.evaluation.subgroups import group_name
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from facegate.decision import Scores
    from facegate.evaluation.inputs.spec import LabelColumns, ScoresSpec

Flags: TypeAlias = NDArray[np.bool_]
JOINT = "\x1f"
GROUP = ("group",)
MOST_GROUPS = 200


@dataclass(frozen=True, slots=True)
class ScoreRows:
    """Comparisons as their files list them, in the order of the files.

    Parameters
    ----------
    files : tuple of TableFile
        Where they come from.
    starts : tuple of int
        First row of each file.
    score : ndarray of shape (n,), float64
        Similarity scores: distances are turned round. NaN where missing.
    mated : ndarray of shape (n,), bool
        Pairs of one person.
    contradicted : ndarray of shape (n,), bool
        The mated flag says another thing than the two subject ids.
    person, template, group : ndarray of shape (2, n), int32
        Codes of both sides; of width 0 where the file does not name them.
    people, templates : tuple of str
        Names of the codes.
    labels : tuple of str
        What groups are made by, such as ``("race", "sex")``.
    group_values : tuple of tuple of str
        Values of the labels of each group, in the order in which they are shown.
    blurred : int
        Distances that are not themselves again after turning into a score and back.
    """

    files: tuple[TableFile, ...]
    starts: tuple[int, ...]
    score: Scores
    mated: Flags
    contradicted: Flags
    person: Codes
    template: Codes
    group: Codes
    people: tuple[str, ...]
    templates: tuple[str, ...]
    labels: tuple[str, ...]
    group_values: tuple[tuple[str, ...], ...]
    blurred: int

    def __len__(self) -> int:
        return self.score.size

    @property
    def group_names(self) -> tuple[str, ...]:
        """Names of the groups, by code."""
        return tuple(group_name(self.labels, values) for values in self.group_values)

    def place(self, row: int) -> str:
        """Say in which file and line a row stands."""
        file = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.files[file].place(row - self.starts[file])


@dataclass(slots=True)
class _Reader:
    """What is known while the files are read."""

    spec: ScoresSpec
    labels: tuple[str, ...]
    people: Names = field(default_factory=lambda: Names({}))
    templates: Names = field(default_factory=lambda: Names({}))
    groups: Names = field(default_factory=lambda: Names({}))
    parts: list[tuple[NDArray[np.generic], ...]] = field(default_factory=list)
    blurred: int = 0


def read_rows(
    spec: ScoresSpec,
    base: Path,
    *,
    by: Sequence[str] = (),
    on_progress: Callable[[int, int], None] | None = None,
) -> ScoreRows:
    """Read all files.

    Parameters
    ----------
    spec : ScoresSpec
        Which files and columns.
    base : Path
        Folder that file names are relative to.
    by : sequence of str
        Labels that make a group, of those with a column; empty for all of them.
    on_progress : callable, optional
        Called with rows read and rows to read, the latter an estimate.

    Returns
    -------
    ScoreRows

    Raises
    ------
    InputError
        If a file is missing, empty or damaged, or a cell does not hold what its column must.
    """
    files = score_files(spec, base)
    reader, starts, n_rows = _Reader(spec, _labels(spec, by)), [], 0
    n_about = sum(file.rows_about() for file in files)
    for file, given in zip(files, spec.files, strict=True):
        starts.append(n_rows)
        in_file = 0
        for batch in file.batches(_wanted(spec, reader.labels)):
            try:
                reader.parts.append(_part(reader, batch, given.group))
            except BadCellError as error:
                _refuse_cell(error, file.place(in_file + error.row))
            in_file += batch.num_rows
            if on_progress is not None:
                on_progress(n_rows + in_file, max(n_about, n_rows + in_file))
        if not in_file:
            msg = f"{file.name} has a heading and no rows: there is nothing to measure"
            raise InputError(msg)
        n_rows += in_file
    return _gathered(reader, files, starts)


def score_files(spec: ScoresSpec, base: Path) -> tuple[TableFile, ...]:
    """Find the files and check that each has the columns named.

    Raises
    ------
    InputError
        If a file is missing, empty, or lacks a column.
    """
    files = tuple(TableFile(base / one.file, spec.delimiter) for one in spec.files)
    for file in files:
        file.require(_wanted(spec, spec.first.labels))
    return files


def _labels(spec: ScoresSpec, by: Sequence[str]) -> tuple[str, ...]:
    """Take the labels that make a group."""
    if not spec.first.labels and not by:
        return GROUP
    unknown = [label for label in by if label not in spec.first.labels]
    if unknown:
        named = f"no column is named for {', '.join(unknown)}"
        msg = f"groups are made by {', '.join(by)}, but {named}; say by = [...] in [groups]"
        raise InputError(msg)
    return tuple(by) or spec.first.labels


def _wanted(spec: ScoresSpec, labels: Sequence[str]) -> list[str]:
    """List the columns to read, each once."""
    wanted = [spec.score, spec.mated]
    for side in (spec.first, spec.second):
        wanted += [side.subject, side.template, side.group]
        wanted += [getattr(side, label) for label in labels if label not in GROUP]
    return list(dict.fromkeys(column for column in wanted if column))


def _part(reader: _Reader, batch: pa.RecordBatch, group: str) -> tuple[NDArray[np.generic], ...]:
    """Turn one block into columns: score, mated, contradicted, people, templates, groups."""
    spec = reader.spec
    score = _scores(reader, batch)
    people = _sides(reader.people, batch, [spec.first.subject, spec.second.subject])
    templates = _sides(reader.templates, batch, [spec.first.template, spec.second.template])
    groups = np.vstack([_groups(reader, batch, side, group) for side in (spec.first, spec.second)])
    if spec.mated:
        said = flags(batch.column(spec.mated), yes=spec.mated_yes, no=spec.mated_no)
        mated = people[0] == people[1] if spec.people_named else said
    else:
        said = mated = people[0] == people[1]
    return score, mated, mated != said, people, templates, groups


def _scores(reader: _Reader, batch: pa.RecordBatch) -> Scores:
    """Read scores; turn distances round, and count those that do not come back as they were."""
    given = numbers(batch.column(reader.spec.score))
    if reader.spec.metric is not Metric.EUCLIDEAN:
        return given
    score = 1.0 - given
    with np.errstate(invalid="ignore"):  # infinite distances are refused later, with their line
        reader.blurred += int(np.count_nonzero(np.abs((1.0 - score) - given) > 1e-9 * np.abs(given)))
    return score


def _sides(names: Names, batch: pa.RecordBatch, columns: list[str]) -> Codes:
    """Encode who stands on each side; a row without one is an error."""
    if not columns[0]:
        return np.empty((2, 0), dtype=np.int32)
    codes = np.vstack([names.encode(batch.column(column)) for column in columns])
    if (codes == MISSING).any():
        side, row = divmod(int(np.argmax(codes == MISSING)), codes.shape[1])
        raise BadCellError(row, "", f"a name in column {columns[side]!r}")
    return codes


def _groups(reader: _Reader, batch: pa.RecordBatch, side: LabelColumns, group: str) -> Codes:
    """Encode the group of one side: its values, joined."""
    columns = [side.group] if side.group else [getattr(side, label, "") for label in reader.labels]
    cells = [_recorded(batch.column(column)) for column in columns if column]
    if not cells:
        return np.repeat(reader.groups.encode(pa.array([group or NOT_RECORDED])), batch.num_rows)
    return reader.groups.encode(pc.binary_join_element_wise(*cells, JOINT))


def _recorded(cells: pa.Array) -> pa.Array:
    """Trim a label; nothing there is "not recorded"."""
    texts = pc.utf8_trim_whitespace(pc.fill_null(cells.cast(pa.string()), ""))
    return pc.if_else(pc.equal(texts, ""), NOT_RECORDED, texts)


def _gathered(reader: _Reader, files: tuple[TableFile, ...], starts: list[int]) -> ScoreRows:
    """Join the blocks, and number the groups in the order of their names."""
    score, mated, contradicted, person, template, group = (
        np.concatenate(column, axis=-1) for column in zip(*reader.parts, strict=True)
    )
    reader.parts.clear()
    values = [tuple(text.split(JOINT)) for text in reader.groups.texts]
    if len(values) > MOST_GROUPS:
        msg = f"the scores are of {len(values):,} groups, wanted at most {MOST_GROUPS}; right column?"
        raise InputError(msg)
    shown = sorted(values, key=lambda one: [(value == NOT_RECORDED, value) for value in one])
    rank = np.array([shown.index(one) for one in values], dtype=np.int32)
    return ScoreRows(
        files=files,
        starts=tuple(starts),
        score=score,
        mated=mated,
        contradicted=contradicted,
        person=person,
        template=template,
        group=rank[group],
        people=reader.people.texts,
        templates=reader.templates.texts,
        labels=reader.labels,
        group_values=tuple(shown),
        blurred=reader.blurred,
    )


def _refuse_cell(error: BadCellError, place: str) -> NoReturn:
    msg = f"{place}: wanted {error.wanted}, there stands {error.value[:SHOWN]!r}"
    raise InputError(msg) from error

"""One matrix of scores, walked block by block: every cell checked, few of them kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facegate.decision import Metric, Threshold, matches
from facegate.errors import InputError
from facegate.evaluation.inputs.arrays import rows_at_once
from facegate.evaluation.inputs.spec import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from facegate.decision import Scores
    from facegate.evaluation.inputs.histogram import ScoreCounter
    from facegate.evaluation.subgroups import Positions

Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sides:
    """Whose the rows and columns are.

    Parameters
    ----------
    row_template, column_template : ndarray of shape (n_rows,) and (n_columns,), int64
        Positions among the templates.
    person : ndarray of shape (n_templates,), int64
        Person of each template.
    """

    row_template: Positions
    column_template: Positions
    person: Positions


@dataclass(slots=True)
class Walk:
    """What walking over the matrix found.

    Parameters
    ----------
    kept : list of tuple
        First template, second template and score of mated pairs and of the tail.
    left_out : list of tuple
        Templates of the non-mated cells that were left out.
    """

    kept: list[tuple[Positions, Positions, Scores]] = field(default_factory=list)
    left_out: list[tuple[Positions, Positions]] = field(default_factory=list)
    n_self: int = 0
    n_missing: int = 0
    n_used: int = 0
    blurred: int = 0
    lowest: float = np.inf
    highest: float = -np.inf


@dataclass(frozen=True, slots=True)
class Walker:
    """Visits every cell of a matrix once.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_columns)
        Scores or distances, as given.
    sides : Sides
        Whose they are.
    name : str
        The file, for messages.
    symmetric : bool
        Use the cells above the diagonal, and check that those below agree.
    floor : Threshold
        Keep non-mated pairs at or above it; its metric says which way the cells run.
    nan : Fault
        What to do with missing scores.
    counter : ScoreCounter
        Counts every score used, for the histograms.
    """

    matrix: NDArray[np.generic]
    sides: Sides
    name: str
    symmetric: bool
    floor: Threshold
    nan: Fault
    counter: ScoreCounter

    def walk(self, on_progress: Callable[[int, int], None] | None = None) -> Walk:
        """Check and sort the cells, a block of rows at a time.

        Parameters
        ----------
        on_progress : callable, optional
            Called with cells visited and cells to visit.

        Returns
        -------
        Walk

        Raises
        ------
        InputError
            On a missing or infinite score that is not left out, or a matrix that is not
            symmetric though said to be.
        """
        found, step, n_rows = Walk(), rows_at_once(self.matrix), len(self.matrix)
        for start in range(0, n_rows, step):
            rows = slice(start, min(start + step, n_rows))
            self._visit(found, rows)
            if on_progress is not None:
                on_progress(rows.stop * self.matrix.shape[1], self.matrix.size)
        return found

    def _visit(self, found: Walk, rows: slice) -> None:
        """Check and sort the cells of one block."""
        given = np.asarray(self.matrix[rows], dtype=np.float64)
        if self.symmetric:
            mirrored = np.asarray(self.matrix[:, rows], dtype=np.float64).T
            _require_symmetric(given, mirrored, self.name, rows.start)
        template, other = self.sides.row_template[rows], self.sides.column_template
        use = template[:, None] != other[None, :]
        found.n_self += given.size - int(np.count_nonzero(use))
        if self.symmetric:
            use &= np.arange(rows.start, rows.stop)[:, None] < np.arange(other.size)[None, :]
        _require_finite(given, use, self.name, rows.start)
        missing = use & np.isnan(given)
        _require_numbers(missing, self.nan, self.name, rows.start)
        mated = self.sides.person[template][:, None] == self.sides.person[other][None, :]
        found.n_missing += int(np.count_nonzero(missing))
        i, j = np.nonzero(missing & ~mated)
        found.left_out.append((template[i], other[j]))
        use &= ~missing
        i, j = np.nonzero(use)
        self._sort(found, template[i], other[j], _scores(found, given[use], self.floor.metric), mated[use])

    def _sort(self, found: Walk, first: Positions, second: Positions, score: Scores, mated: Flags) -> None:
        """Count the scores of a block, and keep the mated ones and the tail."""
        self.counter.add(first, second, score)
        chosen = mated | matches(score, self.floor)
        found.kept.append((first[chosen], second[chosen], score[chosen]))
        found.n_used += score.size
        if score.size:
            found.lowest = min(found.lowest, float(score.min()))
            found.highest = max(found.highest, float(score.max()))


def score_range(matrix: NDArray[np.generic], metric: Metric) -> tuple[float, float]:
    """Find the lowest and the highest score among the cells that hold a finite number.

    Returns
    -------
    tuple of two floats
        Scores, distances being turned round; 0 and 0 if there is none.
    """
    low, high, step = np.inf, -np.inf, rows_at_once(matrix)
    for start in range(0, len(matrix), step):
        given = np.asarray(matrix[start : start + step], dtype=np.float64)
        given = given[np.isfinite(given)]
        if given.size:
            low, high = min(low, float(given.min())), max(high, float(given.max()))
    if low > high:
        return 0.0, 0.0
    return (low, high) if metric is not Metric.EUCLIDEAN else (1.0 - high, 1.0 - low)


def _scores(found: Walk, given: Scores, metric: Metric) -> Scores:
    """Turn distances round, and count those that do not come back as they were."""
    if metric is not Metric.EUCLIDEAN:
        return given
    score = 1.0 - given
    found.blurred += int(np.count_nonzero(np.abs((1.0 - score) - given) > 1e-9 * np.abs(given)))
    return score


def _require_finite(given: Scores, use: Flags, name: str, start: int) -> None:
    bad = use & np.isinf(given)
    if bad.any():
        msg = f"{name} holds infinite scores; the first is {_cell(bad, start)}"
        raise InputError(msg)


def _require_numbers(missing: Flags, nan: Fault, name: str, start: int) -> None:
    if nan is Fault.STOP and missing.any():
        msg = (
            f"{name} holds scores that are not numbers; the first is {_cell(missing, start)}; "
            'to leave them out and count them, say nan = "leave-out"'
        )
        raise InputError(msg)


def _require_symmetric(given: Scores, mirrored: Scores, name: str, start: int) -> None:
    bad = ~((given == mirrored) | (np.isnan(given) & np.isnan(mirrored)))
    if bad.any():
        msg = f"{name} is said to be symmetric and is not: see {_cell(bad, start)} and its mirror image"
        raise InputError(msg)


def _cell(bad: Flags, start: int) -> str:
    row, column = divmod(int(np.argmax(bad)), bad.shape[1])
    return f"in row {start + row + 1}, column {column + 1}"

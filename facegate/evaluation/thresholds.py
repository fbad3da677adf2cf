"""Choosing a threshold by its false match rate: at most the target, never the nearest.

- Candidates are the observed non-mated scores, and the next number above the largest.
- The chosen one is the smallest whose empirical FMR is at most the target. (pyeer 0.5.6
  takes the operating point *nearest* the target: asked for 0.2 it can give 0.25.)
- Whose FMR it is, the policy says: of all comparisons, of one reference group, or the mean
  over groups. Candidates are the scores of those comparisons and of no others, so that the
  scores of strangers to the policy cannot move its threshold.
- A target that the comparisons are too few for is answered and marked *unsupported*.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Self

import numpy as np

from facegate.decision import Scores, Threshold
from facegate.errors import MeasurementError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facegate.evaluation.trials import Counts, People, Trials

OVERALL = "overall"
MATCHED_MEAN = "matched-mean"
REFERENCE_GROUP = "reference-group"


@dataclass(frozen=True, slots=True)
class Policy:
    """Whose false match rate a threshold is set by.

    Parameters
    ----------
    name : str
        ``overall``, ``matched-mean`` or ``reference-group``.
    groups : tuple of int
        Positions of the groups whose own rates FMR_gg are averaged with equal weights;
        one for a reference group, empty for the rate of all comparisons.

    Examples
    --------
    >>> Policy.matched_mean([2, 0]).groups
    (0, 2)
    """

    name: str
    groups: tuple[int, ...]

    @classmethod
    def overall(cls) -> Self:
        """All comparisons of different people, across groups too; it follows the mix of the data."""
        return cls(OVERALL, ())

    @classmethod
    def matched_mean(cls, groups: Sequence[int]) -> Self:
        """Average what a stranger of one's own group meets over these groups.

        Parameters
        ----------
        groups : sequence of int
            Groups with all labels recorded and people enough; at least one.

        Raises
        ------
        MeasurementError
            If there is no group.
        """
        if len(groups) == 0:
            msg = "a mean over groups needs a group with all labels recorded and people enough, got none"
            raise MeasurementError(msg)
        return cls(MATCHED_MEAN, tuple(sorted({int(group) for group in groups})))

    @classmethod
    def reference(cls, group: int) -> Self:
        """Take the rate inside one group; what everybody else gets when tuned on it."""
        return cls(REFERENCE_GROUP, (int(group),))

    def cells(self, first: People, second: People) -> People:
        """Find the cell of the policy that each comparison falls in, from its people's groups.

        Returns
        -------
        ndarray of shape (n,), int64
            Position among the cells of `comparisons`; -1 where it plays no part.
        """
        if not self.groups:
            return np.zeros(first.size, dtype=np.int64)
        own = np.where(first == second, first, -1)
        place = np.minimum(np.searchsorted(self.groups, own), len(self.groups) - 1)
        return np.where(np.asarray(self.groups)[place] == own, place, -1)

    def comparisons(self, counts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take the comparisons of each cell out of those of each pair of groups.

        Parameters
        ----------
        counts : ndarray of shape (n_groups, n_groups), float64
            Symmetric, as `Trials.weighted` gives them.
        """
        if not self.groups:
            return np.array([np.triu(counts).sum()])
        return np.diag(counts)[list(self.groups)]


@dataclass(frozen=True, slots=True)
class ChosenThreshold:
    """A threshold set by a target false match rate.

    Parameters
    ----------
    threshold : Threshold
        At or above it is a match.
    target : float
        The FMR asked for, 0 to 1.
    fmr : float
        The rate observed at the threshold, by the policy's own weights: at most the target.
    false_matches, comparisons : int
        Counts behind it, over all cells of the policy.
    unsupported : bool
        The target is below one false match in all comparisons of a cell, the smallest one
        where several are averaged. For a single cell the threshold is then an extrapolation
        that nothing observed confirms. In a mean the smallest cell weighs as much as any
        other, while its own rate can only be 0 or above the target: one of the averaged
        numbers is unknown at this scale. The flag errs on the side of doubt.
    """

    threshold: Threshold
    target: float
    fmr: float
    false_matches: int
    comparisons: int
    unsupported: bool


def threshold_at_fmr(tail: Scores, *, comparisons: int, floor: Threshold, target: float) -> ChosenThreshold:
    """Find the smallest observed threshold whose empirical FMR is at most the target.

    Parameters
    ----------
    tail : ndarray of shape (n,), float64
        Every non-mated score at or above the floor, in any order.
    comparisons : int
        All non-mated comparisons, those below the floor included.
    floor : Threshold
        Scores below it were counted and not kept.
    target : float
        FMR to stay at or below, above 0 and at most 1.

    Returns
    -------
    ChosenThreshold
        Ties at the edge stay together: they all match or none does.

    Raises
    ------
    MeasurementError
        If there are no comparisons, a score is not finite, the target is not a rate, or
        the answer lies below the floor, where scores were not kept.

    Examples
    --------
    >>> from facegate.decision import Metric
    >>> scores, floor = np.array([0.9, 0.8, 0.8, 0.7]), Threshold(0.0, Metric.COSINE)
    >>> threshold_at_fmr(scores, comparisons=4, floor=floor, target=0.5).threshold.score
    0.9
    """
    one_cell = np.zeros(tail.size, dtype=np.int64)
    return threshold_at_mean_fmr(
        tail, one_cell, comparisons=np.array([comparisons]), floor=floor, target=target
    )


def threshold_by(
    policy: Policy,
    scores: Scores,
    first: People,
    second: People,
    *,
    group_of_person: People,
    n_groups: int,
    trials: Trials,
    floor: Threshold,
    target: float,
) -> ChosenThreshold:
    """Find the smallest observed threshold at which a policy's rate is at most the target.

    Parameters
    ----------
    policy : Policy
        Whose rate.
    scores : ndarray of shape (n,), float64
        Every non-mated score at or above the floor, in any order.
    first, second : ndarray of shape (n,), int64
        The two people of each.
    group_of_person : ndarray of shape (n_people,), int64
        Group of each person.
    n_groups : int
        How many groups there are.
    trials : Trials
        Who was compared with whom.
    floor : Threshold
        Scores below it were counted and not kept.
    target : float
        Rate to stay at or below, above 0 and at most 1.

    Returns
    -------
    ChosenThreshold

    Raises
    ------
    MeasurementError
        As `threshold_at_mean_fmr`.
    """
    counts = trials.weighted(group_of_person, n_groups, np.ones(group_of_person.size))
    cell = policy.cells(group_of_person[first], group_of_person[second])
    return threshold_at_mean_fmr(
        scores[cell >= 0],
        cell[cell >= 0],
        comparisons=np.rint(policy.comparisons(counts)).astype(np.int64),
        floor=floor,
        target=target,
    )


def threshold_at_mean_fmr(
    tail: Scores, cell: People, *, comparisons: Counts, floor: Threshold, target: float
) -> ChosenThreshold:
    """Find the smallest observed threshold at which the mean FMR of cells is at most the target.

    Parameters
    ----------
    tail : ndarray of shape (n,), float64
        Every non-mated score of the cells at or above the floor, in any order.
    cell : ndarray of shape (n,), int64
        Cell of each.
    comparisons : ndarray of shape (n_cells,), int64
        All comparisons of each cell, those below the floor included.
    floor : Threshold
        Scores below it were counted and not kept.
    target : float
        Mean FMR, cells weighing the same, to stay at or below; above 0 and at most 1.

    Returns
    -------
    ChosenThreshold
        The mean is summed in fractions and rounded once, so that three cells at 0.1 are at 0.1.

    Raises
    ------
    MeasurementError
        If a cell has no comparisons or fewer than its tail, a score is not finite, the
        target is not a rate, or the answer lies below the floor.
    """
    kept = np.bincount(cell, minlength=comparisons.size)
    _check(tail, kept, comparisons, target)
    hidden = comparisons > kept
    if hidden.any() and (tail.size == 0 or _with_one_more(kept, comparisons, hidden) <= target):
        raise MeasurementError(_below_the_floor(kept, comparisons, floor, target))
    order = np.argsort(-tail, kind="stable")
    scores, cells = tail[order], cell[order]
    last_of_tie = np.append(scores[1:] != scores[:-1], True)  # tied scores stand or fall together
    ends = np.flatnonzero(last_of_tie) + 1

    def rate(place: int) -> float:
        return _mean(np.bincount(cells[: ends[place]], minlength=comparisons.size), comparisons)

    allowed = bisect_right(range(ends.size), target, key=rate)  # the rate grows as the threshold falls
    lowest = scores[ends[allowed - 1] - 1] if allowed else np.nextafter(scores[0], np.inf)
    return ChosenThreshold(
        threshold=Threshold(float(lowest), floor.metric),
        target=target,
        fmr=rate(allowed - 1) if allowed else 0.0,
        false_matches=int(ends[allowed - 1]) if allowed else 0,
        comparisons=int(comparisons.sum()),
        unsupported=target * int(comparisons.min()) < 1,
    )


def _mean(false_matches: Counts, comparisons: Counts) -> float:
    """Mean rate of cells, rounded once."""
    cells = zip(false_matches.tolist(), comparisons.tolist(), strict=True)
    return float(sum((Fraction(k, m) for k, m in cells), Fraction(0)) / comparisons.size)


def _with_one_more(kept: Counts, comparisons: Counts, hidden: NDArray[np.bool_]) -> float:
    """Least mean rate that the next score, below the floor, can lead to."""
    more = kept.copy()
    more[np.argmax(np.where(hidden, comparisons, 0))] += 1
    return _mean(more, comparisons)


def _check(tail: Scores, kept: Counts, comparisons: Counts, target: float) -> None:
    """Refuse what no threshold can be chosen from."""
    empty = int(np.count_nonzero(comparisons < 1))
    if empty:
        which = f"; {empty} of {comparisons.size} groups have none" if comparisons.size > 1 else ""
        msg = f"a threshold at a false match rate needs non-mated comparisons, got 0{which}"
        raise MeasurementError(msg)
    if not 0 < target <= 1:
        msg = f"a target false match rate must be above 0 and at most 1, got {target}"
        raise MeasurementError(msg)
    if kept.size > comparisons.size or bool((kept > comparisons).any()):
        msg = f"{tail.size:,} scores were kept of only {int(comparisons.sum()):,} comparisons; wanted no more"
        raise MeasurementError(msg)
    n_wrong = int(np.count_nonzero(~np.isfinite(tail)))
    if n_wrong:
        msg = f"a threshold needs finite scores, got {n_wrong:,} of {tail.size:,} infinite or NaN"
        raise MeasurementError(msg)


def _below_the_floor(kept: Counts, comparisons: Counts, floor: Threshold, target: float) -> str:
    """Say that the floor hides the answer."""
    if comparisons.size > 1:
        return (
            f"the threshold at a mean FMR of {target:g} over {comparisons.size} groups lies below the floor "
            f"(score {floor.score:g}), where the mean is only {_mean(kept, comparisons):.3g}; "
            "choose a lower floor"
        )
    n_kept, total = int(kept[0]), int(comparisons[0])
    return (
        f"the threshold at FMR {target:g} lies below the floor (score {floor.score:g}): {n_kept:,} of "
        f"{total:,} comparisons reach it, the target allows {target * total:,.0f} to match; "
        "choose a lower floor"
    )

"""Thresholds of many weighted copies of one tail at a time: the walk inside the bootstrap.

Scores are sorted once. Each draw of people weighs every comparison anew, so the walk adds
weighted shares up from the highest score downwards, for all draws side by side, and stops
reading once the last of them has gone beyond its target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.decision import Scores
    from facegate.evaluation.thresholds import Policy
    from facegate.evaluation.trials import People

Floats: TypeAlias = NDArray[np.float64]
Marks: TypeAlias = NDArray[np.bool_]

ROWS_AT_ONCE = 4_096
ROUNDING = 1e-12
"""Relative slack for sums of many fractions; a false match changes a rate by far more."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Non-mated scores that a policy is about.

    Parameters
    ----------
    scores : ndarray of shape (n,), float64
        Falling.
    first, second : ndarray of shape (n,), int64
        The two people of each.
    cell : ndarray of shape (n,), int64
        Cell of the policy that each falls in.
    """

    scores: Scores
    first: People
    second: People
    cell: People

    @classmethod
    def of(
        cls, policy: Policy, scores: Scores, first: People, second: People, group_of_person: People
    ) -> Tail:
        """Keep what the policy is about, in any order, and sort it."""
        cell = policy.cells(group_of_person[first], group_of_person[second])
        chosen = np.flatnonzero(cell >= 0)
        chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
        return cls(scores[chosen], first[chosen], second[chosen], cell[chosen])

    def parts(self) -> Iterator[slice]:
        """Cut into parts of a bounded size that do not part tied scores, unless the tie is longer."""
        start, falling = 0, -self.scores
        while start < falling.size:
            last = min(start + ROWS_AT_ONCE, falling.size) - 1
            stop = int(np.searchsorted(falling, falling[last], side="right"))
            yield slice(start, stop)
            start = stop


def lowest_allowed(
    tail: Tail, weights: Floats, compared: Floats, target: float, *, everything_kept: bool
) -> Floats:
    """Find, for each draw, the smallest of its scores at which its mean rate is at most the target.

    Parameters
    ----------
    tail : Tail
        Every score of the policy's cells at or above the floor.
    weights : ndarray of shape (n_people, n_draws), float64
        How often each person was drawn.
    compared : ndarray of shape (n_cells, n_draws), float64
        Weighted comparisons of each cell, those below the floor included.
    target : float
        Mean over cells, above 0 and at most 1.
    everything_kept : bool
        No comparison lies below the floor.

    Returns
    -------
    ndarray of shape (n_draws,), float64
        The next number above the draw's largest score where no score is allowed. ``-inf``
        where all its scores down to the floor are allowed and others are hidden, and NaN
        where it compared nobody in some cell.
    """
    possible = compared.min(axis=0) > 0
    step = np.divide(1.0, compared.shape[0] * compared, out=np.zeros_like(compared), where=possible)
    times = weights.astype(np.float32)  # small whole numbers, exact: half the memory to gather from
    reached, found, going = np.zeros(possible.size), np.full(possible.size, np.nan), possible.copy()
    for rows in tail.parts():
        if not going.any():
            break
        scores = tail.scores[rows]
        added = times[tail.first[rows]] * times[tail.second[rows]] * step[tail.cell[rows]]
        ends = np.flatnonzero(
            np.append(scores[1:] != scores[:-1], True)
        )  # tied scores stand or fall together
        rates = (reached + np.cumsum(added, axis=0))[ends]
        drawn = np.diff(rates, axis=0, prepend=reached[None]) > 0  # a score of people not drawn is none
        allowed = rates <= target * (1 + ROUNDING)
        for draw in np.flatnonzero(going).tolist():
            found[draw] = _lowest(scores[ends], drawn[:, draw], allowed[:, draw], so_far=found[draw])
        going &= allowed[-1]
        reached = rates[-1]
    if not everything_kept:
        found[going] = -np.inf
    return found


def _lowest(scores: Scores, drawn: Marks, allowed: Marks, *, so_far: float) -> float:
    """Take the lowest allowed score of a part; if none ever was, the number above the first refused."""
    candidates = np.flatnonzero(drawn & allowed)
    if candidates.size:
        return float(scores[candidates[-1]])
    if np.isnan(so_far) and not allowed[-1]:
        return float(np.nextafter(scores[np.argmin(allowed)], np.inf))
    return so_far

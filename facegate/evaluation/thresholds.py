"""Choosing a threshold by its false match rate: at most the target, never the nearest.

- Candidates are the observed non-mated scores, and the next number above the largest.
- The chosen one is the smallest whose empirical FMR is at most the target. (pyeer 0.5.6
  takes the operating point *nearest* the target: asked for 0.2 it can give 0.25.)
- A target that the comparisons are too few for is answered and marked *unsupported*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facegate.decision import Scores, Threshold
from facegate.errors import MeasurementError


@dataclass(frozen=True, slots=True)
class ChosenThreshold:
    """A threshold set by a target false match rate.

    Parameters
    ----------
    threshold : Threshold
        At or above it is a match.
    target : float
        The FMR asked for, 0 to 1.
    false_matches, comparisons : int
        What was observed at the threshold: at most the target by construction.
    unsupported : bool
        The target is below one false match in all comparisons, so the threshold is an
        extrapolation that nothing observed confirms.
    """

    threshold: Threshold
    target: float
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
        If there are no comparisons, the target is not a rate, or the answer lies below
        the floor, where scores were not kept.

    Examples
    --------
    >>> from facegate.decision import Metric
    >>> scores, floor = np.array([0.9, 0.8, 0.8, 0.7]), Threshold(0.0, Metric.COSINE)
    >>> threshold_at_fmr(scores, comparisons=4, floor=floor, target=0.5).threshold.score
    0.9
    """
    if comparisons < 1:
        msg = "a threshold at a false match rate needs non-mated comparisons, got 0"
        raise MeasurementError(msg)
    if not 0 < target <= 1:
        msg = f"a target false match rate must be above 0 and at most 1, got {target}"
        raise MeasurementError(msg)
    if tail.size < comparisons and (tail.size == 0 or (tail.size + 1) / comparisons <= target):
        raise MeasurementError(_below_the_floor(tail.size, comparisons, floor, target))
    scores, times = np.unique(tail, return_counts=True)
    candidates = np.append(scores, np.nextafter(scores[-1], np.inf))
    at_or_above = np.append(np.cumsum(times[::-1])[::-1], 0)
    chosen = int(np.argmax(at_or_above / comparisons <= target))  # counts fall, so the first is the smallest
    return ChosenThreshold(
        threshold=Threshold(float(candidates[chosen]), floor.metric),
        target=target,
        false_matches=int(at_or_above[chosen]),
        comparisons=comparisons,
        unsupported=target * comparisons < 1,
    )


def _below_the_floor(n_kept: int, comparisons: int, floor: Threshold, target: float) -> str:
    """Say that the floor hides the answer."""
    return (
        f"the threshold at FMR {target:g} lies below the floor (score {floor.score:g}): {n_kept:,} of "
        f"{comparisons:,} comparisons reach it, the target allows {target * comparisons:,.0f} to match; "
        "choose a lower floor"
    )

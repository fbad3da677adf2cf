"""Choosing a threshold by its FPIR: at most the target, never the nearest.

- Candidates are the best scores of non-mated searches, and the next number above the largest.
- It holds for a gallery of the size and mix that was searched: a larger one returns more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facegate.decision import Scores, Threshold, matches
from facegate.errors import MeasurementError


@dataclass(frozen=True, slots=True)
class ThresholdAtFpir:
    """A threshold set by a target false positive identification rate.

    Parameters
    ----------
    threshold : Threshold
        At or above it is a match.
    target : float
        The FPIR asked for, 0 to 1; it holds for the gallery that was searched, not for a
        larger one.
    false_positives, searches : int
        Non-mated searches that return anybody at the threshold, and all of them.
    unsupported : bool
        The target is rarer than one in all searches: an extrapolation.
    """

    threshold: Threshold
    target: float
    false_positives: int
    searches: int
    unsupported: bool


def threshold_at_fpir(strongest: Scores, *, floor: Threshold, target: float) -> ThresholdAtFpir:
    """Find the smallest observed threshold whose empirical FPIR is at most the target.

    Parameters
    ----------
    strongest : ndarray of shape (n_searches,), float64
        Best score of each non-mated search; -inf where nobody reached the floor.
    floor : Threshold
        The threshold that was searched at.
    target : float
        FPIR to stay at or below, above 0 and at most 1.

    Raises
    ------
    MeasurementError
        If there are no searches, the target is not a rate, or the answer lies below the
        floor.

    Examples
    --------
    >>> from facegate.decision import Metric
    >>> best = np.array([0.9, 0.8, 0.8, 0.7])
    >>> threshold_at_fpir(best, floor=Threshold(0.5, Metric.COSINE), target=0.5).threshold.score
    0.9
    """
    if not 0 < target <= 1:
        msg = f"a target FPIR must be above 0 and at most 1, got {target}"
        raise MeasurementError(msg)
    if strongest.size == 0:
        msg = "a threshold at an FPIR needs searches for people who are not enrolled, got 0"
        raise MeasurementError(msg)
    searches, reached = strongest.size, strongest[matches(strongest, floor)]
    if reached.size == 0 or (reached.size < searches and (reached.size + 1) / searches <= target):
        raise MeasurementError(_below_the_floor(reached.size, searches, floor, target))
    scores, times = np.unique(strongest, return_counts=True)
    candidates = np.append(scores, np.nextafter(scores[-1], np.inf))
    at_or_above = np.append(np.cumsum(times[::-1])[::-1], 0)
    chosen = int(np.argmax(at_or_above / searches <= target))  # counts fall: the first is the smallest
    return ThresholdAtFpir(
        threshold=Threshold(float(candidates[chosen]), floor.metric),
        target=target,
        false_positives=int(at_or_above[chosen]),
        searches=searches,
        unsupported=target * searches < 1,
    )


def _below_the_floor(n_reached: int, searches: int, floor: Threshold, target: float) -> str:
    """Say that the floor hides the answer."""
    return (
        f"the threshold at FPIR {target:g} lies below the floor (score {floor.score:g}): {n_reached:,} of "
        f"{searches:,} searches return anybody there, the target allows {target * searches:,.0f}; choose a "
        "lower floor"
    )

"""Error rates as counts: what happened, out of how many.

- A rate is never a bare number: it carries its events and its trials.
- No trials means no rate. That is *unknown*, and never zero.
- Scores are similarities, higher is more alike; at or above the threshold is a match.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facegate.decision import Scores, Threshold, matches
from facegate.errors import MeasurementError

RULE_OF_THREE = 3.0
"""0 events in n independent trials bound a rate by 3 / n at 95 % (exactly -ln 0.05 / n)."""


FEWEST_UNITS = 15
"""Fewest comparisons that share nobody (30 people of one group) for a rate of a group's own. Below,
the spread between people is guessed from too few of them: in simulation with 2 photos a person and
moderate to strong effects of person and pair, nominal 95 % ranges held the truth 89 to 93 % of the
time with 30 people, 86 to 90 % with 20, 78 to 87 % with 8."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Events out of trials.

    Parameters
    ----------
    events : int
        How often it happened, 0 to ``trials``.
    trials : int
        How often it could have happened, at least 1.

    Raises
    ------
    MeasurementError
        If there are no trials (the rate is unknown, not zero) or the counts contradict
        each other.

    Examples
    --------
    >>> Rate(events=1, trials=4).value
    0.25
    """

    events: int
    trials: int

    def __post_init__(self) -> None:
        if self.trials < 1:
            msg = f"a rate needs at least one trial, got {self.trials}: it is unknown, not zero"
            raise MeasurementError(msg)
        if not 0 <= self.events <= self.trials:
            msg = f"a rate needs events from 0 to its {self.trials} trials, got {self.events}"
            raise MeasurementError(msg)

    @property
    def value(self) -> float:
        """Events over trials, 0 to 1."""
        return self.events / self.trials


@dataclass(frozen=True, slots=True)
class Estimate:
    """A rate with its interval, and how sure one may be of it.

    Parameters
    ----------
    events, trials : int
        Counts behind the estimate; trials are comparisons.
    people : int
        Different people in the trials: the independent units.
    estimate, low, high : float
        The rate and the ends of its interval, 0 to 1.
    effective_trials : float
        How many *independent* comparisons would tell as much. Rates below
        3 / ``effective_trials`` cannot be told from zero (rule of 3).
    disjoint_units : int
        How many of the comparisons (or people) can be picked that share nobody.
    method : str
        How the interval was made.
    """

    events: int
    trials: int
    people: int
    estimate: float
    low: float
    high: float
    effective_trials: float
    disjoint_units: int
    method: str

    @property
    def smallest_rate(self) -> float:
        """Smallest rate these trials can speak to, 0 to 1 (rule of 3)."""
        return min(1.0, RULE_OF_THREE / self.effective_trials)

    @property
    def supported(self) -> bool:
        """Whether there are people and events enough to speak of a rate."""
        enough_people = self.disjoint_units >= FEWEST_UNITS
        return enough_people and self.estimate * self.effective_trials >= RULE_OF_THREE


def false_match_rate(non_mated_scores: Scores, threshold: Threshold) -> Rate:
    """Measure the false match rate (FMR) at one threshold.

    Parameters
    ----------
    non_mated_scores : ndarray of shape (n_comparisons,), float64
        Similarity scores of comparisons between *different* people.
    threshold : Threshold
        On the same scale as the scores.

    Returns
    -------
    Rate
        Non-mated comparisons that matched, over all non-mated comparisons (ISO/IEC 19795-1).

    Raises
    ------
    MeasurementError
        If there are no non-mated comparisons, or a score is NaN.

    Examples
    --------
    >>> from facegate.decision import Metric
    >>> false_match_rate(np.array([0.1, 0.5, 0.9, 0.2]), Threshold(0.5, Metric.COSINE))
    Rate(events=2, trials=4)
    """
    _require_scores(non_mated_scores, "false match rate", "non-mated")
    return Rate(int(np.count_nonzero(matches(non_mated_scores, threshold))), non_mated_scores.size)


def false_non_match_rate(mated_scores: Scores, threshold: Threshold) -> Rate:
    """Measure the false non-match rate (FNMR) at one threshold.

    Parameters
    ----------
    mated_scores : ndarray of shape (n_comparisons,), float64
        Similarity scores of comparisons of one person with themselves in another photo.
    threshold : Threshold
        On the same scale as the scores.

    Returns
    -------
    Rate
        Mated comparisons that did not match, over all mated comparisons (ISO/IEC 19795-1).

    Raises
    ------
    MeasurementError
        If there are no mated comparisons, or a score is NaN.

    Examples
    --------
    >>> from facegate.decision import Metric
    >>> false_non_match_rate(np.array([0.4, 0.5, 0.9]), Threshold(0.5, Metric.COSINE))
    Rate(events=1, trials=3)
    """
    _require_scores(mated_scores, "false non-match rate", "mated")
    return Rate(int(np.count_nonzero(~matches(mated_scores, threshold))), mated_scores.size)


def _require_scores(scores: Scores, rate: str, kind: str) -> None:
    """Refuse an empty set of comparisons, and scores that are not numbers."""
    if scores.size == 0:
        msg = f"{rate} needs at least one {kind} comparison, got 0: it is unknown, not zero"
        raise MeasurementError(msg)
    n_nan = int(np.count_nonzero(np.isnan(scores)))
    if n_nan:
        msg = f"{rate} needs a number for each {kind} comparison, got {n_nan} of {scores.size} scores NaN"
        raise MeasurementError(msg)

"""Histograms of scores made elsewhere, over whatever range a vendor's scores have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Metric
from facegate.errors import MeasurementError
from facegate.evaluation.histograms import BINS, Histograms, grid_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facegate.decision import Scores, Threshold
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.evaluation.trials import Trials


class ScoreCounter:
    """Counts scores by pair of groups, a block at a time.

    Parameters
    ----------
    population : Population
        Whose templates they are.
    edges : ndarray of shape (n_bins + 1,), float64
        Rising; see `edges_for`.
    """

    def __init__(self, population: Population, edges: NDArray[np.float64]) -> None:
        self._population = population
        nobody, nothing = np.empty(0, np.int64), np.empty(0)
        n_groups = len(population.groups)
        self._sum = Histograms.of_scores(edges, (nobody, nobody, nothing), (nobody, nothing), n_groups)

    def add(self, first: Positions, second: Positions, scores: Scores) -> None:
        """Count scores between pairs of templates."""
        people = self._population
        mated = people.person_of_template[first] == people.person_of_template[second]
        one, other = people.group_of_template[first], people.group_of_template[second]
        block = Histograms.of_scores(
            self._sum.edges,
            (one[~mated], other[~mated], scores[~mated]),
            (one[mated], scores[mated]),
            len(people.groups),
        )
        self._sum = Histograms(
            self._sum.edges, self._sum.non_mated + block.non_mated, self._sum.mated + block.mated
        )

    def histograms(self) -> Histograms:
        """Give what was counted so far."""
        return self._sum


def edges_for(floor: Threshold, lowest: float, highest: float) -> NDArray[np.float64]:
    """Choose bins: the usual ones of the metric, or those that a vendor's scores need.

    Parameters
    ----------
    floor : Threshold
        Becomes an edge.
    lowest, highest : float
        Lowest and highest score there is.

    Returns
    -------
    ndarray of shape (n_bins + 1,), float64
        Rising.

    Examples
    --------
    >>> from facegate.decision import Threshold
    >>> edges = edges_for(Threshold(80.0, Metric.COSINE), 0.0, 100.0)
    >>> float(edges[0]), float(edges[-1]), 80.0 in edges
    (0.0, 100.0, True)
    """
    if floor.metric is Metric.EUCLIDEAN and highest <= 1:
        return grid_for(floor, 1.0 - min(lowest, floor.score)).edges
    if floor.metric is not Metric.EUCLIDEAN and lowest >= -1 and highest <= 1 and abs(floor.score) <= 1:
        return grid_for(floor, 1.0).edges
    low, high = min(lowest, floor.score), max(highest, floor.score)
    if not low < high:
        low, high = low - 0.5, high + 0.5
    return np.unique(np.append(np.linspace(low, high, BINS + 1), floor.score))


def histograms_of(
    first: Positions, second: Positions, scores: Scores, *, population: Population, floor: Threshold
) -> Histograms:
    """Count scores that are all at hand, by pair of groups; arguments as in `comparisons_of`."""
    counter = ScoreCounter(population, edges_for(floor, float(scores.min()), float(scores.max())))
    counter.add(first, second, scores)
    return counter.histograms()


def require_counted(histograms: Histograms, trials: Trials, population: Population) -> None:
    """Compare the scores counted with the comparisons of people, by pair of groups.

    Raises
    ------
    MeasurementError
        If any pair of groups has another number: the rates would have wrong denominators.
    """
    group, n_groups = population.group_of_person, len(population.groups)
    expected = np.rint(trials.weighted(group, n_groups, np.ones(group.size)))
    wrong = np.count_nonzero(histograms.non_mated.sum(axis=1) != expected[np.triu_indices(n_groups)])
    if wrong:
        msg = f"{wrong} pairs of groups were compared another number of times than scores were counted"
        raise MeasurementError(msg)

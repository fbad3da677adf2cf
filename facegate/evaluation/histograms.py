"""How scores spread, by pair of groups: one histogram each, small whatever the number of pairs.

- Bins follow the metric: a cosine runs from -1 to 1; a Euclidean score from 1 downwards, over
  a range that follows from the vectors' lengths. The outer bins hold what lies beyond.
- The floor is an edge. From it upwards every count is exact (each score there was computed in
  float64); below it a score within float32 rounding of an edge may fall on its other side.
- Each histogram adds up to the comparisons that its pair of groups must have had. That is
  checked on every run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Metric, Threshold
from facegate.errors import MeasurementError
from facegate.evaluation.trials import counts_by_group

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facegate.decision import Scores
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.evaluation.trials import Counts, Trials

BINS = 2048
SHORTEST_RANGE = 1e-6
"""Below it, scores next to 1 lie so close that float64 leaves no room for bins."""


@dataclass(frozen=True, slots=True)
class Histograms:
    """Scores counted in bins.

    Parameters
    ----------
    edges : ndarray of shape (n_bins + 1,), float64
        Rising. A score on an edge belongs to the bin above it; the first bin also holds what
        lies below all edges, the last what lies at or above the last edge.
    non_mated : ndarray of shape (n_groups * (n_groups + 1) / 2, n_bins), int64
        Comparisons of different people; a row for each pair of groups, see `place_of`.
    mated : ndarray of shape (n_groups, n_bins), int64
        Comparisons of two templates of one person, by group.
    """

    edges: NDArray[np.float64]
    non_mated: Counts
    mated: Counts

    @classmethod
    def of_scores(
        cls,
        edges: NDArray[np.float64],
        non_mated: tuple[Positions, Positions, Scores],
        mated: tuple[Positions, Scores],
        n_groups: int,
    ) -> Histograms:
        """Count scores that are all at hand.

        Parameters
        ----------
        edges : ndarray of shape (n_bins + 1,), float64
            Rising.
        non_mated : tuple of three ndarrays of shape (n,)
            The groups of the two people, in either order, and the scores.
        mated : tuple of two ndarrays of shape (m,)
            The person's group, and the scores.
        n_groups : int
            How many groups there are.
        """
        first, second, scores = non_mated
        place = place_of(np.minimum(first, second), np.maximum(first, second), n_groups)
        rows = n_groups * (n_groups + 1) // 2
        return cls(edges, binned(place, scores, edges, rows), binned(*mated, edges, n_groups))

    @property
    def n_groups(self) -> int:
        """How many groups there are."""
        return len(self.mated)

    def whole(self) -> Counts:
        """Count the non-mated comparisons of everybody, by bin."""
        return np.asarray(self.non_mated.sum(axis=0))

    def between(self, first: int, second: int) -> Counts:
        """Count the non-mated comparisons of two groups, or inside one, by bin; in either order."""
        place = place_of(np.array(min(first, second)), np.array(max(first, second)), self.n_groups)
        return np.asarray(self.non_mated[int(place)])

    def towards_all(self, group: int) -> Counts:
        """Count the non-mated comparisons that have anybody of a group in them, by bin."""
        parts = [self.between(group, other) for other in range(self.n_groups)]
        return np.asarray(np.sum(parts, axis=0))

    def mated_whole(self) -> Counts:
        """Count the mated comparisons of everybody, by bin."""
        return np.asarray(self.mated.sum(axis=0))


@dataclass(frozen=True, slots=True)
class Grid:
    """Bins of equal width, cut once more at the floor.

    Parameters
    ----------
    lowest : float
        First edge.
    width : float
        Of every bin but the two that the floor makes of one.
    edges : ndarray of shape (n_bins + 1,), float64
        With the floor among them where it lies inside.
    below : int
        The last bin below the floor: its place is the same with and without the cut.
    """

    lowest: float
    width: float
    edges: NDArray[np.float64]
    below: int


def grid_for(floor: Threshold, longest_distance: float) -> Grid:
    """Choose the bins of a run.

    Parameters
    ----------
    floor : Threshold
        Becomes an edge if it lies inside the range.
    longest_distance : float
        Distance that a Euclidean histogram reaches to; rounded up to two digits, so that the
        edges do not hang on the last bit of a length. Not used for a cosine.
    """
    lowest = -1.0 if floor.metric is not Metric.EUCLIDEAN else 1.0 - _rounded_up(longest_distance)
    width = (1.0 - lowest) / BINS
    edges = np.append(lowest + width * np.arange(BINS), 1.0)
    if not lowest < floor.score < 1.0:
        return Grid(lowest, width, edges, 0 if floor.score <= lowest else BINS - 1)
    place = int(np.searchsorted(edges, floor.score, side="left"))
    if edges[place] != floor.score:
        edges = np.insert(edges, place, floor.score)
    return Grid(lowest, width, edges, place - 1)


def place_of(first: Positions, second: Positions, n_groups: int) -> Positions:
    """Give each pair of groups, ``first <= second``, its row: the upper triangle, row by row.

    Examples
    --------
    >>> place_of(np.array([0, 0, 1, 1, 2]), np.array([0, 2, 1, 2, 2]), 3)
    array([0, 2, 3, 4, 5])
    """
    return np.asarray(first * n_groups - first * (first - 1) // 2 + (second - first))


def bin_of(scores: Scores, edges: NDArray[np.float64]) -> Positions:
    """Find the bin of each score."""
    places = np.searchsorted(edges, scores, side="right") - 1
    return np.clip(places, 0, edges.size - 2).astype(np.int64)


def binned(rows: Positions, scores: Scores, edges: NDArray[np.float64], n_rows: int) -> Counts:
    """Count scores by row and bin.

    Returns
    -------
    ndarray of shape (n_rows, n_bins), int64
    """
    n_bins = edges.size - 1
    flat = np.bincount(rows * n_bins + bin_of(scores, edges), minlength=n_rows * n_bins)
    return flat.reshape(n_rows, n_bins).astype(np.int64)


def require_trials(histograms: Histograms, trials: Trials, population: Population) -> None:
    """Compare the comparisons counted with those that must have been made.

    Raises
    ------
    MeasurementError
        If a pair of groups was compared another number of times.
    """
    expected = counts_by_group(trials, population)[np.triu_indices(len(population.groups))]
    counted = histograms.non_mated.sum(axis=1)
    wrong = int(np.count_nonzero(counted != expected))
    if wrong:
        msg = (
            f"{wrong} pairs of groups were compared another number of times than their photos allow: "
            f"{int(counted.sum()):,} comparisons in all, wanted {int(expected.sum()):,}"
        )
        raise MeasurementError(msg)


def _rounded_up(distance: float) -> float:
    """Round up to two digits; where there is next to no distance, give the range of 1."""
    if distance < SHORTEST_RANGE:
        return 1.0
    unit = 10.0 ** (math.floor(math.log10(distance)) - 1)
    return math.ceil(distance / unit) * unit

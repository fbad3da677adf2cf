"""All against all, in tiles: every mated score, and every non-mated score above a floor.

- Templates are sorted by group and cut into tiles that lie in one pair of groups.
- A tile is one float32 matrix product. It only *nominates* pairs: the floor is lowered by
  a bound on its rounding error, and each nominee is scored again in float64. So no pair
  at the floor is lost, and no count depends on tile size, threads or kernel.
- The number of comparisons in each pair of groups is known in closed form and is checked
  against the tiles visited, on every run.
- Memory is two blocks, one tile and the tail, whatever the number of templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Metric, Threshold, Vectors, comparison_scores, matches
from facegate.errors import MeasurementError
from facegate.evaluation.tiles import LONGEST_SQUARED, TILE, counts_of, nominate, tiles_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from facegate.decision import Scores
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.evaluation.variance import Counts

MOST_PAIRS_KEPT = 20_000_000
RESCORED_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """Pairs of templates with their exact score.

    Parameters
    ----------
    first, second : ndarray of shape (n,), int64
        Positions among the enrolled templates, ``first < second``; sorted by both.
    scores : ndarray of shape (n,), float64
        Similarity scores, higher is more alike.
    """

    first: Positions
    second: Positions
    scores: Scores

    def __len__(self) -> int:
        return self.scores.size

    def select(self, chosen: NDArray[np.bool_]) -> ScoredPairs:
        """Keep some pairs, in order."""
        return ScoredPairs(self.first[chosen], self.second[chosen], self.scores[chosen])


@dataclass(frozen=True, slots=True)
class Comparisons:
    """What comparing all with all found.

    Parameters
    ----------
    floor : Threshold
        Non-mated pairs at or above it are all in ``tail``; below it they are only counted.
    tail : ScoredPairs
        Non-mated pairs at or above the floor.
    mated : ScoredPairs
        All pairs of two templates of one person.
    non_mated : ndarray of shape (n_groups, n_groups), int64
        Comparisons of different people in each pair of groups; symmetric.
    """

    floor: Threshold
    tail: ScoredPairs
    mated: ScoredPairs
    non_mated: Counts

    @property
    def n_non_mated(self) -> int:
        """Comparisons of two different people, each pair once."""
        return int(np.triu(self.non_mated).sum())


def compare_all(
    vectors: Vectors,
    population: Population,
    *,
    metric: Metric,
    floor: float,
    tile: int = TILE,
    most_pairs: int = MOST_PAIRS_KEPT,
    on_progress: Callable[[int, int], None] | None = None,
) -> Comparisons:
    """Compare every enrolled template with every other.

    Parameters
    ----------
    vectors : ndarray of shape (n, d), float32
        Enrolled templates, finite, in the population's order.
    population : Population
        Whose they are.
    metric : Metric
        How they are compared.
    floor : float
        Keep every non-mated pair with this score or more; put it at or below the least
        strict threshold to be reported.
    tile : int
        Rows and columns of a tile; changes speed and nothing else.
    most_pairs : int
        Refuse a floor that would keep more non-mated pairs than this.
    on_progress : callable, optional
        Called with comparisons done and to do.

    Returns
    -------
    Comparisons
        The same for any ``tile`` and any number of threads.

    Raises
    ------
    MeasurementError
        If a vector is too long for float32, if the floor would keep too many pairs, or if
        the comparisons made are not as many as they must be.
    """
    edge = Threshold(floor, metric)
    order = np.lexsort((population.person_of_template, population.group_of_template))
    person = population.person_of_template[order]
    squared = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)[order]
    if squared.size and not float(squared.max()) < LONGEST_SQUARED:
        msg = f"vectors must be shorter than {LONGEST_SQUARED**0.5:.0e}, got {squared.max() ** 0.5:.3g}"
        raise MeasurementError(msg)
    visited = np.zeros((len(population.groups),) * 2, dtype=np.int64)
    n_total, n_done, n_kept, kept = order.size * (order.size - 1) // 2, 0, 0, []
    for part in tiles_of(population.group_of_template[order], tile):
        n_pairs, n_same = counts_of(part, person)
        visited[part.row_group, part.column_group] += n_pairs - n_same
        nominated = nominate(vectors, order, squared, part, edge)
        found = _rescore(vectors, *_strangers(nominated, population), edge)
        n_kept, n_done = n_kept + len(found), n_done + n_pairs
        if n_kept > most_pairs:
            raise MeasurementError(_too_many(edge, most_pairs, n_done, n_total))
        kept.append(found)
        if on_progress:
            on_progress(n_done, n_total)
    counts = visited + visited.T - np.diag(np.diag(visited))
    _require_closed_form(counts, closed_form_counts(population))
    return Comparisons(edge, _joined(kept), _all_mated(vectors, population, metric), counts)


def closed_form_counts(population: Population) -> Counts:
    """Count the comparisons of different people in each pair of groups, without making them.

    Returns
    -------
    ndarray of shape (n_groups, n_groups), int64
        Symmetric; the diagonal holds the pairs inside a group.
    """
    n_groups = len(population.groups)
    photos = np.bincount(population.group_of_template, minlength=n_groups).astype(np.int64)
    squares = np.zeros(n_groups, dtype=np.int64)
    np.add.at(squares, population.group_of_person, population.photos_of_person**2)
    counts = np.outer(photos, photos)
    np.fill_diagonal(counts, (photos * photos - squares) // 2)
    return counts


def restricted(comparisons: Comparisons, keep: NDArray[np.bool_], population: Population) -> Comparisons:
    """Narrow comparisons to some templates: what a run over them alone would have found.

    Parameters
    ----------
    comparisons : Comparisons
        Of all enrolled templates.
    keep : ndarray of shape (n_enrolled,), bool
        Templates to keep.
    population : Population
        Of the kept templates only.

    Returns
    -------
    Comparisons
        With positions among the kept templates.
    """
    place = np.cumsum(keep, dtype=np.int64) - 1

    def narrowed(pairs: ScoredPairs) -> ScoredPairs:
        both = pairs.select(keep[pairs.first] & keep[pairs.second])
        return ScoredPairs(place[both.first], place[both.second], both.scores)

    return Comparisons(
        comparisons.floor,
        narrowed(comparisons.tail),
        narrowed(comparisons.mated),
        closed_form_counts(population),
    )


def _strangers(nominated: tuple[Positions, Positions], population: Population) -> tuple[Positions, Positions]:
    """Drop pairs of one person, and put the lower position first."""
    first, second = nominated
    different = population.person_of_template[first] != population.person_of_template[second]
    first, second = first[different], second[different]
    return np.minimum(first, second), np.maximum(first, second)


def _rescore(vectors: Vectors, first: Positions, second: Positions, floor: Threshold) -> ScoredPairs:
    """Score nominees in float64, and keep those that the match rule keeps at the floor."""
    scored = ScoredPairs(first, second, _exact_scores(vectors, first, second, floor.metric))
    return scored.select(matches(scored.scores, floor))


def _exact_scores(vectors: Vectors, first: Positions, second: Positions, metric: Metric) -> Scores:
    """Score pairs in float64, a bounded number at a time."""
    scores = np.empty(first.size, dtype=np.float64)
    for start in range(0, first.size, RESCORED_AT_ONCE):
        some = slice(start, start + RESCORED_AT_ONCE)
        scores[some] = comparison_scores(vectors[first[some]], vectors[second[some]], metric)
    return scores


def _all_mated(vectors: Vectors, population: Population, metric: Metric) -> ScoredPairs:
    """Score every pair of templates of one person."""
    order = np.argsort(population.person_of_template, kind="stable")
    ends = np.cumsum(population.photos_of_person)
    begins = ends - population.photos_of_person
    several = population.photos_of_person > 1
    firsts, seconds = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for begin, end in zip(begins[several].tolist(), ends[several].tolist(), strict=True):
        i, j = np.triu_indices(end - begin, k=1)
        firsts.append(order[begin + i])
        seconds.append(order[begin + j])
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    return _sorted(ScoredPairs(first, second, _exact_scores(vectors, first, second, metric)))


def _joined(parts: list[ScoredPairs]) -> ScoredPairs:
    """Join what the tiles found, in an order that does not depend on the tiles."""
    if not parts:
        nothing = np.empty(0, np.int64)
        return ScoredPairs(nothing, nothing, np.empty(0))
    return _sorted(
        ScoredPairs(
            np.concatenate([part.first for part in parts]),
            np.concatenate([part.second for part in parts]),
            np.concatenate([part.scores for part in parts]),
        )
    )


def _sorted(pairs: ScoredPairs) -> ScoredPairs:
    order = np.lexsort((pairs.second, pairs.first))
    return ScoredPairs(pairs.first[order], pairs.second[order], pairs.scores[order])


def _require_closed_form(visited: Counts, expected: Counts) -> None:
    """Compare the comparisons made with those that must have been made."""
    if not np.array_equal(visited, expected):
        wrong = int(np.count_nonzero(np.triu(visited != expected)))
        msg = f"{wrong} pairs of groups were compared another number of times than their photos allow"
        raise MeasurementError(msg)


def _too_many(floor: Threshold, most_pairs: int, n_done: int, n_total: int) -> str:
    native = f"{floor.metric.native_name} {floor.native:g}"
    return (
        f"the floor (score {floor.score:g}, {native}) keeps more than {most_pairs:,} non-mated pairs: "
        f"reached after {n_done:,} of {n_total:,} comparisons; choose a stricter floor"
    )

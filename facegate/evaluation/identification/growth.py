"""How FPIR and SEL grow with the gallery: random sub-galleries, all from one set of searches.

Everybody enrolled has a random place. In the sub-gallery of size n are the people at places
below n, so a search of it returns the candidates at those places and no others: what a
gallery of exactly these people would return (a test builds it and looks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Threshold
from facegate.evaluation.identification.rates import groups_of, mean_per_search, rate_of_searches
from facegate.evaluation.identification.result import GrowthPoint
from facegate.evaluation.rates import FEWEST_UNITS
from facegate.evaluation.subgroups import EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facegate.decision import Metric
    from facegate.evaluation.identification.rates import NamedThreshold
    from facegate.evaluation.identification.search import Hits, Searched
    from facegate.evaluation.subgroups import Population
    from facegate.evaluation.trials import Counts

SMALLEST = 50
MOST_SIZES = 12


def growth_sizes(size: int) -> tuple[int, ...]:
    """Choose sizes of sub-galleries in steps of 1, 2, 5 from 50, and the whole gallery.

    Examples
    --------
    >>> growth_sizes(1234)
    (50, 100, 200, 500, 1000, 1234)
    >>> growth_sizes(20)
    (20,)
    """
    steps = (step * 10**power for power in range(1, 10) for step in (1, 2, 5))
    smaller = [step for step in steps if SMALLEST <= step < size]
    return (*smaller[-(MOST_SIZES - 1) :], size)


def growth_points(
    *,
    mix: str,
    size: int,
    thresholds: Sequence[NamedThreshold],
    metric: Metric,
    population: Population,
    strangers: Searched,
) -> Iterator[GrowthPoint]:
    """Compute FPIR and SEL in random sub-galleries.

    Parameters
    ----------
    mix : str
        Name of the gallery.
    size : int
        N, people enrolled.
    thresholds : sequence of NamedThreshold
        None below the one that was searched at.
    metric : Metric
        Of the scores.
    population : Population
        Groups of the people searched for.
    strangers : Searched
        Searches for people who are not enrolled.

    Yields
    ------
    GrowthPoint
        For each threshold, everybody and each group of 30 people or more, from small to large.
    """
    sizes = growth_sizes(size)
    for one in thresholds:
        hits = strangers.at(Threshold(one.score, metric))
        returned = counts_by_size(hits, strangers.person.size, sizes)
        for group, people in groups_of(population):
            if group != EVERYBODY and np.count_nonzero(people) < 2 * FEWEST_UNITS:
                continue  # a curve of ten people would be drawn and believed
            for number, n in enumerate(sizes):
                yield GrowthPoint(
                    mix=mix,
                    threshold=one.name,
                    group=group,
                    gallery_size=n,
                    fpir=rate_of_searches(strangers.person, returned[:, number] > 0, people),
                    sel=mean_per_search(strangers.person, returned[:, number], people, most=n),
                )


def counts_by_size(hits: Hits, n_searches: int, sizes: Sequence[int]) -> Counts:
    """Count the candidates of each search in each sub-gallery.

    Parameters
    ----------
    hits : Hits
        Candidates at or above a threshold.
    n_searches : int
        Searches made, those without a candidate included.
    sizes : sequence of int
        Rising sizes of sub-galleries.

    Returns
    -------
    ndarray of shape (n_searches, n_sizes), int64
        Candidates at places below each size.
    """
    n_sizes = len(sizes)
    enters = np.searchsorted(np.asarray(sizes), hits.place, side="right")  # first size that holds the place
    inside = enters < n_sizes
    cells = hits.search[inside] * n_sizes + enters[inside]
    entering = np.bincount(cells, minlength=n_searches * n_sizes).reshape(n_searches, n_sizes)
    return np.cumsum(entering, axis=1, dtype=np.int64)

"""FPIR, SEL and FNIR from searches, by group of the person searched for.

- FPIR: share of searches for people who are not enrolled that return anybody. No limit on
  the list changes it.
- SEL: people returned per such search; the limit cuts it.
- FNIR: share of searches for enrolled people whose own entry is not returned within the
  limit. Ties are pessimistic: whoever scores as much as the mate is ahead of it.
- Searches for one person are not independent: every interval is clustered by person.
- The gallery is taken as it is: intervals allow for other people being searched for, not for
  other people being enrolled. How much that adds shows in the growth and between mixes.

References
----------
ISO/IEC 19795-1 for the rates; evaluation by person after Fogliato, Patil and Perona,
arXiv 2306.01198.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.special import stdtrit

from facegate.decision import Threshold, matches
from facegate.evaluation.identification.result import MeanPerSearch, SearchRates
from facegate.evaluation.intervals import LEVEL
from facegate.evaluation.rates import RULE_OF_THREE
from facegate.evaluation.subgroups import EVERYBODY
from facegate.evaluation.variance import degrees_of, rate_by_person

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from facegate.decision import Metric, Scores
    from facegate.evaluation.identification.search import Searched
    from facegate.evaluation.rates import Estimate
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.evaluation.trials import Counts


class NamedThreshold(Protocol):
    """What is needed of a threshold of the table, such as `UsedThreshold`."""

    @property
    def name(self) -> str:
        """Short name, such as ``distance-0.6``."""

    @property
    def score(self) -> float:
        """On the similarity scale."""


@dataclass(frozen=True, slots=True)
class Mates:
    """Where searches for enrolled people found them.

    Parameters
    ----------
    person : ndarray of shape (n_searches,), int64
        Whom each search was for.
    score : ndarray of shape (n_searches,), float64
        Of the person's own entry; -inf where it is below the lowest threshold.
    ahead : ndarray of shape (n_searches,), int64
        Others who score as much or more.
    """

    person: Positions
    score: Scores
    ahead: Counts


def mates_in(searched: Searched, place_of_person: Positions) -> Mates:
    """Find the mate of each search, and how many others are ahead of it.

    Parameters
    ----------
    searched : Searched
        Searches for people who are enrolled.
    place_of_person : ndarray of shape (n_people,), int64
        Where each person stands in the gallery.
    """
    own = searched.place == place_of_person[searched.person][searched.search]
    score = np.full(searched.person.size, -np.inf)
    score[searched.search[own]] = searched.score[own]
    ahead = ~own & (searched.score >= score[searched.search])
    counts = np.bincount(searched.search[ahead], minlength=searched.person.size)
    return Mates(searched.person, score, counts.astype(np.int64))


def search_rates(
    *,
    mix: str,
    size: int,
    thresholds: Sequence[NamedThreshold],
    metric: Metric,
    limit: int,
    population: Population,
    strangers: Searched,
    mates: Mates,
) -> Iterator[SearchRates]:
    """Compute all rates of one gallery at its full size.

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
    limit : int
        L.
    population : Population
        Groups of the people searched for.
    strangers : Searched
        Searches for people who are not enrolled.
    mates : Mates
        Searches for people who are.

    Yields
    ------
    SearchRates
        For each threshold everybody, then each group with people.
    """
    for one in thresholds:
        threshold = Threshold(one.score, metric)
        returned = strangers.counts(strangers.at(threshold))
        found = matches(mates.score, threshold)
        for group, people in groups_of(population):
            yield SearchRates(
                mix=mix,
                gallery_size=size,
                threshold=one.name,
                limit=limit,
                group=group,
                fpir=rate_of_searches(strangers.person, returned > 0, people),
                sel=mean_per_search(
                    strangers.person, np.minimum(returned, limit), people, most=min(limit, size)
                ),
                fnir=rate_of_searches(mates.person, ~(found & (mates.ahead < limit)), people),
                fnir_rank_one=rate_of_searches(mates.person, ~(found & (mates.ahead < 1)), people),
            )


def groups_of(population: Population) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Go through everybody and then each group with people, as masks over people."""
    yield EVERYBODY, np.ones(population.group_of_person.size, dtype=bool)
    for group, name in enumerate(population.names):
        people = population.group_of_person == group
        if people.any():
            yield name, people


def rate_of_searches(
    person: Positions, happened: NDArray[np.bool_], people: NDArray[np.bool_]
) -> Estimate | None:
    """Estimate a rate of searches for some people; None where there is no such search.

    Parameters
    ----------
    person : ndarray of shape (n_searches,), int64
        Whom each search was for.
    happened : ndarray of shape (n_searches,), bool
        Whether the event was seen.
    people : ndarray of shape (n_people,), bool
        Whose searches count.
    """
    trials = _by_person(person, np.ones(person.size, dtype=np.int64), people)
    return rate_by_person(_by_person(person, happened.astype(np.int64), people), trials)


def mean_per_search(
    person: Positions, returned: Counts, people: NDArray[np.bool_], *, most: int
) -> MeanPerSearch | None:
    """Estimate a mean number of people per search; None where there is no search.

    The variance is that of a ratio of sums over people, with n / (n - 1) for the few;
    Student's t at the degrees of freedom that carry it. Where all people agree, the data
    show no spread: then at most 3 / n of all people differ (rule of 3), by as much as they
    can. Where nobody is returned at all, the upper end is 3 / n.

    Parameters
    ----------
    person : ndarray of shape (n_searches,), int64
        Whom each search was for.
    returned : ndarray of shape (n_searches,), int64
        People each search returned.
    people : ndarray of shape (n_people,), bool
        Whose searches count.
    most : int
        Largest number that a search can return.

    Examples
    --------
    >>> person, everybody = np.array([0, 0, 1, 2]), np.ones(3, dtype=bool)
    >>> mean_per_search(person, np.array([1, 3, 0, 0]), everybody, most=10).mean
    1.0
    >>> mean_per_search(person, np.array([0, 0, 0, 0]), everybody, most=10).high
    1.0
    """
    trials = _by_person(person, np.ones(person.size, dtype=np.int64), people)
    tried = trials > 0
    n_people, searches = int(tried.sum()), int(trials.sum())
    if searches == 0:
        return None
    totals, trials = _by_person(person, returned, people)[tried], trials[tried]
    total = int(totals.sum())
    mean = total / searches
    residuals = totals - mean * trials
    differing = min(1.0, RULE_OF_THREE / n_people)
    if total == 0:
        low, high = 0.0, differing
    elif not np.any(np.abs(residuals) > mean * 1e-9):  # rounding of the mean is no spread
        low, high = mean * (1 - differing), mean + (most - mean) * differing
    else:
        degrees = max(1.0, min(degrees_of(residuals), n_people - 1.0))
        deviation = math.sqrt(float(residuals @ residuals) * n_people / (n_people - 1)) / searches
        reach = float(stdtrit(degrees, (1 + LEVEL) / 2)) * deviation
        low, high = max(0.0, mean - reach), min(float(most), mean + reach)
    return MeanPerSearch(total, searches, n_people, mean, low, high)


def _by_person(person: Positions, amounts: Counts, people: NDArray[np.bool_]) -> Counts:
    """Add amounts up by person, in whole numbers, for the people that count."""
    sums = np.zeros(people.size, dtype=np.int64)
    np.add.at(sums, person, amounts)
    return sums[people]

"""What there is to count at one threshold, sorted by the people and groups it concerns.

Everything said at a threshold follows from four things: which people share a false match,
how often everybody was compared, and each person's mated comparisons, missed and in all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Threshold, matches
from facegate.errors import MeasurementError
from facegate.evaluation.trials import touching
from facegate.evaluation.variance import PeoplePairs, fmr_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facegate.evaluation.comparisons import Comparisons, ScoredPairs
    from facegate.evaluation.rates import Estimate
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.evaluation.trials import Counts, Trials

NOBODY_NAMED = "Wilson 95 %, comparisons taken as independent: too narrow, the input names no people"


@dataclass(frozen=True, slots=True)
class Counted:
    """False matches and misses at one threshold.

    Parameters
    ----------
    population : Population
        Whose they are.
    trials : Trials
        Comparisons made.
    pairs : PeoplePairs
        People who share a false match, numbered over the population; in each pair the one
        whose group comes first stands first, and pairs are sorted by their two groups.
    edges : ndarray of shape (n_groups * n_groups + 1,), int64
        Where each pair of groups begins among the pairs.
    misses, mated : ndarray of shape (n_people,), int64
        Mated comparisons of each person that did not match, and all of them.
    """

    population: Population
    trials: Trials
    pairs: PeoplePairs
    edges: Positions
    misses: Counts
    mated: Counts

    @property
    def everybody(self) -> Positions:
        """All people."""
        return np.arange(self.population.photos_of_person.size)

    def cell(self, first: int, second: int) -> PeoplePairs:
        """Take the pairs of two groups, people numbered inside their group; ``first <= second``."""
        code = first * len(self.population.groups) + second
        part = slice(self.edges[code], self.edges[code + 1])
        place = np.zeros(self.population.photos_of_person.size, dtype=np.int64)
        for group in {first, second}:
            people = self.population.people_of(group)
            place[people] = np.arange(people.size)
        pairs = self.pairs
        return PeoplePairs(
            place[pairs.first[part]],
            place[pairs.second[part]],
            pairs.false_matches[part],
            pairs.compared[part],
        )

    def told(self, found: Estimate | None) -> Estimate | None:
        """Take the people out of an estimate where comparisons name nobody."""
        if found is None or self.population.people_named:
            return found
        return replace(found, people=0, method=NOBODY_NAMED)

    def fmr_between(self, first: int, second: int) -> Estimate | None:
        """Estimate the FMR of a person of one group with a person of another."""
        people, others = self.population.people_of(first), self.population.people_of(second)
        return self.told(fmr_of(self.cell(first, second), self.trials.between(people, others)))

    def fmr_towards_all(self, group: int) -> Estimate | None:
        """Estimate the FMR of a person of a group with anybody else."""
        groups = self.population.group_of_person
        chosen = (groups[self.pairs.first] == group) | (groups[self.pairs.second] == group)
        pairs = PeoplePairs(
            self.pairs.first[chosen],
            self.pairs.second[chosen],
            self.pairs.false_matches[chosen],
            self.pairs.compared[chosen],
        )
        people = self.population.people_of(group)
        return self.told(fmr_of(pairs, touching(self.trials, people, groups.size)))


def count_at(population: Population, comparisons: Comparisons, threshold: Threshold) -> Counted:
    """Count false matches and misses at a threshold, by the people they concern.

    Parameters
    ----------
    population : Population
        Who was compared.
    comparisons : Comparisons
        What comparing them found.
    threshold : Threshold
        At or above the floor.

    Returns
    -------
    Counted
    """
    matched = comparisons.tail.select(matches(comparisons.tail.scores, threshold))
    pairs = people_pairs(matched, population, comparisons.trials)
    n_groups, group = len(population.groups), population.group_of_person
    code = group[pairs.first] * n_groups + group[pairs.second]
    order = np.argsort(code, kind="stable")
    misses, mated = mated_by_person(comparisons.mated, population, threshold)
    return Counted(
        population=population,
        trials=comparisons.trials,
        pairs=PeoplePairs(
            pairs.first[order], pairs.second[order], pairs.false_matches[order], pairs.compared[order]
        ),
        edges=np.searchsorted(code[order], np.arange(n_groups * n_groups + 1)),
        misses=misses,
        mated=mated,
    )


def people_pairs(matched: ScoredPairs, population: Population, trials: Trials) -> PeoplePairs:
    """Gather false matches by the two people they join.

    Parameters
    ----------
    matched : ScoredPairs
        Non-mated pairs that matched.
    population : Population
        Whose templates they are.
    trials : Trials
        Comparisons made.

    Returns
    -------
    PeoplePairs
        People numbered over the whole population; in each pair the one whose group comes
        first stands first.
    """
    a, b = population.person_of_template[matched.first], population.person_of_template[matched.second]
    n_people = population.photos_of_person.size
    rank = population.group_of_person * n_people + np.arange(n_people)
    low, high = np.where(rank[a] <= rank[b], a, b), np.where(rank[a] <= rank[b], b, a)
    keys, times = np.unique(low * n_people + high, return_counts=True)
    first, second = keys // max(n_people, 1), keys % max(n_people, 1)
    return PeoplePairs(first, second, times.astype(np.int64), trials.of(first, second))


def mated_by_person(
    mated: ScoredPairs, population: Population, threshold: Threshold
) -> tuple[Counts, Counts]:
    """Count each person's mated comparisons that did not match, and all of them."""
    person, n_people = population.person_of_template[mated.first], population.photos_of_person.size
    missed: NDArray[np.bool_] = ~matches(mated.scores, threshold)
    misses = np.bincount(person[missed], minlength=n_people).astype(np.int64)
    return misses, np.bincount(person, minlength=n_people).astype(np.int64)


def require_above_floor(name: str, threshold: Threshold, floor: Threshold) -> None:
    """Refuse a threshold below which pairs were not kept.

    Raises
    ------
    MeasurementError
        With both scores.
    """
    if threshold.score < floor.score:
        msg = (
            f"threshold {name} (score {threshold.score:g}) lies below the floor (score {floor.score:g}), "
            "where pairs are not kept; lower the floor"
        )
        raise MeasurementError(msg)

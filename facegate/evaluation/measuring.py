"""From scored pairs to rates: one population at one threshold.

All counts come from the exact tail and the mated pairs; all intervals from which *people*
the false matches join. No score is computed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Threshold, matches
from facegate.errors import MeasurementError
from facegate.evaluation.intervals import zero_count_bounds
from facegate.evaluation.result import AtThreshold, Concentration, GroupRates, Measurement, PairRate
from facegate.evaluation.subgroups import GroupCounts
from facegate.evaluation.variance import PeoplePairs, fmr_between, fmr_within, fnmr_by_person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facegate.evaluation.comparisons import Comparisons, ScoredPairs
    from facegate.evaluation.rates import Estimate
    from facegate.evaluation.result import UsedThreshold
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.evaluation.variance import Counts

EVERYBODY = "everybody"
PEOPLE_IN_ONE_PERCENT = 100


def measure(
    population: Population, comparisons: Comparisons, thresholds: Sequence[UsedThreshold], *, about: str
) -> Measurement:
    """Measure one population at every threshold.

    Parameters
    ----------
    population : Population
        Who was compared.
    comparisons : Comparisons
        What comparing them found.
    thresholds : sequence of UsedThreshold
        None below the comparisons' floor.
    about : str
        Who was included, in words.

    Returns
    -------
    Measurement

    Raises
    ------
    MeasurementError
        If a threshold lies below the floor, where pairs were not kept.
    """
    return Measurement(
        about=about,
        total=_total(population.groups),
        groups=population.groups,
        non_mated=comparisons.n_non_mated,
        mated=len(comparisons.mated),
        at=tuple(at_threshold(population, comparisons, used) for used in thresholds),
    )


def at_threshold(population: Population, comparisons: Comparisons, used: UsedThreshold) -> AtThreshold:
    """Compute every rate of one population at one threshold; see `measure`."""
    threshold = Threshold(used.score, comparisons.floor.metric)
    require_above_floor(used.name, threshold, comparisons.floor)
    pairs = people_pairs(
        comparisons.tail.select(matches(comparisons.tail.scores, threshold)),
        population,
    )
    misses, trials = _mated_by_person(comparisons.mated, population, threshold)
    photos = population.photos_of_person
    cells = _cells(pairs, population)
    members = [population.people_of(group) for group in range(len(population.groups))]
    groups = tuple(
        _group_rates(
            name, cells[group][group], population.photos_of_person[people], misses[people], trials[people]
        )
        for group, (name, people) in enumerate(zip(population.names, members, strict=True))
    )
    return AtThreshold(
        threshold=used,
        overall=_group_rates(EVERYBODY, pairs, photos, misses, trials),
        groups=groups,
        pairs=tuple(_pair_rates(cells, population, members, groups)),
        worst_group=worst_group(groups),
    )


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


def worst_group(groups: Sequence[GroupRates]) -> str | None:
    """Name the group with the highest FMR among those whose FMR the data can speak to.

    Returns
    -------
    str or None
        None if no group's rate is supported.
    """
    rates = [(rates.fmr.estimate, rates.group) for rates in groups if rates.fmr and rates.fmr.supported]
    return max(rates, key=lambda rate: rate[0])[1] if rates else None


def people_pairs(matched: ScoredPairs, population: Population) -> PeoplePairs:
    """Gather false matches by the two people they join.

    Parameters
    ----------
    matched : ScoredPairs
        Non-mated pairs that matched.
    population : Population
        Whose templates they are.

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
    return PeoplePairs(keys // max(n_people, 1), keys % max(n_people, 1), times.astype(np.int64))


def concentration(pairs: PeoplePairs, n_people: int) -> Concentration | None:
    """Measure how few people carry the false matches; None where there are none.

    Parameters
    ----------
    pairs : PeoplePairs
        False matches among ``n_people`` people.
    n_people : int
        All of them, those without a false match included.
    """
    total = int(pairs.false_matches.sum())
    if total == 0:
        return None
    involved = np.zeros(n_people, dtype=np.int64)
    np.add.at(involved, pairs.first, pairs.false_matches)
    np.add.at(involved, pairs.second, pairs.false_matches)
    n_top = max(1, n_people // PEOPLE_IN_ONE_PERCENT)
    top = np.zeros(n_people, dtype=np.bool_)
    top[np.argsort(-involved, kind="stable")[:n_top]] = True
    touched = int(pairs.false_matches[top[pairs.first] | top[pairs.second]].sum())
    return Concentration(int(involved.max()) / total, touched / total, n_top)


def _group_rates(name: str, pairs: PeoplePairs, photos: Counts, misses: Counts, trials: Counts) -> GroupRates:
    """Both rates of people who are numbered 0 to n-1 in all arguments."""
    fmr = fmr_within(pairs, photos)
    return GroupRates(
        group=name,
        fmr=fmr,
        if_none_seen=zero_count_bounds(trials=fmr.trials, disjoint_units=photos.size // 2) if fmr else None,
        people_pair_rate=_people_pair_rate(pairs, photos) if fmr else None,
        concentration=concentration(pairs, photos.size),
        fnmr=fnmr_by_person(misses, trials),
    )


def _people_pair_rate(pairs: PeoplePairs, photos: Counts) -> float:
    """Mean over pairs of people of the share of their comparisons that matched."""
    shares = pairs.false_matches / (photos[pairs.first] * photos[pairs.second])
    return float(shares.sum()) / (photos.size * (photos.size - 1) // 2)


def _pair_rates(
    cells: list[list[PeoplePairs]],
    population: Population,
    members: Sequence[Positions],
    groups: Sequence[GroupRates],
) -> list[PairRate]:
    """Rates of every pair of groups, each once; the diagonal is the groups' own rates."""
    photos = [population.photos_of_person[people] for people in members]

    def rate(g: int, h: int) -> Estimate | None:
        return groups[g].fmr if g == h else fmr_between(cells[g][h], photos[g], photos[h])

    names = population.names
    return [PairRate(names[g], names[h], rate(g, h)) for g in range(len(names)) for h in range(g, len(names))]


def _cells(pairs: PeoplePairs, population: Population) -> list[list[PeoplePairs]]:
    """Sort people pairs into pairs of groups, and number the people inside each group."""
    n_groups, group = len(population.groups), population.group_of_person
    place = np.zeros(group.size, dtype=np.int64)
    for one in range(n_groups):
        people = population.people_of(one)
        place[people] = np.arange(people.size)
    code = group[pairs.first] * n_groups + group[pairs.second]
    order = np.argsort(code, kind="stable")
    edges = np.searchsorted(code[order], np.arange(n_groups * n_groups + 1))

    def cell(g: int, h: int) -> PeoplePairs:
        chosen = order[edges[g * n_groups + h] : edges[g * n_groups + h + 1]]
        return PeoplePairs(
            place[pairs.first[chosen]], place[pairs.second[chosen]], pairs.false_matches[chosen]
        )

    return [[cell(g, h) for h in range(n_groups)] for g in range(n_groups)]


def _mated_by_person(
    mated: ScoredPairs, population: Population, threshold: Threshold
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count each person's mated comparisons that did not match, and all of them."""
    person, n_people = population.person_of_template[mated.first], population.photos_of_person.size
    missed = ~matches(mated.scores, threshold)
    misses = np.bincount(person[missed], minlength=n_people).astype(np.int64)
    return misses, np.bincount(person, minlength=n_people).astype(np.int64)


def _total(groups: Sequence[GroupCounts]) -> GroupCounts:
    """Add the groups up."""
    sources: dict[str, int] = {}
    for group in groups:
        for source, people in group.label_sources.items():
            sources[source] = sources.get(source, 0) + people
    return GroupCounts(
        name=EVERYBODY,
        people=sum(group.people for group in groups),
        people_enrolled=sum(group.people_enrolled for group in groups),
        photos=sum(group.photos for group in groups),
        failures=sum(group.failures for group in groups),
        label_sources=dict(sorted(sources.items())),
    )

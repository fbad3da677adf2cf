"""From counts to everything that is said at one threshold; no score is computed here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Threshold
from facegate.evaluation.counting import count_at, require_above_floor
from facegate.evaluation.curves import curves_of
from facegate.evaluation.group_rates import AtThreshold, Concentration, GroupRates, PairRate
from facegate.evaluation.intervals import zero_count_bounds
from facegate.evaluation.result import Measurement
from facegate.evaluation.subgroups import EVERYBODY, GroupCounts
from facegate.evaluation.variance import fmr_of, rate_by_person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.evaluation.comparisons import Comparisons
    from facegate.evaluation.counting import Counted
    from facegate.evaluation.group_rates import UsedThreshold
    from facegate.evaluation.intervals import ZeroCountBounds
    from facegate.evaluation.subgroups import Population
    from facegate.evaluation.trials import CellTrials
    from facegate.evaluation.variance import PeoplePairs

PEOPLE_IN_ONE_PERCENT = 100
CURVE_STEPS = 20


def measure(
    population: Population,
    comparisons: Comparisons,
    thresholds: Sequence[UsedThreshold],
    *,
    about: str,
    brief: bool = False,
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
    brief : bool
        Rates of everybody and of each group only: for a part that stands beside the main
        measurement.

    Returns
    -------
    Measurement

    Raises
    ------
    MeasurementError
        If a threshold lies below the floor, where pairs were not kept.
    """
    det, distributions = ((), ()) if brief else curves_of(population, comparisons)
    return Measurement(
        about=about,
        total=_total(population.groups),
        groups=population.groups,
        non_mated=comparisons.n_non_mated,
        mated=len(comparisons.mated),
        at=tuple(at_threshold(population, comparisons, used, brief=brief) for used in thresholds),
        det=det,
        distributions=distributions,
    )


def at_threshold(
    population: Population, comparisons: Comparisons, used: UsedThreshold, *, brief: bool = False
) -> AtThreshold:
    """Compute all that is said of one population at one threshold; see `measure`."""
    threshold = Threshold(used.score, comparisons.floor.metric)
    require_above_floor(used.name, threshold, comparisons.floor)
    counted = count_at(population, comparisons, threshold)
    groups = tuple(_group_rates(counted, group) for group in range(len(population.groups)))
    return AtThreshold(
        threshold=used,
        overall=_overall(counted),
        groups=groups,
        pairs=() if brief else tuple(_pair_rates(counted, groups)),
        worst_group=worst_group(groups, population.recorded),
        ladder=(),
        summaries=(),
        appendix=(),
        ratios=(),
        nist=(),
        checks=(),
        held_out=None,
    )


def worst_group(groups: Sequence[GroupRates], recorded: Sequence[bool] = ()) -> str | None:
    """Name the group with the highest FMR among those whose FMR the data can speak to.

    Parameters
    ----------
    groups : sequence of GroupRates
        All groups.
    recorded : sequence of bool
        Which of them have all labels recorded: "race not recorded" is a row, but nobody's
        group. Empty if that is not known; then all count.

    Returns
    -------
    str or None
        None if no group's rate is supported.
    """
    known = recorded or (True,) * len(groups)
    rates = [
        (rates.fmr.estimate, rates.group)
        for rates, is_group in zip(groups, known, strict=True)
        if is_group and rates.fmr and rates.fmr.supported
    ]
    return max(rates, key=lambda rate: rate[0])[1] if rates else None


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
    involved = np.bincount(pairs.first, pairs.false_matches, n_people)
    involved += np.bincount(pairs.second, pairs.false_matches, n_people)
    rank = np.empty(n_people, dtype=np.int64)
    rank[np.argsort(-involved, kind="stable")] = np.arange(n_people)
    # A false match is touched by the most involved n people once the better ranked of its two is among them.
    best = np.minimum(rank[pairs.first], rank[pairs.second])
    touched = np.append(0, np.cumsum(np.bincount(best, pairs.false_matches, n_people))) / total
    n_top = max(1, n_people // PEOPLE_IN_ONE_PERCENT)
    steps = np.round(np.linspace(0, n_people, CURVE_STEPS + 1)).astype(np.int64)
    return Concentration(
        top_person=float(involved.max()) / total,
        top_people=float(touched[n_top]),
        n_top_people=n_top,
        curve=tuple(touched[steps].tolist()),
    )


def _overall(counted: Counted) -> GroupRates:
    """Both rates of everybody with everybody."""
    trials = counted.trials.within(counted.everybody)
    fmr = counted.told(fmr_of(counted.pairs, trials))
    return GroupRates(
        group=EVERYBODY,
        fmr=fmr,
        if_none_seen=_bounds(trials),
        against_everybody=fmr,
        people_pair_rate=_people_pair_rate(counted.pairs, trials),
        concentration=_concentration(counted, counted.pairs, counted.everybody.size),
        fnmr=counted.told(rate_by_person(counted.misses, counted.mated)),
    )


def _group_rates(counted: Counted, group: int) -> GroupRates:
    """Both rates of the people of one group with each other."""
    people = counted.population.people_of(group)
    trials, pairs = counted.trials.within(people), counted.cell(group, group)
    return GroupRates(
        group=counted.population.names[group],
        fmr=counted.told(fmr_of(pairs, trials)),
        if_none_seen=_bounds(trials),
        against_everybody=counted.fmr_towards_all(group),
        people_pair_rate=_people_pair_rate(pairs, trials),
        concentration=_concentration(counted, pairs, people.size),
        fnmr=counted.told(rate_by_person(counted.misses[people], counted.mated[people])),
    )


def _concentration(counted: Counted, pairs: PeoplePairs, n_people: int) -> Concentration | None:
    """Measure how few people carry the false matches, where there are people to speak of."""
    return concentration(pairs, n_people) if counted.population.people_named else None


def _bounds(trials: CellTrials) -> ZeroCountBounds | None:
    if trials.total == 0:
        return None
    return zero_count_bounds(trials=trials.total, disjoint_units=trials.disjoint_units)


def _people_pair_rate(pairs: PeoplePairs, trials: CellTrials) -> float | None:
    """Mean, over pairs of people that were compared, of the share of their comparisons that matched."""
    if trials.pairs_of_people == 0:
        return None
    # Rounded once: a plain sum would depend, in its last bit, on the order of the groups' names.
    return math.fsum((pairs.false_matches / pairs.compared).tolist()) / trials.pairs_of_people


def _pair_rates(counted: Counted, groups: Sequence[GroupRates]) -> list[PairRate]:
    """Rates of every pair of groups, each once; the diagonal is the groups' own rates."""
    names = counted.population.names
    return [
        PairRate(names[g], names[h], groups[g].fmr if g == h else counted.fmr_between(g, h))
        for g in range(len(names))
        for h in range(g, len(names))
    ]


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

"""Thresholds set on some people and measured on others: what a rate is worth away from home.

A threshold that was set by its FMR shows at most the target on the people who set it, by
construction, whether or not it keeps the target on anybody else: that rate cannot be wrong,
so it says nothing. Here people are dealt into folds, each fold is measured at the threshold
that everybody outside it set, and the folds' counts are pooled.

- Folds hold people, not photos or pairs, so nobody is on both sides.
- Only comparisons inside a fold are measured: one across folds has a person who helped to
  set the threshold.
- The intervals take each fold's threshold as it is: they allow for other people being measured,
  not for other people setting the threshold.
- Each group is spread evenly over the folds. Who falls in which follows from the seed and
  from the people's numbers, which `population_of` gives in the order of subject ids; the
  order of the input rows and the names of the groups change nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import matches
from facegate.errors import MeasurementError
from facegate.evaluation.counting import count_at
from facegate.evaluation.group_rates import GroupHeldOut, HeldOut
from facegate.evaluation.thresholds import threshold_at_mean_fmr
from facegate.evaluation.variance import fmr_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.evaluation.comparisons import Comparisons, ScoredPairs
    from facegate.evaluation.subgroups import Population
    from facegate.evaluation.thresholds import ChosenThreshold, Policy
    from facegate.evaluation.trials import People, Trials

FEWEST_FOLDS = 2


def held_out(
    population: Population,
    comparisons: Comparisons,
    policy: Policy,
    *,
    target: float,
    folds: int,
    seed: int,
) -> HeldOut:
    """Set a threshold on some people and measure it on the others, fold by fold.

    Parameters
    ----------
    population : Population
        Who was compared.
    comparisons : Comparisons
        What comparing them found.
    policy : Policy
        Whose rate sets the threshold.
    target : float
        The rate it is set for, above 0 and at most 1.
    folds : int
        Into how many parts people are dealt, at least 2.
    seed : int
        Of the deal.

    Returns
    -------
    HeldOut
        Rates pooled over the folds, with the dyadic variance over people.

    Raises
    ------
    MeasurementError
        If there are too few folds, if a fold or the people outside it have no comparisons,
        or if a fold's threshold lies below the floor; the message names the fold.
    """
    fold = deal(population.group_of_person, folds=folds, seed=seed)
    inside = comparisons.trials.within_folds(fold)
    _require_comparisons(inside, fold, folds)
    chosen = thresholds_from_outside(population, comparisons, policy, target=target, fold=fold)
    scores = np.array([one.threshold.score for one in chosen])
    matched = _matched(comparisons.tail, fold[population.person_of_template], chosen)
    counted = count_at(
        population, replace(comparisons, tail=matched, trials=inside), comparisons.floor
    )  # every pair left matched already, so the floor keeps them all
    groups = tuple(
        GroupHeldOut(name, fmr_of(counted.cell(group, group), inside.within(population.people_of(group))))
        for group, name in enumerate(population.names)
    )
    return HeldOut(
        folds=folds,
        seed=seed,
        lowest=float(scores.min()),
        highest=float(scores.max()),
        unsupported_folds=sum(one.unsupported for one in chosen),
        overall=fmr_of(counted.pairs, inside.within(counted.everybody)),
        groups=groups,
    )


def deal(group_of_person: People, *, folds: int, seed: int) -> People:
    """Deal people into folds, each group evenly.

    Parameters
    ----------
    group_of_person : ndarray of shape (n_people,), int64
        Group of each person.
    folds : int
        How many folds, at least 2.
    seed : int
        Of the deal.

    Returns
    -------
    ndarray of shape (n_people,), int64
        Fold of each person, from 0. The folds' sizes differ by at most 1, overall and in
        each group.

    Raises
    ------
    MeasurementError
        If there are fewer than two folds.
    """
    if folds < FEWEST_FOLDS:
        msg = f"measuring on other people needs at least {FEWEST_FOLDS} folds, got {folds}"
        raise MeasurementError(msg)
    shuffled = np.random.default_rng(seed).permutation(group_of_person.size)
    _, first, group = np.unique(group_of_person[shuffled], return_index=True, return_inverse=True)
    # Groups in the order in which they were drawn, and not of their names: a name decides nothing.
    by_group = shuffled[np.argsort(first[group.reshape(-1)], kind="stable")]
    fold = np.empty(group_of_person.size, dtype=np.int64)
    fold[by_group] = np.arange(group_of_person.size) % folds  # as cards are dealt, group after group
    return fold


def thresholds_from_outside(
    population: Population, comparisons: Comparisons, policy: Policy, *, target: float, fold: People
) -> tuple[ChosenThreshold, ...]:
    """Set one threshold for each fold, from comparisons among the people outside it.

    Parameters
    ----------
    population, comparisons, policy, target
        As for `held_out`.
    fold : ndarray of shape (n_people,), int64
        Fold of each person, from 0.

    Returns
    -------
    tuple of ChosenThreshold
        In the order of the folds.

    Raises
    ------
    MeasurementError
        If one cannot be set; the message names the fold.
    """
    person, group, tail = population.person_of_template, population.group_of_person, comparisons.tail
    first, second = person[tail.first], person[tail.second]
    cell = policy.cells(group[first], group[second])
    chosen = []
    for one in range(int(fold.max()) + 1):
        outside = fold != one
        counts = comparisons.trials.weighted(group, len(population.groups), outside.astype(np.float64))
        used = (cell >= 0) & outside[first] & outside[second]
        try:
            threshold = threshold_at_mean_fmr(
                tail.scores[used],
                cell[used],
                comparisons=np.rint(policy.comparisons(counts)).astype(np.int64),
                floor=comparisons.floor,
                target=target,
            )
        except MeasurementError as error:
            msg = f"no threshold from the people outside fold {one + 1} of {int(fold.max()) + 1}: {error}"
            raise MeasurementError(msg) from error
        chosen.append(threshold)
    return tuple(chosen)


def _matched(tail: ScoredPairs, fold_of_template: People, chosen: Sequence[ChosenThreshold]) -> ScoredPairs:
    """Keep the pairs inside a fold that match at its threshold."""
    of_first = fold_of_template[tail.first]
    kept = np.zeros(len(tail), dtype=np.bool_)
    for one, choice in enumerate(chosen):
        kept |= (of_first == one) & matches(tail.scores, choice.threshold)
    return tail.select(kept & (of_first == fold_of_template[tail.second]))


def _require_comparisons(inside: Trials, fold: People, folds: int) -> None:
    """Refuse folds in which nobody was compared with anybody."""
    compared = np.diag(inside.weighted(fold, folds, np.ones(fold.size)))
    empty = int(np.count_nonzero(compared == 0))
    if empty:
        msg = (
            f"{empty} of {folds} folds have no comparison of two different people inside them "
            f"({fold.size:,} people in all); choose fewer folds"
        )
        raise MeasurementError(msg)

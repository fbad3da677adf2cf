"""Thresholds set on some people and measured on others, against doing so by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.datasets.populations import demo_population
from facegate.decision import Metric, Threshold
from facegate.errors import MeasurementError
from facegate.evaluation.comparisons import Comparisons, compare_all
from facegate.evaluation.held_out import deal, held_out, thresholds_from_outside
from facegate.evaluation.subgroups import Population, population_of
from facegate.evaluation.thresholds import Policy, threshold_by
from facegate.evaluation.trials import ListedPairs

if TYPE_CHECKING:
    from facegate.evaluation.group_rates import HeldOut
    from facegate.templates import TemplateSet

FLOOR = Threshold.from_native(0.7, Metric.EUCLIDEAN)


def compared(templates: TemplateSet, floor: Threshold = FLOOR) -> tuple[Population, Comparisons]:
    population = population_of(templates)
    found = compare_all(
        templates.enrolled.vectors, population, metric=Metric.EUCLIDEAN, floor=floor.score, threads=1
    )
    return population, found


@pytest.fixture(scope="module")
def crowd() -> tuple[Population, Comparisons]:
    """Sixty people in four groups, two photos each."""
    return compared(demo_population(60, 3).draw())


def measured(
    crowd: tuple[Population, Comparisons],
    policy: Policy | None = None,
    *,
    folds: int = 3,
    target: float = 5e-3,
    seed: int = 8,
) -> HeldOut:
    return held_out(*crowd, policy or Policy.overall(), target=target, folds=folds, seed=seed)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(2, 7), st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_every_group_is_dealt_evenly(groups: list[int], folds: int, seed: int) -> None:
    group = np.array(groups)
    fold = deal(group, folds=folds, seed=seed)
    for people in (np.ones(group.size, dtype=bool), *(group == one for one in set(groups))):
        sizes = np.bincount(fold[people], minlength=folds)
        assert sizes.max() - sizes.min() <= 1
        assert sizes.size == folds


def test_the_deal_follows_from_the_seed() -> None:
    group = np.arange(40) % 3
    np.testing.assert_array_equal(deal(group, folds=5, seed=1), deal(group, folds=5, seed=1))
    assert (deal(group, folds=5, seed=1) != deal(group, folds=5, seed=2)).any()


def people_of_tail(crowd: tuple[Population, Comparisons]) -> tuple[np.ndarray, np.ndarray]:
    population, comparisons = crowd
    person = population.person_of_template
    return person[comparisons.tail.first], person[comparisons.tail.second]


def set_by_hand(crowd: tuple[Population, Comparisons], policy: Policy, people: np.ndarray) -> float:
    """Set a threshold on these people alone, as if nobody else existed: four comparisons a pair of people."""
    population, comparisons = crowd
    first, second = people_of_tail(crowd)
    kept = np.isin(first, people) & np.isin(second, people)
    pairs = np.repeat(list(combinations(range(people.size), 2)), 4, axis=0)
    return threshold_by(
        policy,
        comparisons.tail.scores[kept],
        np.searchsorted(people, first[kept]),
        np.searchsorted(people, second[kept]),
        group_of_person=population.group_of_person[people],
        n_groups=4,
        trials=ListedPairs.of_rows(pairs[:, 0], pairs[:, 1], people.size),
        floor=comparisons.floor,
        target=0.02,
    ).threshold.score


@pytest.mark.parametrize("policy", [Policy.overall(), Policy.matched_mean([1, 2, 3]), Policy.reference(2)])
def test_counts_are_those_of_calibrating_and_measuring_by_hand(
    crowd: tuple[Population, Comparisons], policy: Policy
) -> None:
    population, comparisons = crowd
    fold, group = deal(population.group_of_person, folds=3, seed=8), population.group_of_person
    scores = np.array([set_by_hand(crowd, policy, np.flatnonzero(fold != one)) for one in range(3)])
    first, second = people_of_tail(crowd)
    inside = (fold[first] == fold[second]) & (comparisons.tail.scores >= scores[fold[first]])
    by_group = [int((inside & (group[first] == g) & (group[second] == g)).sum()) for g in range(4)]
    found = measured(crowd, policy, target=0.02)
    assert (found.lowest, found.highest) == (scores.min(), scores.max())
    assert found.overall is not None
    assert (found.overall.events, found.overall.trials) == (inside.sum(), 3 * 190 * 4)
    # 15 people of each group, five in each fold: ten pairs of people, four comparisons each.
    assert [one.fmr and (one.fmr.events, one.fmr.trials) for one in found.groups] == [
        (events, 120) for events in by_group
    ]


def test_the_order_of_rows_does_not_matter() -> None:
    templates = demo_population(60, 3).draw()
    order = np.random.default_rng(1).permutation(len(templates))
    mixed = templates.select(order)
    assert measured(compared(mixed)) == measured(compared(templates))


def test_a_list_of_all_pairs_gives_what_all_pairs_give(crowd: tuple[Population, Comparisons]) -> None:
    population, comparisons = crowd
    rows = np.repeat(list(combinations(range(60), 2)), 4, axis=0)
    listed = replace(comparisons, trials=ListedPairs.of_rows(rows[:, 0], rows[:, 1], 60))
    one, other = measured(crowd), measured((population, listed))
    assert (one.lowest, one.highest, one.unsupported_folds) == (
        other.lowest,
        other.highest,
        other.unsupported_folds,
    )
    assert one.overall is not None
    assert other.overall is not None
    assert (one.overall.events, one.overall.trials) == (other.overall.events, other.overall.trials)
    assert one.overall.low == pytest.approx(other.overall.low)


def test_only_listed_comparisons_inside_a_fold_are_measured(crowd: tuple[Population, Comparisons]) -> None:
    # A file that lists one photo of each person with one photo of everybody else.
    population, comparisons = crowd
    pairs, first_photo = np.array(list(combinations(range(60), 2))), np.zeros(120, dtype=bool)
    first_photo[np.unique(population.person_of_template, return_index=True)[1]] = True
    tail = comparisons.tail
    listed = replace(
        comparisons,
        trials=ListedPairs.of_rows(pairs[:, 0], pairs[:, 1], 60),
        tail=tail.select(first_photo[tail.first] & first_photo[tail.second]),
    )
    found = measured((population, listed), target=0.02)
    assert found.overall is not None
    assert found.overall.trials == 3 * 190
    assert [one.fmr and one.fmr.trials for one in found.groups] == [30] * 4


def test_folds_whose_target_is_too_rare_are_counted(crowd: tuple[Population, Comparisons]) -> None:
    assert measured(crowd, target=5e-3).unsupported_folds == 0
    assert measured(crowd, target=1e-5).unsupported_folds == 3


def test_fewer_than_two_folds_are_refused(crowd: tuple[Population, Comparisons]) -> None:
    with pytest.raises(MeasurementError, match="at least 2 folds, got 1"):
        measured(crowd, folds=1)


def test_folds_without_a_comparison_are_refused(crowd: tuple[Population, Comparisons]) -> None:
    with pytest.raises(MeasurementError, match=r"20 of 40 folds have no comparison.*\(60 people in all\)"):
        measured(crowd, folds=40)


def test_a_fold_whose_outside_cannot_set_the_threshold_is_named(
    crowd: tuple[Population, Comparisons],
) -> None:
    with pytest.raises(MeasurementError, match=r"outside fold 1 of 3: .* lies below the floor"):
        measured(crowd, target=0.9)


@given(st.lists(st.integers(0, 4), min_size=4, max_size=60), st.permutations(range(5)), st.integers(0, 99))
@settings(deadline=None, max_examples=50)
def test_what_groups_are_called_changes_nobodys_fold(groups: list[int], names: list[int], seed: int) -> None:
    group = np.array(groups, dtype=np.int64)
    renamed = np.array(names, dtype=np.int64)[group]
    assert deal(renamed, folds=3, seed=seed).tolist() == deal(group, folds=3, seed=seed).tolist()


@pytest.mark.slow
def test_held_out_rates_hold_the_planted_truth_and_are_right_on_average() -> None:
    """Two hundred synthetic populations; the truth is the planted rate at each fold's own threshold."""
    policy, target, held, off, own = Policy.overall(), 1e-3, [], [], []
    for seed in range(200):
        source = demo_population(120, 1000 + seed)
        crowd = compared(source.draw(), Threshold.from_native(0.6, Metric.EUCLIDEAN))
        population, comparisons = crowd
        estimate = measured(crowd, target=target, folds=4, seed=seed).overall
        assert estimate is not None
        fold = deal(population.group_of_person, folds=4, seed=seed)
        used = thresholds_from_outside(population, comparisons, policy, target=target, fold=fold)
        truth = float(np.mean([source.overall_false_match_rate(one.threshold) for one in used]))
        held.append(estimate.low <= truth <= estimate.high)
        off.append(estimate.estimate - truth)
        in_sample = threshold_by(
            policy,
            comparisons.tail.scores,
            *people_of_tail(crowd),
            group_of_person=population.group_of_person,
            n_groups=4,
            trials=comparisons.trials,
            floor=comparisons.floor,
            target=target,
        )
        own.append((in_sample.fmr, source.overall_false_match_rate(in_sample.threshold)))
    assert np.mean(held) >= 0.92, np.mean(held)
    assert abs(np.mean(off)) < 4 * np.std(off) / np.sqrt(len(off))
    shown, true = np.array(own).T
    assert (shown <= target).all()
    assert np.mean(true > target) > 0.3, np.mean(true > target)

"""Thresholds at a false match rate: at most the target, never the nearest."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import threshold_at_most

from facegate.decision import Metric, Threshold
from facegate.errors import MeasurementError
from facegate.evaluation.thresholds import (
    ChosenThreshold,
    Policy,
    threshold_at_fmr,
    threshold_at_mean_fmr,
    threshold_by,
)
from facegate.evaluation.trials import AllPairs

if TYPE_CHECKING:
    from random import Random

FLOOR = Threshold(0.0, Metric.COSINE)
IMPOSTORS = np.array([0.9, 0.8, 0.8, 0.7])


def chosen(target: float, scores: np.ndarray = IMPOSTORS) -> ChosenThreshold:
    return threshold_at_fmr(scores, comparisons=scores.size, floor=FLOOR, target=target)


@pytest.mark.parametrize(
    ("target", "score"),
    [(0.25, 0.9), (0.5, 0.9), (0.1, float(np.nextafter(0.9, 1))), (0.75, 0.8), (1.0, 0.7)],
)
def test_the_threshold_is_the_smallest_with_at_most_the_target(target: float, score: float) -> None:
    assert chosen(target).threshold.score == score


def test_the_nearest_operating_point_is_not_taken_as_pyeer_does() -> None:
    # pyeer 0.5.6 takes the operating point nearest to 0.2, which has an FMR of 0.25.
    found = chosen(0.2)
    assert found.false_matches / found.comparisons <= 0.2
    assert found.threshold.score > 0.9


def test_a_target_below_one_in_all_comparisons_is_marked_unsupported() -> None:
    assert chosen(0.1).unsupported
    assert not chosen(0.25).unsupported


def test_tied_scores_match_together_or_not_at_all() -> None:
    found = chosen(0.5, np.array([0.9, 0.9, 0.9, 0.1]))
    assert (found.threshold.score, found.false_matches) == (np.nextafter(0.9, 1), 0)
    assert not found.unsupported


def test_all_scores_equal_leave_only_the_next_number_above() -> None:
    assert chosen(0.5, np.full(10, 0.3)).threshold.score == np.nextafter(0.3, 1)


@given(st.lists(st.integers(0, 8), min_size=1, max_size=30), st.floats(0.01, 1))
@settings(deadline=None)
def test_it_agrees_with_trying_every_candidate(steps: list[int], target: float) -> None:
    scores = [step / 8 for step in steps]
    assert chosen(target, np.array(scores)).threshold.score == threshold_at_most(scores, target)


@given(st.lists(st.floats(0.5, 1), min_size=1, max_size=30), st.integers(0, 60), st.floats(0.001, 1))
@settings(deadline=None)
def test_a_floor_changes_no_answer_that_it_gives(tail: list[float], n_below: int, target: float) -> None:
    floor = Threshold(0.5, Metric.COSINE)
    whole = np.concatenate([tail, np.linspace(0, 0.4, n_below)])
    try:
        found = threshold_at_fmr(np.array(tail), comparisons=whole.size, floor=floor, target=target)
    except MeasurementError:
        return
    assert found.threshold.score == threshold_at_most(whole.tolist(), target)


def test_an_answer_below_the_floor_is_refused_with_the_counts() -> None:
    with pytest.raises(MeasurementError, match=r"lies below the floor.* 4 of 1,000 comparisons reach it"):
        threshold_at_fmr(IMPOSTORS, comparisons=1000, floor=FLOOR, target=0.1)


def test_an_empty_tail_is_refused_and_not_answered_by_the_floor() -> None:
    with pytest.raises(MeasurementError, match="0 of 1,000 comparisons"):
        threshold_at_fmr(np.empty(0), comparisons=1000, floor=FLOOR, target=1e-6)


def test_no_comparisons_and_no_rate_are_refused() -> None:
    with pytest.raises(MeasurementError, match="non-mated comparisons, got 0"):
        threshold_at_fmr(np.empty(0), comparisons=0, floor=FLOOR, target=0.1)
    with pytest.raises(MeasurementError, match="above 0 and at most 1, got 0"):
        chosen(0.0)


GROUP = np.repeat([0, 1, 2], 4)
"""Twelve people in three groups, one photo each: 6 comparisons inside a group, 66 in all."""
EVERYBODY = AllPairs(np.ones(12, dtype=np.int64), np.zeros(12, dtype=np.int64))
PAIRS = np.array(list(combinations(range(12), 2))).T


def by_policy(policy: Policy, scores: np.ndarray, target: float) -> ChosenThreshold:
    return threshold_by(
        policy,
        scores,
        PAIRS[0],
        PAIRS[1],
        group_of_person=GROUP,
        n_groups=3,
        trials=EVERYBODY,
        floor=FLOOR,
        target=target,
    )


def own_scores(policy: Policy, scores: np.ndarray) -> list[list[float]]:
    """Scores of each cell of the policy, from its definition, pair by pair."""
    every = list(zip(scores.tolist(), *GROUP[PAIRS].tolist(), strict=True))
    if not policy.groups:
        return [[score for score, _, _ in every]]
    return [[score for score, g, h in every if g == h == wanted] for wanted in policy.groups]


def slow_rate(policy: Policy, scores: np.ndarray, threshold: float) -> Fraction:
    cells = own_scores(policy, scores)
    rates = [Fraction(sum(score >= threshold for score in cell), len(cell)) for cell in cells]
    return sum(rates, Fraction(0)) / len(rates)


def slow_candidates(policy: Policy, scores: np.ndarray) -> list[float]:
    own = {score for cell in own_scores(policy, scores) for score in cell}
    return [*sorted(own), float(np.nextafter(max(own), np.inf))]


POLICIES = st.sampled_from(
    [Policy.overall(), Policy.matched_mean([0, 1, 2]), Policy.matched_mean([0, 2]), Policy.reference(1)]
)
SCORES = st.lists(st.integers(0, 12), min_size=66, max_size=66).map(lambda steps: np.array(steps) / 12)


@given(POLICIES, SCORES, st.floats(0.01, 1))
@settings(deadline=None, max_examples=60)
def test_every_policy_agrees_with_trying_every_candidate(
    policy: Policy, scores: np.ndarray, target: float
) -> None:
    allowed = [s for s in slow_candidates(policy, scores) if float(slow_rate(policy, scores, s)) <= target]
    assert by_policy(policy, scores, target).threshold.score == min(allowed)


@given(POLICIES, SCORES, st.floats(0.01, 1))
@settings(deadline=None, max_examples=60)
def test_the_rate_keeps_the_target_and_the_next_lower_candidate_breaks_it(
    policy: Policy, scores: np.ndarray, target: float
) -> None:
    found = by_policy(policy, scores, target)
    assert found.fmr == float(slow_rate(policy, scores, found.threshold.score)) <= target
    lower = [s for s in slow_candidates(policy, scores) if s < found.threshold.score]
    assert not lower or float(slow_rate(policy, scores, max(lower))) > target


@given(POLICIES, SCORES, st.floats(0.01, 1), st.floats(0.01, 1))
@settings(deadline=None, max_examples=60)
def test_a_stricter_target_never_lowers_the_threshold(
    policy: Policy, scores: np.ndarray, one: float, other: float
) -> None:
    strict, lax = (by_policy(policy, scores, target) for target in sorted((one, other)))
    assert strict.threshold.score >= lax.threshold.score


@given(POLICIES, SCORES, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=20)
def test_the_order_of_comparisons_does_not_matter(policy: Policy, scores: np.ndarray, random: Random) -> None:
    order = np.array(random.sample(range(66), 66))
    again = threshold_by(
        policy,
        scores[order],
        PAIRS[0][order],
        PAIRS[1][order],
        group_of_person=GROUP,
        n_groups=3,
        trials=EVERYBODY,
        floor=FLOOR,
        target=0.2,
    )
    assert again == by_policy(policy, scores, 0.2)


def test_a_reference_group_is_not_moved_by_other_peoples_scores() -> None:
    scores = np.linspace(0.1, 0.9, 66)
    others = np.where((GROUP[PAIRS[0]] == 1) & (GROUP[PAIRS[1]] == 1), scores, scores + 5)
    found = by_policy(Policy.reference(1), others, 0.5)
    assert found.threshold == by_policy(Policy.reference(1), scores, 0.5).threshold
    assert (found.false_matches, found.comparisons) == (3, 6)


def mean_of(sizes: tuple[int, ...], matching: tuple[int, ...], target: float) -> ChosenThreshold:
    """Choose over cells of so many comparisons, of which so many score 0.9 and the others 0.1."""
    scores = np.concatenate(
        [np.where(np.arange(m) < k, 0.9, 0.1) for m, k in zip(sizes, matching, strict=True)]
    )
    cell = np.repeat(np.arange(len(sizes)), sizes)
    return threshold_at_mean_fmr(scores, cell, comparisons=np.array(sizes), floor=FLOOR, target=target)


def test_the_mean_over_groups_weighs_groups_and_not_comparisons() -> None:
    found = mean_of((2, 100), (1, 1), 0.26)
    assert (found.threshold.score, found.fmr, found.comparisons) == (0.9, 0.255, 102)
    assert mean_of((2, 100), (1, 1), 0.25).false_matches == 0


def test_three_groups_at_one_tenth_have_a_mean_of_one_tenth() -> None:
    # In floats (0.1 + 0.1 + 0.1) / 3 is above 0.1, which would refuse an allowed threshold.
    assert mean_of((10, 10, 10), (1, 1, 1), 0.1).threshold.score == 0.9


def test_a_mean_is_unsupported_when_its_smallest_group_cannot_speak_to_the_target() -> None:
    assert not mean_of((1000, 10), (1, 0), 0.1).unsupported
    assert mean_of((1000, 9), (1, 0), 0.1).unsupported


def test_a_mean_whose_answer_lies_below_the_floor_is_refused_with_the_reason() -> None:
    counts = np.array([1000, 50])
    with pytest.raises(MeasurementError, match=r"mean FMR of 0\.1 over 2 groups lies below.* only 0\.0105"):
        threshold_at_mean_fmr(
            np.array([0.9, 0.8]), np.array([0, 1]), comparisons=counts, floor=FLOOR, target=0.1
        )


def test_an_observed_score_at_the_floor_is_the_answer_when_no_hidden_score_could_be() -> None:
    # One more match would break the target in either group, so what the floor hides is of no account.
    counts = np.array([10, 10])
    found = threshold_at_mean_fmr(
        np.array([0.9, 0.8]), np.array([0, 1]), comparisons=counts, floor=FLOOR, target=0.12
    )
    assert (found.threshold.score, found.fmr) == (0.8, 0.1)


def test_a_group_without_comparisons_cannot_be_averaged() -> None:
    with pytest.raises(MeasurementError, match="got 0; 1 of 2 groups have none"):
        mean_of((3, 0), (1, 0), 0.5)


def test_a_mean_over_no_group_is_refused() -> None:
    with pytest.raises(MeasurementError, match="a mean over groups needs a group"):
        Policy.matched_mean([])


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers_are_refused(wrong: float) -> None:
    with pytest.raises(MeasurementError, match="finite scores, got 1 of 4"):
        chosen(0.5, np.array([0.9, wrong, 0.3, 0.2]))


def test_more_scores_than_comparisons_are_refused() -> None:
    with pytest.raises(MeasurementError, match="4 scores were kept of only 3 comparisons"):
        threshold_at_fmr(IMPOSTORS, comparisons=3, floor=FLOOR, target=0.5)

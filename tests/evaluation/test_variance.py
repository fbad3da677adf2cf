"""Variances over people: the definition as oracle, and coverage by simulation."""

from __future__ import annotations

import math
from itertools import combinations
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import dyadic_variance

from facegate.errors import MeasurementError
from facegate.evaluation.intervals import wilson
from facegate.evaluation.trials import AllPairs, CellTrials, ListedPairs
from facegate.evaluation.variance import (
    PeoplePairs,
    clustered_spread,
    degrees_of,
    dyadic_spread,
    fmr_of,
    rate_by_person,
)


def pairs(*found: tuple[int, int, int, int]) -> PeoplePairs:
    columns = np.array(found, dtype=np.int64).reshape(-1, 4).T
    return PeoplePairs(*columns)


def within(photos: list[int] | np.ndarray) -> CellTrials:
    counts = np.asarray(photos, dtype=np.int64)
    return AllPairs(counts, np.zeros_like(counts)).within(np.arange(counts.size))


def test_a_negative_covariance_is_dropped_and_leaves_the_normal_quantile() -> None:
    # The worked example: sum r^2 = 2 is below 2 Q = 8/3, so people add nothing to independent trials.
    assert math.isinf(dyadic_spread(pairs((0, 1, 1, 1), (0, 2, 1, 1)), within([1] * 4)).degrees)


def test_few_people_behind_a_spread_widen_the_interval_beyond_the_normal_one() -> None:
    found = rate_by_person(np.array([2, 0, 1]), np.array([2, 3, 5]))
    assert found is not None
    golden = wilson(0.3, found.effective_trials)
    assert found.low < golden.low < golden.high < found.high


def test_degrees_of_freedom_count_the_people_who_carry_the_spread() -> None:
    assert degrees_of(np.array([2.0, -2.0, 2.0, 2.0])) == pytest.approx(4)
    assert degrees_of(np.array([100.0, 0.1, 0.1])) == pytest.approx(1, abs=1e-4)
    assert degrees_of(np.zeros(3)) == 3


def test_independent_misses_keep_more_degrees_than_the_same_misses_in_one_person() -> None:
    spread_out = clustered_spread(np.array([1, 1, 1, 0, 0, 0]), np.full(6, 4))
    in_one = clustered_spread(np.array([3, 0, 0, 0, 0, 0]), np.full(6, 4))
    assert in_one.variance > spread_out.variance
    assert in_one.degrees < spread_out.degrees


Pair = tuple[int, int, int, int]


@st.composite
def populations(draw: st.DrawFn) -> tuple[np.ndarray, list[Pair]]:
    """Draw photos of people, and (person, person, false matches, comparisons) for every pair of people."""
    photos = np.array(draw(st.lists(st.integers(1, 4), min_size=3, max_size=8)), dtype=np.int64)
    found = [
        (i, j, draw(st.integers(0, int(photos[i] * photos[j]))), int(photos[i] * photos[j]))
        for i, j in combinations(range(photos.size), 2)
    ]
    return photos, found


def slow_variance(compared: list[Pair]) -> float:
    return dyadic_variance([(str(i), str(j), e, m) for i, j, e, m in compared])


def matched_of(compared: list[Pair]) -> PeoplePairs:
    return pairs(*[pair for pair in compared if pair[2]])


@given(populations())
@settings(deadline=None, max_examples=60)
def test_the_streaming_form_equals_the_definition_with_every_covariance(
    drawn: tuple[np.ndarray, list[Pair]],
) -> None:
    photos, compared = drawn
    found = dyadic_spread(matched_of(compared), within(photos))
    assert found.variance == pytest.approx(slow_variance(compared), abs=1e-12)


@given(populations(), st.integers(1, 2))
@settings(deadline=None, max_examples=60)
def test_between_groups_the_streaming_form_equals_the_definition(
    drawn: tuple[np.ndarray, list[Pair]], cut: int
) -> None:
    photos, compared = drawn
    across = [pair for pair in compared if pair[0] < cut <= pair[1]]
    cell = AllPairs(photos, np.zeros_like(photos)).between(np.arange(cut), np.arange(cut, photos.size))
    matched = matched_of([(i, j - cut, e, m) for i, j, e, m in across])
    assert dyadic_spread(matched, cell).variance == pytest.approx(slow_variance(across), abs=1e-12)


@given(populations(), st.data())
@settings(deadline=None, max_examples=60)
def test_a_list_of_pairs_gives_the_definition_over_the_pairs_it_lists(
    drawn: tuple[np.ndarray, list[Pair]], data: st.DataObject
) -> None:
    photos, compared = drawn
    listed = [pair for pair in compared if data.draw(st.booleans())] or compared[:1]
    rows = np.array([(i, j) for i, j, _, m in listed for _ in range(m)], dtype=np.int64)
    trials = ListedPairs.of_rows(rows[:, 0], rows[:, 1], photos.size)
    found = dyadic_spread(matched_of(listed), trials.within(np.arange(photos.size)))
    assert found.variance == pytest.approx(slow_variance(listed), abs=1e-12)


@given(populations(), st.data())
@settings(deadline=None, max_examples=60)
def test_folds_give_the_definition_over_the_pairs_inside_a_fold(
    drawn: tuple[np.ndarray, list[Pair]], data: st.DataObject
) -> None:
    photos, compared = drawn
    fold = np.array([0, 0, *[data.draw(st.integers(0, 2)) for _ in range(photos.size - 2)]])
    inside = [pair for pair in compared if fold[pair[0]] == fold[pair[1]]]
    trials = AllPairs(photos, fold).within(np.arange(photos.size))
    assert dyadic_spread(matched_of(inside), trials).variance == pytest.approx(
        slow_variance(inside), abs=1e-12
    )


@given(populations())
@settings(deadline=None, max_examples=30)
def test_the_order_of_people_does_not_matter(drawn: tuple[np.ndarray, list[Pair]]) -> None:
    photos, compared = drawn
    last = photos.size - 1
    turned = [(last - j, last - i, e, m) for i, j, e, m in compared]
    one, other = (
        fmr_of(matched_of(compared), within(photos)),
        fmr_of(matched_of(turned), within(photos[::-1])),
    )
    assert one is not None
    assert other is not None
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


def test_a_single_person_has_no_false_match_rate() -> None:
    assert fmr_of(pairs(), within([5])) is None
    with pytest.raises(MeasurementError, match="unknown, not zero"):
        dyadic_spread(pairs(), within([5]))


def test_an_empty_group_has_no_rate_with_another() -> None:
    trials = AllPairs(np.ones(3, dtype=np.int64), np.zeros(3, dtype=np.int64))
    assert fmr_of(pairs(), trials.between(np.empty(0, dtype=np.int64), np.arange(3))) is None


def test_nobody_with_two_photos_leaves_fnmr_unknown() -> None:
    assert rate_by_person(np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64)) is None


def test_people_without_mated_comparisons_do_not_count_as_people_measured() -> None:
    found = rate_by_person(np.array([0, 0, 0]), np.array([3, 1, 0]))
    assert found is not None
    assert (found.people, found.high) == (2, 1.0)


def test_everybody_matching_everybody_is_bounded_by_people_not_pairs() -> None:
    matched = pairs(*[(i, j, 1, 1) for i, j in combinations(range(10), 2)])
    found = fmr_of(matched, within([1] * 10))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((1 - 3 / 5, 1.0))


def coverage(n_people: int, spread: float, fmr: float, *, replicates: int, seed: int) -> float:
    """Share of replicates whose interval holds the true rate; score = a_i + a_j + noise."""
    rng = np.random.default_rng(seed)
    threshold = NormalDist().inv_cdf(1 - fmr) * math.sqrt(1 + 2 * spread**2)
    i, j = (side.astype(np.int64) for side in np.triu_indices(n_people, k=1))
    trials = within(np.ones(n_people, dtype=np.int64))
    held = 0
    for _ in range(replicates):
        effect = rng.normal(scale=spread, size=n_people) if spread else np.zeros(n_people)
        hit = np.flatnonzero(effect[i] + effect[j] + rng.standard_normal(i.size) >= threshold)
        once = np.ones(hit.size, dtype=np.int64)
        found = fmr_of(PeoplePairs(i[hit], j[hit], once, once), trials)
        held += found is not None and found.low <= fmr <= found.high
    return held / replicates


@pytest.mark.parametrize(("n_people", "spread", "fmr"), [(200, 0.0, 1e-3), (200, 0.4, 1e-3)])
def test_the_interval_holds_the_true_rate_as_often_as_it_says(
    n_people: int, spread: float, fmr: float
) -> None:
    assert coverage(n_people, spread, fmr, replicates=400, seed=1) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n_people", "spread", "fmr", "replicates"),
    [
        (200, 0.0, 1e-3, 4000),
        (200, 0.4, 1e-3, 4000),
        (500, 0.4, 1e-3, 2000),
        (500, 0.4, 1e-4, 2000),
        (1000, 0.4, 1e-4, 1000),
        (500, 0.8, 1e-3, 2000),
    ],
)
def test_the_interval_holds_the_true_rate_in_every_row_of_the_coverage_table(
    n_people: int, spread: float, fmr: float, replicates: int
) -> None:
    assert coverage(n_people, spread, fmr, replicates=replicates, seed=2) >= 0.92

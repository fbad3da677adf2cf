"""Variances over people: worked examples, the definition as oracle, and coverage by simulation."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import dyadic_variance

from facegate.errors import MeasurementError
from facegate.evaluation.variance import (
    PeoplePairs,
    clustered_variance,
    comparisons_between,
    comparisons_within,
    dyadic_variance_between,
    dyadic_variance_within,
    fmr_between,
    fmr_within,
    fnmr_by_person,
)


def pairs(*found: tuple[int, int, int]) -> PeoplePairs:
    columns = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return PeoplePairs(*columns)


def ones(n: int) -> np.ndarray:
    return np.ones(n, dtype=np.int64)


def test_dyadic_variance_of_the_worked_example() -> None:
    found = fmr_within(pairs((0, 1, 1), (0, 2, 1)), ones(4))
    assert dyadic_variance_within(pairs((0, 1, 1), (0, 2, 1)), ones(4)) == pytest.approx(0.0370370, abs=1e-7)
    assert found is not None
    assert found.effective_trials == pytest.approx(6)
    assert (found.low, found.high) == pytest.approx((0.0967714, 0.7000067), abs=1e-7)


def test_dyadic_variance_between_groups_of_the_worked_example() -> None:
    matched = pairs((0, 0, 1), (0, 1, 1), (0, 2, 1))
    assert dyadic_variance_between(matched, ones(2), ones(3)) == pytest.approx(0.0833333, abs=1e-7)


def test_clustered_variance_of_the_worked_example() -> None:
    misses, trials = np.array([2, 0, 1]), np.array([2, 3, 5])
    assert clustered_variance(misses, trials) == pytest.approx(0.0302)
    found = fnmr_by_person(misses, trials)
    assert found is not None
    assert found.effective_trials == pytest.approx(6.9536424)
    assert (found.low, found.high) == pytest.approx((0.0886918, 0.6536490), abs=1e-7)


@st.composite
def populations(draw: st.DrawFn) -> tuple[np.ndarray, PeoplePairs]:
    photos = np.array(draw(st.lists(st.integers(1, 4), min_size=3, max_size=8)), dtype=np.int64)
    found = [
        (i, j, draw(st.integers(0, int(photos[i] * photos[j]))))
        for i in range(photos.size)
        for j in range(i + 1, photos.size)
    ]
    return photos, pairs(*[pair for pair in found if pair[2]])


@given(populations())
@settings(deadline=None, max_examples=60)
def test_the_streaming_form_equals_the_definition_with_every_covariance(
    drawn: tuple[np.ndarray, PeoplePairs],
) -> None:
    photos, matched = drawn
    events = {
        (int(i), int(j)): int(e)
        for i, j, e in zip(matched.first, matched.second, matched.false_matches, strict=True)
    }
    slow = [
        (str(i), str(j), events.get((i, j), 0), int(photos[i] * photos[j]))
        for i in range(photos.size)
        for j in range(i + 1, photos.size)
    ]
    assert dyadic_variance_within(matched, photos) == pytest.approx(dyadic_variance(slow), abs=1e-12)


@given(populations(), st.integers(1, 2))
@settings(deadline=None, max_examples=60)
def test_between_groups_the_streaming_form_equals_the_definition(
    drawn: tuple[np.ndarray, PeoplePairs], cut: int
) -> None:
    photos, matched = drawn
    across = (matched.first < cut) & (matched.second >= cut)
    between = PeoplePairs(matched.first[across], matched.second[across] - cut, matched.false_matches[across])
    events = {
        (int(i), int(j)): int(e)
        for i, j, e in zip(between.first, between.second, between.false_matches, strict=True)
    }
    rows, columns = photos[:cut], photos[cut:]
    slow = [
        (f"row {i}", f"column {j}", events.get((i, j), 0), int(rows[i] * columns[j]))
        for i in range(rows.size)
        for j in range(columns.size)
    ]
    assert dyadic_variance_between(between, rows, columns) == pytest.approx(dyadic_variance(slow), abs=1e-12)


@given(populations())
@settings(deadline=None, max_examples=30)
def test_the_order_of_people_does_not_matter(drawn: tuple[np.ndarray, PeoplePairs]) -> None:
    photos, matched = drawn
    last = photos.size - 1
    turned = PeoplePairs(last - matched.second, last - matched.first, matched.false_matches)
    one, other = fmr_within(matched, photos), fmr_within(turned, photos[::-1])
    assert one is not None
    assert other is not None
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


def test_comparisons_are_those_of_different_people_only() -> None:
    assert comparisons_within(np.array([2, 1, 1])) == 5
    assert comparisons_between(np.array([2, 1]), np.array([3])) == 9


def test_a_single_person_has_no_false_match_rate() -> None:
    assert fmr_within(pairs(), np.array([5])) is None
    with pytest.raises(MeasurementError, match="unknown, not zero"):
        dyadic_variance_within(pairs(), np.array([5]))


def test_an_empty_group_has_no_rate_with_another() -> None:
    assert fmr_between(pairs(), np.empty(0, dtype=np.int64), ones(3)) is None


def test_nobody_with_two_photos_leaves_fnmr_unknown() -> None:
    assert fnmr_by_person(np.zeros(3, dtype=np.int64), np.zeros(3, dtype=np.int64)) is None


def test_people_without_mated_comparisons_do_not_count_as_people_measured() -> None:
    found = fnmr_by_person(np.array([0, 0, 0]), np.array([3, 1, 0]))
    assert found is not None
    assert (found.people, found.high) == (2, 1.0)


def test_everybody_matching_everybody_is_bounded_by_people_not_pairs() -> None:
    matched = pairs(*[(i, j, 1) for i in range(10) for j in range(i + 1, 10)])
    found = fmr_within(matched, ones(10))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((1 - 3 / 5, 1.0))


def coverage(n_people: int, spread: float, fmr: float, *, replicates: int, seed: int) -> float:
    """Share of replicates whose interval holds the true rate; score = a_i + a_j + noise."""
    rng = np.random.default_rng(seed)
    threshold = NormalDist().inv_cdf(1 - fmr) * math.sqrt(1 + 2 * spread**2)
    i, j = np.triu_indices(n_people, k=1)
    held = 0
    for _ in range(replicates):
        effect = rng.normal(scale=spread, size=n_people) if spread else np.zeros(n_people)
        hit = np.flatnonzero(effect[i] + effect[j] + rng.standard_normal(i.size) >= threshold)
        matched = PeoplePairs(i[hit].astype(np.int64), j[hit].astype(np.int64), ones(hit.size))
        found = fmr_within(matched, ones(n_people))
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
    [(500, 0.4, 1e-3, 2000), (500, 0.4, 1e-4, 2000), (1000, 0.4, 1e-4, 600)],
)
def test_the_interval_holds_the_true_rate_among_more_people_too(
    n_people: int, spread: float, fmr: float, replicates: int
) -> None:
    assert coverage(n_people, spread, fmr, replicates=replicates, seed=2) >= 0.92


@pytest.mark.slow
def test_where_few_people_carry_most_false_matches_the_interval_is_a_little_too_narrow() -> None:
    # 0.913 in 5,500 replicates; pairs taken as independent give 0.43. A limit written beside the interval:
    # a bound of 0.92 would be passed by a lucky seed only.
    assert 0.90 <= coverage(500, 0.8, 1e-3, replicates=2000, seed=2) < 0.95

"""Intervals of counts: ends of the scale, and what is said when nothing was seen."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from facegate.errors import MeasurementError
from facegate.evaluation.intervals import (
    Spread,
    clopper_pearson,
    clopper_pearson_upper,
    estimate_with_variance,
    wilson,
    zero_count_bounds,
)
from facegate.evaluation.rates import Rate

NONE = Spread(variance=0.0, degrees=math.inf)


def test_the_ends_of_the_scale_are_exact_and_never_passed() -> None:
    assert wilson(0.0, 1000).low == 0.0
    assert wilson(1.0, 1000).high == 1.0
    assert clopper_pearson(Rate(5, 5)).high == 1.0
    assert clopper_pearson_upper(Rate(5, 5)) == 1.0


def test_an_interval_without_trials_is_refused() -> None:
    with pytest.raises(MeasurementError, match="more than 0 trials, got 0"):
        wilson(0.0, 0)


def test_both_bounds_of_a_zero_count_have_a_name_and_the_one_on_people_is_wider() -> None:
    bounds = zero_count_bounds(trials=4950, disjoint_units=50)
    assert bounds.independent_trials == pytest.approx(3 / 4950)
    assert bounds.disjoint_units == pytest.approx(3 / 50)


def test_a_zero_count_without_comparisons_has_no_bound() -> None:
    with pytest.raises(MeasurementError, match="unknown, not zero"):
        zero_count_bounds(trials=0, disjoint_units=0)


def test_nothing_seen_is_bounded_by_pairs_that_share_nobody() -> None:
    found = estimate_with_variance(Rate(0, 4950), spread=NONE, people=100, disjoint_units=50, method="m")
    assert (found.low, found.high) == (0.0, 0.06)
    assert not found.supported


def test_nothing_but_matches_is_bounded_from_below_in_the_same_way() -> None:
    found = estimate_with_variance(Rate(4950, 4950), spread=NONE, people=100, disjoint_units=50, method="m")
    assert (found.low, found.high) == (0.94, 1.0)


def test_two_or_three_people_count_as_one_trial() -> None:
    found = estimate_with_variance(Rate(50, 100), spread=NONE, people=2, disjoint_units=1, method="m")
    assert found.effective_trials == 1.0
    assert (found.low, found.high) == pytest.approx((0.0020, 0.9980), abs=1e-4)


def test_few_degrees_of_freedom_widen_an_interval_and_many_change_nothing() -> None:
    plain, few, many = wilson(0.1, 100), wilson(0.1, 100, degrees=3), wilson(0.1, 100, degrees=1e9)
    assert few.low < plain.low < plain.high < few.high
    assert (many.low, many.high) == pytest.approx((plain.low, plain.high), rel=1e-6)


def test_the_quantile_of_student_replaces_the_normal_one() -> None:
    # t of 4 degrees at 0.975 is 2.776445; without a rate's own spread the half width is z / 2 sqrt(n + z^2).
    found = wilson(0.5, 50, degrees=4)
    assert found.high - 0.5 == pytest.approx(2.776445 / (2 * math.sqrt(50 + 2.776445**2)), rel=1e-6)


@given(
    st.integers(1, 10_000),
    st.floats(0, 1),
    st.builds(Spread, variance=st.floats(0, 0.3), degrees=st.floats(1, 1e6) | st.just(math.inf)),
    st.integers(1, 5000),
)
def test_an_interval_holds_its_estimate_and_never_claims_more_trials_than_there_were(
    trials: int, share: float, spread: Spread, units: int
) -> None:
    rate = Rate(round(share * trials), trials)
    found = estimate_with_variance(rate, spread=spread, people=2 * units, disjoint_units=units, method="m")
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert found.effective_trials <= max(trials, units)


def test_few_people_who_agree_do_not_count_as_many_trials() -> None:
    """Two people missed in 60 of 106 and in 60 of 105 comparisons show no spread; 211 trials they are not."""
    few = estimate_with_variance(Rate(120, 211), spread=NONE, people=2, disjoint_units=2, method="m")
    assert few.effective_trials == 2
    assert few.low < 0.15
    assert few.high > 0.9
    enough = estimate_with_variance(Rate(120, 211), spread=NONE, people=30, disjoint_units=15, method="m")
    assert enough.effective_trials == 211


@pytest.mark.parametrize("n", [15, 30, 100, 1000])
def test_independent_trials_hold_every_rate_often_enough(n: int) -> None:
    """Exact coverage: without room for few events it falls to 0.84 just above n p = 0.17."""
    found = [
        estimate_with_variance(Rate(k, n), spread=NONE, people=n, disjoint_units=n, method="m")
        for k in range(n + 1)
    ]
    low, high = np.array([one.low for one in found]), np.array([one.high for one in found])
    rates = np.concatenate((np.linspace(0.02, 10, 400) / n, np.linspace(0.01, 0.99, 99)))
    for p in rates[rates < 1]:
        share = binom.pmf(np.arange(n + 1), n, p) @ ((low <= p) & (p <= high))
        assert share > 0.91, (p, share)

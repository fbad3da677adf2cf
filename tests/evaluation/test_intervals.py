"""Intervals of counts: golden numbers, ends of the scale, and what is said when nothing was seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.errors import MeasurementError
from facegate.evaluation.intervals import (
    clopper_pearson,
    clopper_pearson_upper,
    estimate_with_variance,
    wilson,
    zero_count_bounds,
)
from facegate.evaluation.rates import Rate

# (events, trials, Wilson, Clopper-Pearson, one-sided upper); bob.measure 6.1.1 has the same Clopper-Pearson
GOLDEN = [
    (0, 1_000, (0, 0.00382676), (0, 0.00368208), 0.00299125),
    (0, 10_000, (0, 0.000383998), (0, 0.00036882), 0.000299528),
    (3, 10_000, (0.000102032, 0.000881736), (6.18715e-05, 0.000876475), 0.000775181),
    (30, 1_000_000, (2.10152e-05, 4.2826e-05), (2.0241e-05, 4.28266e-05), 4.06903e-05),
    (30, 300_000, (7.00512e-05, 1.42751e-04), (6.74706e-05, 1.42753e-04), 1.35633e-04),
]


@pytest.mark.parametrize(("events", "trials", "expected", "_exact", "_upper"), GOLDEN)
def test_wilson_gives_the_known_ends(
    events: int, trials: int, expected: tuple[float, float], _exact: object, _upper: object
) -> None:
    found = wilson(events / trials, trials)
    assert (found.low, found.high) == pytest.approx(expected, rel=5e-6)


@pytest.mark.parametrize(("events", "trials", "_wilson", "expected", "upper"), GOLDEN)
def test_clopper_pearson_gives_the_known_ends(
    events: int, trials: int, _wilson: object, expected: tuple[float, float], upper: float
) -> None:
    found = clopper_pearson(Rate(events, trials))
    assert (found.low, found.high) == pytest.approx(expected, rel=5e-6)
    assert clopper_pearson_upper(Rate(events, trials)) == pytest.approx(upper, rel=5e-6)


def test_clopper_pearson_agrees_with_bob_measure_to_every_digit_it_prints() -> None:
    assert clopper_pearson(Rate(0, 1000)).high == pytest.approx(0.003682083896865671, rel=1e-12)
    exact = clopper_pearson(Rate(30, 1_000_000))
    assert exact.low == pytest.approx(2.02409626685541e-05, rel=1e-12)
    assert exact.high == pytest.approx(4.28265907266867e-05, rel=1e-12)


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
    found = estimate_with_variance(Rate(0, 4950), variance=0.0, people=100, disjoint_units=50, method="m")
    assert (found.low, found.high) == (0.0, 0.06)
    assert not found.supported


def test_nothing_but_matches_is_bounded_from_below_in_the_same_way() -> None:
    found = estimate_with_variance(Rate(4950, 4950), variance=0.0, people=100, disjoint_units=50, method="m")
    assert (found.low, found.high) == (0.94, 1.0)


def test_two_or_three_people_count_as_one_trial() -> None:
    found = estimate_with_variance(Rate(50, 100), variance=0.0, people=2, disjoint_units=1, method="m")
    assert found.effective_trials == 1.0
    assert (found.low, found.high) == pytest.approx((0.0546, 0.9454), abs=1e-4)


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 0.3), st.integers(1, 5000))
def test_an_interval_holds_its_estimate_and_never_claims_more_trials_than_there_were(
    trials: int, share: float, variance: float, units: int
) -> None:
    rate = Rate(round(share * trials), trials)
    found = estimate_with_variance(
        rate, variance=variance, people=2 * units, disjoint_units=units, method="m"
    )
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert found.effective_trials <= max(trials, units)

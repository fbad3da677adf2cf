"""Rates are counts: ties match, empty is unknown, and a stricter threshold never matches more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.decision import Metric, Threshold
from facegate.errors import MeasurementError
from facegate.evaluation.rates import Estimate, Rate, false_match_rate, false_non_match_rate

SCORES = np.array([0.1, 0.5, 0.5, 0.9])


def at(score: float) -> Threshold:
    return Threshold(score, Metric.EUCLIDEAN)


def test_a_score_equal_to_the_threshold_is_a_match_in_both_rates() -> None:
    assert false_match_rate(SCORES, at(0.5)) == Rate(3, 4)
    assert false_non_match_rate(SCORES, at(0.5)) == Rate(1, 4)


def test_a_rate_without_trials_is_unknown_and_not_zero() -> None:
    with pytest.raises(MeasurementError, match="unknown, not zero"):
        Rate(0, 0)


@pytest.mark.parametrize(("events", "trials"), [(-1, 3), (4, 3)])
def test_a_rate_with_contradicting_counts_is_refused(events: int, trials: int) -> None:
    with pytest.raises(MeasurementError, match="events from 0 to its 3 trials"):
        Rate(events, trials)


def test_no_comparisons_leave_both_rates_unknown() -> None:
    with pytest.raises(MeasurementError, match="at least one non-mated comparison, got 0"):
        false_match_rate(np.empty(0), at(0.5))
    with pytest.raises(MeasurementError, match="at least one mated comparison, got 0"):
        false_non_match_rate(np.empty(0), at(0.5))


def test_a_score_that_is_not_a_number_is_refused_and_counted() -> None:
    with pytest.raises(MeasurementError, match="got 1 of 2 scores NaN"):
        false_match_rate(np.array([np.nan, 0.2]), at(0.5))


@given(st.lists(st.floats(-2, 1), min_size=1), st.floats(-2, 1), st.floats(-2, 1))
def test_a_stricter_threshold_never_raises_fmr_nor_lowers_fnmr(
    scores: list[float], one: float, other: float
) -> None:
    loose, strict = at(min(one, other)), at(max(one, other))
    values = np.array(scores)
    assert false_match_rate(values, strict).events <= false_match_rate(values, loose).events
    assert false_non_match_rate(values, strict).events >= false_non_match_rate(values, loose).events


@given(st.lists(st.floats(-2, 1), min_size=1), st.floats(-2, 1))
def test_on_the_same_scores_both_rates_add_up_to_one(scores: list[float], score: float) -> None:
    values = np.array(scores)
    matched, missed = false_match_rate(values, at(score)), false_non_match_rate(values, at(score))
    assert matched.events + missed.events == matched.trials


def test_an_estimate_below_three_effective_trials_is_not_supported() -> None:
    few = Estimate(2, 1000, 50, 0.002, 0.0, 0.01, effective_trials=1000.0, disjoint_units=25, method="")
    enough = Estimate(3, 1000, 50, 0.003, 0.0, 0.01, effective_trials=1000.0, disjoint_units=25, method="")
    assert (few.supported, enough.supported) == (False, True)
    assert few.smallest_rate == 0.003


def test_a_rate_of_under_30_people_is_not_supported_however_many_false_matches() -> None:
    few = Estimate(500, 1000, 29, 0.5, 0.4, 0.6, effective_trials=100.0, disjoint_units=14, method="")
    enough = Estimate(500, 1000, 30, 0.5, 0.4, 0.6, effective_trials=100.0, disjoint_units=15, method="")
    assert (few.supported, enough.supported) == (False, True)

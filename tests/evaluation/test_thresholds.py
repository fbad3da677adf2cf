"""Thresholds at a false match rate: at most the target, never the nearest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import threshold_at_most

from facegate.decision import Metric, Threshold
from facegate.errors import MeasurementError
from facegate.evaluation.thresholds import ChosenThreshold, threshold_at_fmr

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

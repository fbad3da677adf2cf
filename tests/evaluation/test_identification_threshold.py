"""A threshold by its FPIR: at most the target, never the nearest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import threshold_at_most

from facegate.decision import Metric, Threshold
from facegate.errors import MeasurementError
from facegate.evaluation.identification.threshold import threshold_at_fpir

FLOOR = Threshold(0.0, Metric.COSINE)


def chosen(scores: list[float], target: float) -> float:
    return threshold_at_fpir(np.array(scores), floor=FLOOR, target=target).threshold.score


def test_ties_match_together_or_not_at_all() -> None:
    assert chosen([0.9, 0.8, 0.8, 0.7], 0.5) == 0.9
    assert chosen([0.9, 0.8, 0.8, 0.7], 0.75) == 0.8


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([0.1, 0.2, 0.5, 0.50001, 0.9]), min_size=1, max_size=12),
    st.sampled_from([0.01, 0.1, 0.25, 0.5, 1.0]),
)
def test_the_threshold_is_the_smallest_that_keeps_the_target(scores: list[float], target: float) -> None:
    assert chosen(scores, target) == threshold_at_most(scores, target)


def test_a_target_rarer_than_one_search_is_marked_unsupported() -> None:
    found = threshold_at_fpir(np.array([0.2, 0.3]), floor=FLOOR, target=0.1)
    assert found.unsupported
    assert found.threshold.score == math.nextafter(0.3, math.inf)
    assert found.false_positives == 0


def test_a_target_of_one_search_is_supported() -> None:
    assert not threshold_at_fpir(np.array([0.2, 0.3]), floor=FLOOR, target=0.5).unsupported


def test_searches_that_returned_nobody_count_as_searches() -> None:
    found = threshold_at_fpir(np.array([-np.inf, 0.6, 0.7, -np.inf]), floor=FLOOR, target=0.25)
    assert (found.threshold.score, found.false_positives, found.searches) == (0.7, 1, 4)


@pytest.mark.parametrize("scores", [[-np.inf, -np.inf], [0.5, -np.inf, -np.inf]])
def test_an_answer_below_the_floor_is_refused(scores: list[float]) -> None:
    with pytest.raises(MeasurementError, match=r"lies below the floor .* choose a lower floor"):
        threshold_at_fpir(np.array(scores), floor=FLOOR, target=0.9)


def test_no_searches_give_no_threshold() -> None:
    with pytest.raises(MeasurementError, match="who are not enrolled, got 0"):
        threshold_at_fpir(np.array([]), floor=FLOOR, target=0.1)


@pytest.mark.parametrize("target", [0.0, -1.0, 1.5, math.nan])
def test_a_target_that_is_no_rate_is_refused(target: float) -> None:
    with pytest.raises(MeasurementError, match="above 0 and at most 1"):
        threshold_at_fpir(np.array([0.5]), floor=FLOOR, target=target)

"""The match rule, and how scores are made."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.decision import Metric, Threshold, comparison_scores, matches
from facegate.errors import InputError

finite = st.floats(min_value=-1e6, max_value=1e6)


@given(finite)
def test_a_score_equal_to_the_threshold_is_a_match(score: float) -> None:
    assert matches(np.array([score]), Threshold(score, Metric.COSINE)).all()


@given(finite)
def test_the_next_score_below_the_threshold_is_no_match(score: float) -> None:
    below = math.nextafter(score, -math.inf)
    assert not matches(np.array([below]), Threshold(score, Metric.COSINE)).any()


@given(st.lists(finite), finite, finite)
def test_a_stricter_threshold_never_matches_more(scores: list[float], one: float, two: float) -> None:
    loose, strict = sorted((one, two))
    array = np.array(scores, dtype=np.float64)
    assert not (
        matches(array, Threshold(strict, Metric.COSINE)) & ~matches(array, Threshold(loose, Metric.COSINE))
    ).any()


def test_nan_is_never_a_match() -> None:
    assert not matches(np.array([np.nan]), Threshold(-1.0, Metric.COSINE)).any()


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_threshold_must_be_a_finite_number(score: float) -> None:
    with pytest.raises(InputError, match="a threshold must be a finite number, got"):
        Threshold(score, Metric.EUCLIDEAN)


def test_a_distance_of_0_6_is_the_score_0_4() -> None:
    threshold = Threshold.from_native(0.6, Metric.EUCLIDEAN)
    assert (threshold.score, threshold.native) == (0.4, 0.6)


def test_the_euclidean_score_is_one_less_the_distance() -> None:
    probe, other = np.zeros(2, dtype=np.float32), np.array([[3, 4], [0, 0]], dtype=np.float32)
    assert comparison_scores(probe, other, Metric.EUCLIDEAN).tolist() == [-4.0, 1.0]


def test_the_cosine_score_is_the_inner_product() -> None:
    probe, other = np.array([1, 0], dtype=np.float32), np.array([[1, 0], [0, 1], [-1, 0]], dtype=np.float32)
    assert comparison_scores(probe, other, Metric.COSINE).tolist() == [1.0, 0.0, -1.0]


@given(st.integers(0, 2**32 - 1))
def test_scores_are_those_of_the_definition_written_out(seed: int) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, 5, 8)).astype(np.float32)
    slow = [
        1 - math.sqrt(sum((float(x) - float(y)) ** 2 for x, y in zip(p, q, strict=True)))
        for p, q in zip(a, b, strict=True)
    ]
    assert comparison_scores(a, b, Metric.EUCLIDEAN) == pytest.approx(slow, abs=1e-12)
    assert (
        comparison_scores(a, b, Metric.EUCLIDEAN).tolist()
        == comparison_scores(b, a, Metric.EUCLIDEAN).tolist()
    )

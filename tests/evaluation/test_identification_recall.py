"""Recall: exact candidates by a plain sort, and what an index may lose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.decision import VECTOR_METRICS, Metric, Vectors, comparison_scores
from facegate.evaluation.identification.recall import last_exact_scores, n_exact


def vectors(n: int, metric: Metric, seed: int) -> Vectors:
    drawn = np.random.default_rng(seed).standard_normal((n, 5), dtype=np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True) if metric is Metric.COSINE else drawn


@pytest.mark.parametrize("metric", VECTOR_METRICS)
@settings(max_examples=25, deadline=None)
@given(limit=st.integers(1, 12), n=st.integers(1, 40), seed=st.integers(0, 99), copies=st.booleans())
def test_the_last_exact_score_is_that_of_a_plain_sort(
    metric: Metric,
    limit: int,
    n: int,
    seed: int,
    copies: bool,  # noqa: FBT001  drawn by Hypothesis
) -> None:
    gallery, probes = vectors(n, metric, seed), vectors(3, metric, seed + 1)
    gallery = np.repeat(gallery, 2, axis=0) if copies else gallery
    for probe, last in zip(probes, last_exact_scores(probes, gallery, metric, limit), strict=True):
        assert last == sorted(comparison_scores(probe, gallery, metric), reverse=True)[:limit][-1]


def test_a_probe_that_is_enrolled_itself_scores_exactly_one() -> None:
    gallery = vectors(9, Metric.EUCLIDEAN, 0)
    assert last_exact_scores(gallery, gallery, Metric.EUCLIDEAN, 1).tolist() == [1.0] * 9


def test_a_row_that_ties_with_the_last_is_as_good_as_it() -> None:
    gallery = np.array([[0.0], [1.0], [-1.0], [5.0]], dtype=np.float32)
    probe = np.zeros((1, 1), dtype=np.float32)
    last = last_exact_scores(probe, gallery, Metric.EUCLIDEAN, 2)
    for second in (1, 2):
        assert n_exact(probe, gallery, [np.array([0, second])], last, Metric.EUCLIDEAN).tolist() == [2]
    assert n_exact(probe, gallery, [np.array([0, 3])], last, Metric.EUCLIDEAN).tolist() == [1]


def test_a_place_left_empty_and_a_row_returned_twice_are_losses() -> None:
    gallery = np.array([[0.0], [1.0], [2.0]], dtype=np.float32)
    probe = np.zeros((1, 1), dtype=np.float32)
    last = last_exact_scores(probe, gallery, Metric.EUCLIDEAN, 3)
    for rows in ([0, 1, -1], [0, 1, 1]):
        assert n_exact(probe, gallery, [np.array(rows)], last, Metric.EUCLIDEAN).tolist() == [2]

"""The exact index against float64 arithmetic, row by row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.decision import VECTOR_METRICS, Metric, Threshold, Vectors, comparison_scores
from facegate.errors import InputError
from facegate.gallery.index import ExactIndex, FlatSegment, strict_radius
from facegate.templates import EmbedderInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

POOL = ThreadPoolExecutor(2)


@pytest.fixture(scope="module", autouse=True)
def _pool() -> Iterator[None]:
    yield
    POOL.shutdown()


def an_embedder(metric: Metric, dimension: int) -> EmbedderInfo:
    return EmbedderInfo("test", "ab" * 32, dimension, metric)


def an_index(vectors: Vectors, metric: Metric, *, rows: int = 7) -> ExactIndex:
    embedder = an_embedder(metric, vectors.shape[1])
    parts = [FlatSegment(vectors[i : i + rows], embedder) for i in range(0, len(vectors), rows)]
    return ExactIndex(parts, embedder, pool=POOL)


def drawn(n_rows: int, dimension: int, metric: Metric, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((n_rows, dimension), dtype=np.float32)
    if metric is Metric.COSINE:
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def found_slowly(vectors: Vectors, probe: Vectors, threshold: Threshold) -> list[tuple[int, float]]:
    scores = [float(comparison_scores(probe, row, threshold.metric)[0]) for row in vectors]
    return [(position, score) for position, score in enumerate(scores) if score >= threshold.score]


def found(index: ExactIndex, probe: Vectors, threshold: Threshold) -> list[tuple[int, float]]:
    positions, scores = index.at_or_above(probe, threshold)
    assert positions.dtype == np.int64
    assert scores.dtype == np.float64
    return list(zip(positions.tolist(), scores.tolist(), strict=True))


@pytest.mark.parametrize("metric", VECTOR_METRICS)
@pytest.mark.parametrize("dimension", [1, 2, 7, 128, 512])
def test_a_threshold_at_the_very_score_of_any_row_finds_that_row(metric: Metric, dimension: int) -> None:
    vectors = drawn(60, dimension, metric)
    index, probe = an_index(vectors, metric), drawn(1, dimension, metric, seed=1)[0]
    for score in comparison_scores(probe, vectors, metric):
        threshold = Threshold(float(score), metric)
        assert found(index, probe, threshold) == found_slowly(vectors, probe, threshold)


@pytest.mark.parametrize("metric", VECTOR_METRICS)
def test_the_next_higher_threshold_loses_the_row(metric: Metric) -> None:
    vectors, probe = drawn(1, 128, metric), drawn(1, 128, metric, seed=1)[0]
    score = float(comparison_scores(probe, vectors[0], metric)[0])
    above = Threshold(float(np.nextafter(score, np.inf)), metric)
    assert found(an_index(vectors, metric), probe, above) == []


def test_a_vector_finds_its_equal_at_distance_zero() -> None:
    vectors = drawn(20, 128, Metric.EUCLIDEAN)
    threshold = Threshold.from_native(0.0, Metric.EUCLIDEAN)
    assert found(an_index(vectors, Metric.EUCLIDEAN), vectors[13], threshold) == [(13, 1.0)]


@given(
    exponents=st.lists(st.integers(-45, 19), min_size=1, max_size=12),
    score=st.one_of(st.sampled_from([1.0, 0.0, -1e19, -1e30, -1e300]), st.floats(-1e20, 2)),
)
@settings(max_examples=100, deadline=None)
def test_vectors_tiny_or_huge_are_found_like_any_other(exponents: list[int], score: float) -> None:
    vectors = np.array([[10.0**one, -(10.0**one)] for one in exponents], dtype=np.float32)
    threshold = Threshold(score, Metric.EUCLIDEAN)
    probe = np.zeros(2, dtype=np.float32)
    assert found(an_index(vectors, Metric.EUCLIDEAN), probe, threshold) == found_slowly(
        vectors, probe, threshold
    )


@pytest.mark.parametrize(
    "threshold",
    [
        Threshold(1.5, Metric.EUCLIDEAN),
        Threshold(1e300, Metric.EUCLIDEAN),
        Threshold(1.5, Metric.COSINE),
        Threshold(1e300, Metric.COSINE),
    ],
)
def test_a_threshold_that_no_score_reaches_finds_nothing(threshold: Threshold) -> None:
    vectors = drawn(20, 8, threshold.metric)
    assert found(an_index(vectors, threshold.metric), vectors[0], threshold) == []


@pytest.mark.parametrize("metric", VECTOR_METRICS)
def test_a_threshold_below_every_score_finds_everything_in_order(metric: Metric) -> None:
    vectors = drawn(50, 8, metric)
    positions, _ = an_index(vectors, metric).at_or_above(vectors[0], Threshold(-1e300, metric))
    assert positions.tolist() == list(range(50))


@pytest.mark.parametrize("metric", VECTOR_METRICS)
@pytest.mark.parametrize("rows", [1, 3, 50, 100])
def test_the_answer_does_not_depend_on_how_vectors_are_cut(metric: Metric, rows: int) -> None:
    vectors = drawn(100, 16, metric)
    threshold = Threshold(0.1 if metric is Metric.COSINE else -4.0, metric)
    whole = found(an_index(vectors, metric, rows=100), vectors[0], threshold)
    assert len(whole) > 3
    assert found(an_index(vectors, metric, rows=rows), vectors[0], threshold) == whole


def test_more_rows_than_are_scored_at_a_time_come_out_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facegate.gallery.index.RESCORE_ROWS", 4)
    vectors = drawn(50, 8, Metric.EUCLIDEAN)
    threshold = Threshold(-3.0, Metric.EUCLIDEAN)
    index = an_index(vectors, Metric.EUCLIDEAN, rows=50)
    assert found(index, vectors[0], threshold) == found_slowly(vectors, vectors[0], threshold)


def test_an_empty_index_finds_nothing() -> None:
    index = ExactIndex([], an_embedder(Metric.EUCLIDEAN, 4), pool=POOL)
    assert found(index, np.zeros(4, dtype=np.float32), Threshold(0.0, Metric.EUCLIDEAN)) == []
    assert len(index) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_vector_or_probe_that_is_not_finite_is_refused(bad: float) -> None:
    vectors = drawn(3, 4, Metric.EUCLIDEAN)
    spoiled = vectors.copy()
    spoiled[1, 2] = bad
    with pytest.raises(InputError, match="1 of 3 vectors hold NaN or infinity"):
        FlatSegment(spoiled, an_embedder(Metric.EUCLIDEAN, 4))
    with pytest.raises(InputError, match="1 of 1 vectors hold NaN or infinity"):
        an_index(vectors, Metric.EUCLIDEAN).at_or_above(spoiled[1], Threshold(0.0, Metric.EUCLIDEAN))


def test_an_index_keeps_its_own_copy_of_the_vectors() -> None:
    vectors = drawn(3, 4, Metric.EUCLIDEAN)
    probe, index = vectors[1].copy(), an_index(vectors, Metric.EUCLIDEAN)
    vectors[:] = 0
    assert found(index, probe, Threshold(1.0, Metric.EUCLIDEAN)) == [(1, 1.0)]


@pytest.mark.parametrize("metric", VECTOR_METRICS)
def test_the_radius_lets_in_little_more_than_the_threshold_asks(metric: Metric) -> None:
    radius = strict_radius(Threshold(0.4, metric), 128)
    wanted = 0.4 if metric is Metric.COSINE else 0.36
    assert abs(radius - wanted) < 2e-5

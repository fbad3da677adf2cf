"""DET curves and distributions: exact where scores are kept, whole at the edges elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.datasets.populations import demo_population
from facegate.decision import Metric, Threshold
from facegate.errors import MeasurementError
from facegate.evaluation.comparisons import compare_all
from facegate.evaluation.curves import curves_of, det_curve, distribution
from facegate.evaluation.subgroups import population_of

if TYPE_CHECKING:
    from facegate.evaluation.result import DetCurve

EDGES = np.linspace(-1, 1, 41)
SCORES = st.lists(st.integers(-60, 60).map(lambda step: step / 50), min_size=1, max_size=80).map(np.array)


def binned(scores: np.ndarray, edges: np.ndarray = EDGES) -> np.ndarray:
    """Count scores by bin; beyond the edges they belong to the outer bins."""
    place = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, edges.size - 2)
    return np.bincount(place, minlength=edges.size - 1)


def curve(non_mated: np.ndarray, mated: np.ndarray, floor: float, points: int = 100) -> DetCurve | None:
    tail = non_mated[non_mated >= floor]
    edge = Threshold(floor, Metric.COSINE)
    return det_curve("A", EDGES, binned(non_mated), mated, tail, edge, points=points)


def made(found: DetCurve | None) -> DetCurve:
    assert found is not None
    return found


@given(SCORES, SCORES, st.sampled_from([-2.0, 0.0, 0.33, 0.8]))
@settings(deadline=None, max_examples=80)
def test_every_point_is_the_rate_by_definition(
    non_mated: np.ndarray, mated: np.ndarray, floor: float
) -> None:
    found = curve(non_mated, mated, floor)
    if found is None:  # nothing at the inner edges nor above the floor
        assert (non_mated < max(EDGES[1], -2)).all()
        return
    for score, fmr, fnmr in zip(found.scores, found.fmr, found.fnmr, strict=True):
        assert fmr == np.mean(non_mated >= score)
        assert fnmr == np.mean(mated < score)


@given(SCORES, SCORES, st.sampled_from([-2.0, 0.0, 0.33]), st.integers(2, 20))
@settings(deadline=None, max_examples=80)
def test_rates_are_monotone_in_the_threshold(
    non_mated: np.ndarray, mated: np.ndarray, floor: float, points: int
) -> None:
    found = curve(non_mated, mated, floor, points)
    if found is None:
        return
    assert (np.diff(found.scores) > 0).all()
    assert (np.diff(found.fmr) < 0).all()
    assert (np.diff(found.fnmr) >= 0).all()
    assert min(found.fmr) > 0
    assert len(found.scores) <= points


def test_a_curve_spans_its_whole_range_in_even_steps_on_a_log_axis() -> None:
    rng = np.random.default_rng(1)
    found = made(curve(rng.normal(0, 0.2, 200_000), rng.normal(0.6, 0.1, 500), 0.5))
    assert 60 <= len(found.fmr) <= 100
    assert found.fmr[0] > 0.99
    assert found.fmr[-1] == 1 / 200_000
    middle = np.array([rate for rate in found.fmr if 1e-4 < rate < 1e-3])
    assert middle.size >= 10
    assert np.abs(np.diff(np.log10(middle))).max() < 0.15


def test_the_lowest_rate_is_at_the_highest_non_mated_score() -> None:
    found = made(curve(np.array([0.1, 0.2, 0.7]), np.array([0.6, 0.9]), 0.15))
    assert (found.scores[-1], found.fmr[-1], found.fnmr[-1]) == (0.7, 1 / 3, 0.5)


def test_scores_that_are_all_equal_make_one_point() -> None:
    found = made(curve(np.full(9, 0.3), np.full(4, 0.3), 0.0))
    assert (found.scores, found.fmr, found.fnmr) == ((0.3,), (1.0,), (0.0,))


def test_one_score_of_each_kind_makes_one_point() -> None:
    assert made(curve(np.array([0.5]), np.array([0.4]), 0.0)).fnmr == (1.0,)


def test_without_mated_or_non_mated_comparisons_there_is_no_curve() -> None:
    assert curve(np.array([0.5]), np.empty(0), 0.0) is None
    assert curve(np.empty(0), np.array([0.5]), 0.0) is None


def test_a_histogram_that_disagrees_with_the_tail_near_the_floor_does_not_bend_the_curve() -> None:
    # Two scores kept at the floor were binned below it, as less precise scores can be.
    counts = np.array([5, 5, 0, 1])
    floor, tail = Threshold(0.55, Metric.COSINE), np.array([0.56, 0.57, 0.8])
    found = made(det_curve("A", np.array([0, 0.25, 0.5, 0.75, 1]), counts, np.array([0.6]), tail, floor))
    assert (found.scores, found.fmr) == ((0.25, 0.56, 0.57, 0.8), (6 / 11, 3 / 11, 2 / 11, 1 / 11))


def test_counts_that_do_not_fit_are_refused() -> None:
    edge = Threshold(0.0, Metric.COSINE)
    with pytest.raises(MeasurementError, match="3 counts need 4 rising edges, got 3 edges"):
        det_curve("A", np.array([0.0, 1, 2]), np.ones(3, dtype=np.int64), np.ones(1), np.ones(1), edge)
    with pytest.raises(MeasurementError, match="rising edges"):
        distribution("A", np.array([0.0, 2, 1]), np.ones(2, dtype=np.int64), np.ones(1))
    with pytest.raises(MeasurementError, match="2 scores were kept of only 1 comparisons"):
        det_curve("A", np.array([0.0, 1]), np.ones(1, dtype=np.int64), np.ones(1), np.ones(2), edge)


@given(SCORES, SCORES, st.integers(1, 100))
@settings(deadline=None, max_examples=80)
def test_a_distribution_loses_no_comparison(non_mated: np.ndarray, mated: np.ndarray, bins: int) -> None:
    found = distribution("A", EDGES, binned(non_mated), mated, bins=bins)
    assert (sum(found.non_mated), sum(found.mated)) == (non_mated.size, mated.size)
    assert len(found.edges) - 1 == len(found.non_mated) == len(found.mated) <= bins
    assert set(found.edges) <= set(EDGES.tolist())
    inner = np.array([-np.inf, *found.edges[1:-1], np.inf])  # the outer bins hold what lies beyond
    assert np.histogram(non_mated, inner)[0].tolist() == list(found.non_mated)
    assert np.histogram(mated, inner)[0].tolist() == list(found.mated)


def test_a_distribution_leaves_out_empty_ends() -> None:
    found = distribution("A", EDGES, binned(np.array([0.12, 0.33])), np.array([0.41]))
    assert (found.edges[0], found.edges[-1]) == (EDGES[22], EDGES[29])


def test_a_distribution_of_nothing_is_zeros() -> None:
    found = distribution("A", EDGES, np.zeros(40, dtype=np.int64), np.empty(0), bins=4)
    assert (found.non_mated, found.mated, len(found.edges)) == ((0,) * 4, (0,) * 4, 5)


def test_one_score_makes_one_bin() -> None:
    found = distribution("A", EDGES, binned(np.array([0.3])), np.empty(0))
    assert (found.non_mated, found.mated, len(found.edges)) == ((1,), (0,), 2)


def test_no_bin_is_refused() -> None:
    with pytest.raises(MeasurementError, match="at least 1 bin, got 0"):
        distribution("A", EDGES, np.zeros(40, dtype=np.int64), np.empty(0), bins=0)


def test_everybody_comes_first_and_groups_follow_with_their_own_comparisons() -> None:
    templates = demo_population(40, 3).draw()
    population = population_of(templates)
    floor = Threshold.from_native(0.7, Metric.EUCLIDEAN).score
    found = compare_all(templates.vectors, population, metric=Metric.EUCLIDEAN, floor=floor, threads=1)
    curves, spread = curves_of(population, found)
    assert [one.group for one in curves] == [one.group for one in spread] == ["everybody", *population.names]
    # Forty people, ten a group, two photos each.
    assert [sum(one.non_mated) for one in spread] == [80 * 78 // 2, *[20 * 18 // 2] * 4]
    assert [sum(one.mated) for one in spread] == [40, *[10] * 4]
    assert all(one.fmr[0] > 0.9 for one in curves)
    assert curves_of(population, replace(found, histograms=None)) == ((), ())

"""Histograms: bins that follow the metric and the floor, counts by hand, and counts that must add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_population import drawn

from facegate.decision import VECTOR_METRICS, Metric, Threshold
from facegate.errors import MeasurementError
from facegate.evaluation.histograms import BINS, Histograms, bin_of, grid_for, place_of, require_trials
from facegate.evaluation.subgroups import population_of
from facegate.evaluation.trials import AllPairs, counts_by_group

EDGES = np.array([0.0, 0.5, 1.0])


def by_hand() -> Histograms:
    """Count four non-mated scores of three groups, and two mated ones."""
    first, second = np.array([0, 2, 1, 0]), np.array([0, 1, 2, 2])
    non_mated = (first, second, np.array([0.1, 0.5, 0.4, 7.0]))
    return Histograms.of_scores(EDGES, non_mated, (np.array([1, 1]), np.array([0.6, -3.0])), 3)


def test_scores_are_counted_by_pair_of_groups_in_either_order() -> None:
    counted = by_hand()
    assert counted.between(0, 0).tolist() == [1, 0]
    assert counted.between(1, 2).tolist() == counted.between(2, 1).tolist() == [1, 1]
    assert counted.whole().tolist() == [2, 2]


def test_a_score_on_an_edge_belongs_to_the_bin_above_and_what_lies_beyond_to_the_outer_bins() -> None:
    assert bin_of(np.array([-9.0, 0.0, 0.49, 0.5, 1.0, 9.0]), EDGES).tolist() == [0, 0, 0, 1, 1, 1]


def test_towards_all_takes_every_pair_with_the_group_in_it_once() -> None:
    assert by_hand().towards_all(2).tolist() == [1, 2]


def test_mated_scores_are_counted_by_group() -> None:
    assert by_hand().mated.tolist() == [[0, 0], [1, 1], [0, 0]]
    assert by_hand().mated_whole().tolist() == [1, 1]


@given(st.integers(1, 30))
def test_every_pair_of_groups_has_a_row_of_its_own(n_groups: int) -> None:
    first, second = np.triu_indices(n_groups)
    assert place_of(first, second, n_groups).tolist() == list(range(n_groups * (n_groups + 1) // 2))


@given(
    st.sampled_from(VECTOR_METRICS),
    st.floats(-10, 2, allow_subnormal=False),
    st.floats(0, 1e15, allow_subnormal=False),
)
@settings(deadline=None, max_examples=80)
def test_edges_rise_and_hold_the_floor_wherever_it_is_inside(
    metric: Metric, floor: float, longest: float
) -> None:
    grid = grid_for(Threshold(floor, metric), longest)
    assert (np.diff(grid.edges) > 0).all()
    assert BINS <= grid.edges.size - 1 <= BINS + 1
    if grid.edges[0] < floor < 1:
        assert floor in grid.edges
        assert grid.edges[grid.below + 1] == floor


def test_a_euclidean_range_is_rounded_up_to_two_digits() -> None:
    assert grid_for(Threshold(0.4, Metric.EUCLIDEAN), 2.7301).edges[0] == pytest.approx(1 - 2.8)


def test_vectors_without_any_length_still_have_bins() -> None:
    assert grid_for(Threshold(0.4, Metric.EUCLIDEAN), 0.0).edges[[0, -1]].tolist() == [0.0, 1.0]


def test_counts_that_do_not_add_up_stop_the_run() -> None:
    population = population_of(drawn(1))
    trials = AllPairs.everybody(population)
    counts = counts_by_group(trials, population)[np.triu_indices(len(population.groups))][:, None]
    right = Histograms(np.array([0.0, 1.0]), counts, np.zeros((len(population.groups), 1), np.int64))
    require_trials(right, trials, population)
    wrong = counts.copy()
    wrong[1], wrong[2] = wrong[1] - 1, wrong[2] + 1  # the sum over all is right
    with pytest.raises(MeasurementError, match="2 pairs of groups were compared another number of times"):
        require_trials(replace(right, non_mated=wrong), trials, population)

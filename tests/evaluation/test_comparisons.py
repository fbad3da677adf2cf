"""All against all: the double loop as oracle, and counts that no tile size or thread count changes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import combinations, combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import all_scores
from small_population import drawn, templates_of

from facegate.decision import VECTOR_METRICS, Metric, comparison_scores
from facegate.errors import InputError, MeasurementError
from facegate.evaluation import comparisons as under_test
from facegate.evaluation.comparisons import Comparisons, compare_all, restricted
from facegate.evaluation.subgroups import population_of

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from facegate.templates import TemplateSet


BLUR = 1e-5
"""Below the floor a score may fall on the other side of an edge by a float32 rounding."""


def compared(
    templates: TemplateSet, floor: float, *, tile: int = 1024, threads: int = 2, most_pairs: int = 10**6
) -> Comparisons:
    return compare_all(
        templates.enrolled.vectors,
        population_of(templates),
        metric=templates.embedder.metric,
        floor=floor,
        tile=tile,
        threads=threads,
        most_pairs=most_pairs,
    )


@given(st.integers(0, 10_000), st.floats(-1, 1), st.integers(1, 70))
@settings(deadline=None, max_examples=15)
def test_it_finds_what_a_loop_over_all_pairs_finds(seed: int, floor: float, tile: int) -> None:
    templates = drawn(seed)
    found = compared(templates, floor, tile=tile)
    slow = all_scores(templates)
    tail = {(i, j) for i, j, score, mated in slow if not mated and score >= floor}
    assert set(zip(found.tail.first.tolist(), found.tail.second.tolist(), strict=True)) == tail
    mated = {(i, j): score for i, j, score, same in slow if same}
    assert set(zip(found.mated.first.tolist(), found.mated.second.tolist(), strict=True)) == set(mated)
    assert found.mated.scores == pytest.approx(np.array([mated[key] for key in sorted(mated)]))
    assert found.n_non_mated == sum(not same for *_, same in slow)


def same(one: Comparisons, other: Comparisons) -> bool:
    """Agree in every bit of tail, mated pairs, numbers of comparisons, and counts above the floor."""
    assert one.histograms is not None
    assert other.histograms is not None
    above = one.histograms.edges[:-1] >= one.floor.score
    return (
        all(
            np.array_equal(getattr(a, name), getattr(b, name))
            for a, b in ((one.tail, other.tail), (one.mated, other.mated))
            for name in ("first", "second", "scores")
        )
        and np.array_equal(one.histograms.edges, other.histograms.edges)
        and np.array_equal(one.histograms.mated, other.histograms.mated)
        and np.array_equal(one.histograms.non_mated.sum(axis=1), other.histograms.non_mated.sum(axis=1))
        and np.array_equal(one.histograms.non_mated[:, above], other.histograms.non_mated[:, above])
    )


@given(
    st.integers(0, 10_000),
    st.sampled_from(VECTOR_METRICS),
    st.floats(-0.5, 0.9),
    st.integers(1, 70),
    st.integers(1, 4),
)
@settings(deadline=None, max_examples=12)
def test_neither_tile_size_nor_threads_change_a_bit(
    seed: int, metric: Metric, floor: float, tile: int, threads: int
) -> None:
    templates = drawn(seed, n_people=40)
    if metric is Metric.COSINE:
        templates = of_unit_length(templates)
    assert same(compared(templates, floor), compared(templates, floor, tile=tile, threads=threads))


def of_unit_length(templates: TemplateSet) -> TemplateSet:
    lengths = np.linalg.norm(templates.vectors, axis=1, keepdims=True)
    return replace(
        templates,
        vectors=(templates.vectors / lengths).astype(np.float32),
        embedder=replace(templates.embedder, metric=Metric.COSINE),
    )


@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=15)
def test_the_order_of_templates_changes_only_their_positions(seed: int, random: Random) -> None:
    templates = drawn(seed).enrolled
    rows = np.arange(len(templates))
    random.shuffle(rows)  # type: ignore[arg-type]  # an array is a mutable sequence too
    one, other = compared(templates, 0.2), compared(templates.select(rows), 0.2)
    low, high = (
        np.sort([rows[other.tail.first], rows[other.tail.second]], axis=0)
        if len(other.tail)
        else np.empty((2, 0), np.int64)
    )
    order = np.lexsort((high, low))
    assert np.array_equal(low[order], one.tail.first)
    assert np.array_equal(high[order], one.tail.second)
    assert np.array_equal(other.tail.scores[order], one.tail.scores)
    assert one.n_non_mated == other.n_non_mated
    assert one.histograms is not None
    assert other.histograms is not None
    assert np.array_equal(one.histograms.edges, other.histograms.edges)
    assert np.array_equal(one.histograms.mated, other.histograms.mated)


@given(st.integers(0, 10_000), st.sampled_from(VECTOR_METRICS), st.floats(-0.9, 0.9), st.integers(1, 70))
@settings(deadline=None, max_examples=8)
def test_histograms_hold_what_a_loop_over_all_pairs_counts(
    seed: int, metric: Metric, floor: float, tile: int
) -> None:
    templates = drawn(seed) if metric is Metric.EUCLIDEAN else of_unit_length(drawn(seed))
    found, population = compared(templates, floor, tile=tile), population_of(templates)
    assert found.histograms is not None
    edges, group = found.histograms.edges, population.group_of_template
    vectors, person = templates.enrolled.vectors, population.person_of_template
    scored: dict[frozenset[int], list[float]] = defaultdict(list)
    for i, j in combinations(range(len(vectors)), 2):
        if person[i] != person[j]:
            pair = frozenset((int(group[i]), int(group[j])))
            scored[pair].append(float(comparison_scores(vectors[i], vectors[j], metric)[0]))
    for g, h in combinations_with_replacement(range(len(population.groups)), 2):
        scores = np.array(scored[frozenset((g, h))])
        below = np.concatenate([[0], np.cumsum(found.histograms.between(g, h))])
        assert below[-1] == scores.size
        blur = np.where(edges[1:-1] >= found.floor.score, 0.0, BLUR)
        fewest = (scores[:, None] < edges[1:-1] - blur).sum(axis=0)
        most = (scores[:, None] < edges[1:-1] + blur).sum(axis=0)
        assert ((fewest <= below[1:-1]) & (below[1:-1] <= most)).all()


def test_the_tail_is_all_that_histograms_hold_above_the_floor() -> None:
    found = compared(drawn(4, n_people=80), 0.37)
    assert found.histograms is not None
    above = found.histograms.edges[:-1] >= 0.37
    assert 0.37 in found.histograms.edges
    assert int(found.histograms.whole()[above].sum()) == len(found.tail) > 0
    assert int(found.histograms.mated_whole().sum()) == len(found.mated)


@pytest.mark.parametrize("metric", VECTOR_METRICS)
def test_more_templates_than_fill_one_square_of_tiles(metric: Metric) -> None:
    templates = drawn(11, n_people=300)
    templates = templates if metric is Metric.EUCLIDEAN else of_unit_length(templates)
    assert same(compared(templates, 0.5), compared(templates, 0.5, tile=16))


def test_a_pair_exactly_at_the_floor_is_kept() -> None:
    people = [("a", "White", "F"), ("b", "White", "F"), ("c", "White", "F")]
    templates = templates_of(people, np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5000001]]))
    found = compared(templates, 0.5)
    assert found.tail.scores.tolist() == [0.5]


def test_no_pair_at_the_floor_is_lost_to_float32_even_with_long_vectors() -> None:
    rng = np.random.default_rng(3)
    base = rng.normal(size=(1, 64)) * 100
    vectors = (base + rng.normal(size=(200, 64)) * 0.05).astype(np.float32)
    templates = templates_of([(f"p{row}", "White", "F") for row in range(200)], vectors)
    slow = np.array([score for *_, score, _ in all_scores(templates)])
    floor = float(np.median(slow))
    assert len(compared(templates, floor).tail) == int((slow >= floor).sum())


def test_a_floor_that_no_distance_can_reach_keeps_nothing_and_counts_everything() -> None:
    found = compared(drawn(1), 1.5)
    assert len(found.tail) == 0
    assert found.histograms is not None
    assert found.n_non_mated == found.histograms.whole().sum() > 0


def test_cosine_templates_are_compared_by_their_product() -> None:
    people = [("a", "White", "F"), ("b", "White", "M"), ("c", "Black", "F")]
    vectors = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    found = compared(templates_of(people, vectors, metric=Metric.COSINE), 0.5)
    assert found.tail.scores == pytest.approx([0.6, 0.8])


def test_comparisons_of_all_pairs_of_groups_add_up_to_all_pairs() -> None:
    templates = drawn(2)
    found, n = compared(templates, 0.2), len(templates.enrolled)
    assert found.histograms is not None
    assert int(found.histograms.non_mated.sum()) + len(found.mated) == n * (n - 1) // 2
    assert found.n_non_mated + len(found.mated) == n * (n - 1) // 2


def test_a_floor_that_would_keep_too_many_pairs_is_refused_with_the_counts() -> None:
    with pytest.raises(
        MeasurementError, match=r"distance 3\) keeps more than 10 non-mated pairs.*choose a stricter"
    ):
        compared(drawn(1), -2.0, most_pairs=10)


def test_vectors_too_long_for_float32_are_refused() -> None:
    people = [("a", "White", "F"), ("b", "White", "F")]
    with pytest.raises(MeasurementError, match=r"shorter than 1e\+15, got 2e\+16"):
        compared(templates_of(people, np.array([[2e16, 0.0], [0.0, 1.0]])), 0.5)


def test_a_wrong_number_of_comparisons_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody_alone = np.arange(1, len(drawn(1).enrolled) + 1)
    monkeypatch.setattr(under_test, "_ends_of_people", lambda _person: everybody_alone)
    with pytest.raises(MeasurementError, match="compared another number of times"):
        compared(drawn(1), 0.5)


def test_nobody_enrolled_leaves_nothing_compared() -> None:
    templates = templates_of([("a", "White", "F")], np.zeros((1, 2)), failures=frozenset({0}))
    found = compared(templates, 0.5)
    assert (found.n_non_mated, len(found.tail), len(found.mated)) == (0, 0, 0)


def test_progress_ends_at_all_pairs() -> None:
    calls: list[tuple[int, int]] = []
    templates = drawn(1)
    compare_all(
        templates.enrolled.vectors,
        population_of(templates),
        metric=Metric.EUCLIDEAN,
        floor=0.5,
        tile=8,
        on_progress=lambda done, total: calls.append((done, total)),
    )
    n = len(templates.enrolled)
    assert calls[-1] == (n * (n - 1) // 2,) * 2
    assert len(calls) > 1


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=15)
def test_narrowing_finds_what_comparing_the_part_alone_finds(seed: int) -> None:
    templates = drawn(seed)
    rows = np.array([person in {f"p{n}" for n in range(0, 24, 2)} for person in templates.subject_id])
    part = templates.select(rows)
    narrowed = restricted(compared(templates, 0.1), rows[templates.failure == ""], population_of(part))
    alone = compared(part, 0.1)
    assert np.array_equal(narrowed.tail.scores, alone.tail.scores)
    assert np.array_equal(narrowed.mated.first, alone.mated.first)
    assert narrowed.n_non_mated == alone.n_non_mated
    assert narrowed.histograms is None


def test_vectors_on_disk_are_compared_as_those_in_memory(tmp_path: Path) -> None:
    templates = drawn(6).enrolled
    np.save(tmp_path / "vectors.npy", templates.vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    population = population_of(templates)
    found = compare_all(mapped, population, metric=Metric.EUCLIDEAN, floor=0.3, tile=16)
    assert same(found, compared(templates, 0.3))


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_vectors_that_are_not_finite_are_refused(value: float) -> None:
    templates = drawn(1).enrolled
    broken = templates.vectors.copy()
    broken[3, 2] = value
    with pytest.raises(MeasurementError, match="shorter than"):
        compare_all(broken, population_of(templates), metric=Metric.EUCLIDEAN, floor=0.5)


def test_one_person_alone_has_mated_pairs_only() -> None:
    templates = templates_of([("a", "White", "F")] * 3, np.eye(3))
    found = compared(templates, -1.0)
    assert (found.n_non_mated, len(found.tail), len(found.mated)) == (0, 0, 3)


def test_one_template_of_everybody_has_no_mated_pairs() -> None:
    templates = templates_of([("a", "White", "F"), ("b", "White", "F")], np.eye(2))
    found = compared(templates, -1.0)
    assert (found.n_non_mated, len(found.tail), len(found.mated)) == (1, 1, 0)


def test_templates_that_are_all_the_same_all_match() -> None:
    templates = templates_of([(f"p{n}", "White", "F") for n in range(9)], np.zeros((9, 3)))
    assert len(compared(templates, 1.0, tile=2).tail) == 36


def test_a_vector_too_few_is_refused() -> None:
    templates = drawn(1)
    with pytest.raises(MeasurementError, match="wanted a vector for each of"):
        compare_all(
            templates.enrolled.vectors[1:], population_of(templates), metric=Metric.EUCLIDEAN, floor=0.5
        )


def test_no_thread_and_no_tile_are_refused() -> None:
    with pytest.raises(InputError, match="at least 1 thread, got 0"):
        compared(drawn(1), 0.5, threads=0)
    with pytest.raises(InputError, match="1 to 4096 rows, got 0"):
        compared(drawn(1), 0.5, tile=0)

"""All against all: the double loop as oracle, and counts that no tile size or thread count changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import all_scores
from small_population import drawn, templates_of
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # comes with scikit-learn, no types

from facegate.decision import Metric
from facegate.errors import MeasurementError
from facegate.evaluation import comparisons as under_test
from facegate.evaluation.comparisons import Comparisons, closed_form_counts, compare_all, restricted
from facegate.evaluation.subgroups import population_of

if TYPE_CHECKING:
    from facegate.templates import TemplateSet


def compared(
    templates: TemplateSet, floor: float, *, tile: int = 1024, most_pairs: int = 10**6
) -> Comparisons:
    return compare_all(
        templates.enrolled.vectors,
        population_of(templates),
        metric=templates.embedder.metric,
        floor=floor,
        tile=tile,
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


@pytest.mark.parametrize("tile", [1, 3, 7, 64])
def test_tile_size_changes_no_bit(tile: int) -> None:
    whole, cut = compared(drawn(5), 0.3), compared(drawn(5), 0.3, tile=tile)
    assert np.array_equal(whole.tail.scores, cut.tail.scores)
    assert np.array_equal(whole.tail.first, cut.tail.first)
    assert np.array_equal(whole.mated.scores, cut.mated.scores)
    assert np.array_equal(whole.non_mated, cut.non_mated)


def test_the_number_of_threads_changes_no_bit() -> None:
    templates = drawn(9, n_people=400)
    with threadpool_limits(limits=1):
        alone = compared(templates, 0.4)
    together = compared(templates, 0.4)
    assert np.array_equal(alone.tail.scores, together.tail.scores)
    assert np.array_equal(alone.tail.second, together.tail.second)


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
    assert found.n_non_mated == closed_form_counts(population_of(drawn(1)))[np.triu_indices(4)].sum()


def test_cosine_templates_are_compared_by_their_product() -> None:
    people = [("a", "White", "F"), ("b", "White", "M"), ("c", "Black", "F")]
    vectors = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    found = compared(templates_of(people, vectors, metric=Metric.COSINE), 0.5)
    assert found.tail.scores == pytest.approx([0.6, 0.8])


def test_comparisons_of_all_pairs_of_groups_add_up_to_all_pairs() -> None:
    templates = drawn(2)
    found, n = compared(templates, 0.2), len(templates.enrolled)
    assert found.n_non_mated + len(found.mated) == n * (n - 1) // 2
    assert np.array_equal(found.non_mated, found.non_mated.T)


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
    monkeypatch.setattr(under_test, "counts_of", lambda tile, _person: (tile.rows.stop, 0))
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
    assert np.array_equal(narrowed.non_mated, alone.non_mated)

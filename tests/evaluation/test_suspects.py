"""The highest pairs of strangers, chosen for a person to look at."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.decision import Metric
from facegate.errors import InputError, MeasurementError
from facegate.evaluation.review import suspects as module
from facegate.evaluation.review.suspects import COLUMNS, highest_pairs, ranked_pairs


def tail_of(*pairs: tuple[float, str, str]) -> pa.Table:
    """Make a tail of (score, person, other person), each with one photo."""
    rows = [(score, f"t{a}", f"t{b}", a, b, "g", "h") for score, a, b in pairs]
    return pa.table(dict(zip(COLUMNS, zip(*rows, strict=True), strict=True)))


def shown(tail: pa.Table, count: int, per_person: int) -> list[tuple[int, str, str]]:
    found = highest_pairs(tail, count=count, per_person=per_person, metric=Metric.EUCLIDEAN)
    return [(pair.rank, pair.first_person, pair.second_person) for pair in found.pairs]


def test_the_highest_pair_comes_first_with_its_distance() -> None:
    found = highest_pairs(
        tail_of((0.5, "a", "b"), (0.9, "c", "d")), count=9, per_person=9, metric=Metric.EUCLIDEAN
    )
    first = found.pairs[0]
    assert (first.rank, first.first_person, first.first_photo, first.first_group) == (1, "c", "tc", "g")
    assert first.native == pytest.approx(0.1)
    assert (len(found.pairs), found.passed_over, found.available) == (2, 0, 2)


def test_the_lower_person_stands_first_with_photo_and_group() -> None:
    (pair,) = ranked_pairs(tail_of((0.5, "z", "a")), metric=Metric.COSINE)
    assert (pair.first_person, pair.first_photo, pair.first_group) == ("a", "ta", "h")
    assert (pair.second_person, pair.second_photo, pair.second_group) == ("z", "tz", "g")


def test_one_person_does_not_fill_the_list_and_ranks_show_the_gap() -> None:
    tail = tail_of((0.9, "x", "a"), (0.8, "x", "b"), (0.7, "c", "x"), (0.6, "c", "d"))
    assert shown(tail, 2, 2) == [(1, "a", "x"), (2, "b", "x")]
    assert shown(tail, 3, 2) == [(1, "a", "x"), (2, "b", "x"), (4, "c", "d")]
    found = highest_pairs(tail, count=3, per_person=2, metric=Metric.EUCLIDEAN)
    assert found.passed_over == 1


def test_all_that_is_passed_over_is_counted_when_pairs_run_out() -> None:
    tail = tail_of(*((0.9 - place / 100, "x", f"p{place}") for place in range(20)))
    found = highest_pairs(tail, count=50, per_person=3, metric=Metric.EUCLIDEAN)
    assert (len(found.pairs), found.passed_over) == (3, 17)


@given(
    st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3]), st.integers(0, 5), st.integers(6, 9)), min_size=1),
    st.integers(0, 99),
    st.integers(1, 5),
)
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_and_the_size_of_a_lot_do_not_matter(
    rows: list[tuple[float, int, int]], seed: int, lot: int
) -> None:
    pairs = sorted({(score, str(a), str(b)) for score, a, b in rows})
    mixed = [pairs[place] for place in np.random.default_rng(seed).permutation(len(pairs))]
    expected = sorted(pairs, key=lambda row: (-row[0], row[1], row[2]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "READ_AT_FIRST", lot)
        found = list(ranked_pairs(tail_of(*mixed), metric=Metric.COSINE))
    assert [(pair.score, pair.first_person, pair.second_person) for pair in found] == expected
    assert [pair.rank for pair in found] == list(range(1, len(pairs) + 1))


def test_a_tail_without_pairs_has_no_suspect() -> None:
    empty = tail_of((0.5, "a", "b")).slice(0, 0)
    with pytest.raises(MeasurementError, match="kept no pair of different people"):
        highest_pairs(empty, count=1, per_person=1, metric=Metric.COSINE)


def test_what_is_no_tail_is_refused() -> None:
    good = tail_of((0.5, "a", "b"))
    with pytest.raises(InputError, match="lack the column second_group"):
        next(ranked_pairs(good.drop_columns(["second_group"]), metric=Metric.COSINE))
    with pytest.raises(InputError, match="1 scores that are not numbers"):
        next(ranked_pairs(tail_of((float("nan"), "a", "b")), metric=Metric.COSINE))
    holes = good.set_column(1, "first_template", pa.array([None], pa.string()))
    with pytest.raises(InputError, match="1 empty fields"):
        next(ranked_pairs(holes, metric=Metric.COSINE))


@pytest.mark.parametrize(("count", "per_person"), [(0, 1), (1, 0)])
def test_a_list_of_nothing_is_refused(count: int, per_person: int) -> None:
    with pytest.raises(InputError, match="needs at least 1 of pairs"):
        highest_pairs(tail_of((0.5, "a", "b")), count=count, per_person=per_person, metric=Metric.COSINE)

"""Closed forms of who meets whom in a matrix, against the list of all its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.evaluation.inputs.crossed import Crossed, Without
from facegate.evaluation.trials import ListedPairs

if TYPE_CHECKING:
    from facegate.evaluation.trials import CellTrials, Trials

counts = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=8)
LAW = settings(max_examples=60, deadline=None)


def crossed_and_listed(people: list[tuple[int, int]]) -> tuple[Crossed, ListedPairs]:
    """Make the closed form, and the list of cells of different people."""
    rows, columns = (np.array(side, dtype=np.int64) for side in zip(*people, strict=True))
    row_person, column_person = (np.repeat(np.arange(len(people)), side) for side in (rows, columns))
    first, second = (side.ravel() for side in np.meshgrid(row_person, column_person, indexing="ij"))
    others = first != second
    return Crossed(rows, columns), ListedPairs.of_rows(first[others], second[others], len(people))


def require_same(closed: CellTrials, listed: CellTrials) -> None:
    assert closed.total == listed.total
    assert closed.first.tolist() == listed.first.tolist()
    assert (closed.second is None) == (listed.second is None)
    if closed.second is not None and listed.second is not None:
        assert closed.second.tolist() == listed.second.tolist()
    assert closed.sum_squares == listed.sum_squares
    assert closed.pairs_of_people == listed.pairs_of_people
    # the list picks greedily: at least half of the most, never more
    assert listed.disjoint_units <= closed.disjoint_units <= 2 * listed.disjoint_units


def require_same_everywhere(closed: Trials, listed: Trials, n: int) -> None:
    people, half = np.arange(n), np.arange(n // 2)
    rest = np.arange(n // 2, n)
    require_same(closed.within(people), listed.within(people))
    require_same(closed.within(half), listed.within(half))
    require_same(closed.between(half, rest), listed.between(half, rest))
    i, j = np.triu_indices(n, k=1)
    assert closed.of(i, j).tolist() == listed.of(i, j).tolist()
    assert closed.n_people == listed.n_people == n
    weights = np.linspace(0.5, 2.0, n)
    wanted = listed.weighted(people % 2, 2, weights)
    np.testing.assert_allclose(closed.weighted(people % 2, 2, weights), wanted)


@given(counts)
@LAW
def test_the_closed_form_counts_what_the_list_of_cells_counts(people: list[tuple[int, int]]) -> None:
    require_same_everywhere(*crossed_and_listed(people), len(people))


@given(counts, st.integers(1, 3))
@LAW
def test_inside_folds_the_closed_form_still_agrees(people: list[tuple[int, int]], n_folds: int) -> None:
    closed, listed = crossed_and_listed(people)
    fold = np.arange(len(people), dtype=np.int64) % n_folds
    require_same_everywhere(closed.within_folds(fold), listed.within_folds(fold), len(people))
    again = np.arange(len(people), dtype=np.int64) // 2
    twice = closed.within_folds(fold).within_folds(again), listed.within_folds(fold).within_folds(again)
    require_same_everywhere(*twice, len(people))


@given(counts, st.integers(0, 1000))
@LAW
def test_cells_left_out_are_taken_away_from_every_count(people: list[tuple[int, int]], seed: int) -> None:
    whole, listed = crossed_and_listed(people)
    rng = np.random.default_rng(seed)
    less = np.array([int(rng.integers(0, n + 1)) for n in listed.times], dtype=np.int64)
    n = len(people)
    out = ListedPairs(listed.first[less > 0], listed.second[less > 0], less[less > 0], n)
    left = listed.times - less
    rest = ListedPairs(listed.first[left > 0], listed.second[left > 0], left[left > 0], n)
    some = Without(whole, out)
    for one, other in ((some.within(np.arange(n)), rest.within(np.arange(n))),):
        assert (one.total, one.first.tolist()) == (other.total, other.first.tolist())
        assert (one.sum_squares, one.pairs_of_people) == (other.sum_squares, other.pairs_of_people)
        assert one.disjoint_units <= 2 * other.disjoint_units
    half, others = np.arange(n // 2), np.arange(n // 2, n)
    assert some.between(half, others).total == rest.between(half, others).total
    assert some.between(half, others).sum_squares == rest.between(half, others).sum_squares
    np.testing.assert_allclose(
        some.weighted(np.arange(n) % 2, 2, np.ones(n)), rest.weighted(np.arange(n) % 2, 2, np.ones(n))
    )
    fold = np.arange(n, dtype=np.int64) % 2
    assert (
        some.within_folds(fold).within(np.arange(n)).total
        == rest.within_folds(fold).within(np.arange(n)).total
    )
    assert some.n_people == n
    assert some.of(rest.first, rest.second).tolist() == rest.times.tolist()

"""Who was compared how often: closed forms and lists against counting one by one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.errors import MeasurementError
from facegate.evaluation.trials import AllPairs, CellTrials, ListedPairs, Trials, together, touching

Compared = dict[tuple[int, int], int]


@st.composite
def compared(draw: st.DrawFn) -> tuple[Trials, Compared, int]:
    """Draw comparisons, as folds of photos or as a list, beside a plain dictionary of the same."""
    n = draw(st.integers(3, 8))
    if draw(st.booleans()):
        photos = [draw(st.integers(1, 4)) for _ in range(n)]
        fold = [draw(st.integers(0, 2)) for _ in range(n)]
        slow = {(i, j): photos[i] * photos[j] for i, j in combinations(range(n), 2) if fold[i] == fold[j]}
        return AllPairs(np.array(photos, dtype=np.int64), np.array(fold, dtype=np.int64)), slow, n
    slow = {(i, j): draw(st.integers(0, 3)) for i, j in combinations(range(n), 2)}
    rows = [(i, j) if draw(st.booleans()) else (j, i) for (i, j), m in slow.items() for _ in range(m)]
    first, second = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    return ListedPairs.of_rows(first, second, n), slow, n


def require_same(cell: CellTrials, slow: Compared, members: list[int]) -> None:
    """Compare a cell inside a set of people with counting one by one."""
    inside = {pair: m for pair, m in slow.items() if m and set(pair) <= set(members)}
    assert cell.total == sum(inside.values())
    assert cell.first.tolist() == [sum(m for pair, m in inside.items() if i in pair) for i in members]
    assert cell.second is None
    assert cell.sum_squares == sum(m * m for m in inside.values())
    assert cell.pairs_of_people == len(inside)
    assert cell.people == len({i for pair in inside for i in pair})
    most = most_disjoint(list(inside))
    assert most / 2 <= cell.disjoint_units <= most


def most_disjoint(pairs: list[tuple[int, int]]) -> int:
    """Try every choice of pairs that share nobody."""
    if not pairs:
        return 0
    (i, j), rest = pairs[0], pairs[1:]
    return max(most_disjoint(rest), 1 + most_disjoint([one for one in rest if not {i, j} & set(one)]))


@given(compared(), st.data())
@settings(deadline=None, max_examples=80)
def test_inside_a_set_of_people_counts_are_those_of_counting(
    drawn: tuple[Trials, Compared, int], data: st.DataObject
) -> None:
    trials, slow, n = drawn
    members = data.draw(st.permutations(range(n)))[: data.draw(st.integers(0, n))]
    require_same(trials.within(np.array(members, dtype=np.int64)), slow, members)


@given(compared(), st.data())
@settings(deadline=None, max_examples=80)
def test_between_two_sets_counts_are_those_of_counting(
    drawn: tuple[Trials, Compared, int], data: st.DataObject
) -> None:
    trials, slow, n = drawn
    order = data.draw(st.permutations(range(n)))
    ends = sorted([data.draw(st.integers(0, n)), data.draw(st.integers(0, n))])
    one, other = order[: ends[0]], order[ends[0] : ends[1]]
    cell = trials.between(np.array(one, dtype=np.int64), np.array(other, dtype=np.int64))
    table = [[slow.get((min(i, j), max(i, j)), 0) for j in other] for i in one]
    assert cell.total == sum(map(sum, table))
    assert cell.first.tolist() == [sum(row) for row in table]
    assert cell.second is not None
    assert cell.second.tolist() == [sum(row[k] for row in table) for k in range(len(other))]
    assert cell.sum_squares == sum(m * m for row in table for m in row)
    assert cell.pairs_of_people == sum(m > 0 for row in table for m in row)


@given(compared(), st.data())
@settings(deadline=None, max_examples=60)
def test_weighted_counts_are_sums_over_pairs(
    drawn: tuple[Trials, Compared, int], data: st.DataObject
) -> None:
    trials, slow, n = drawn
    group = [data.draw(st.integers(0, 2)) for _ in range(n)]
    weights = [data.draw(st.integers(0, 3)) for _ in range(n)]
    expected = np.zeros((3, 3))
    for (i, j), m in slow.items():
        g, h = group[i], group[j]
        expected[g, h] += weights[i] * weights[j] * m
        expected[h, g] = expected[g, h] if g == h else expected[h, g] + weights[i] * weights[j] * m
    found = trials.weighted(np.array(group), 3, np.array(weights, dtype=float))
    np.testing.assert_allclose(found, expected)


@given(compared())
@settings(deadline=None, max_examples=40)
def test_two_people_are_looked_up_in_either_order(drawn: tuple[Trials, Compared, int]) -> None:
    trials, slow, n = drawn
    first, second = np.array(list(combinations(range(n), 2)), dtype=np.int64).T
    expected = [slow.get(pair, 0) for pair in combinations(range(n), 2)]
    assert trials.of(first, second).tolist() == expected
    assert trials.of(second, first).tolist() == expected


@given(compared(), st.data())
@settings(deadline=None, max_examples=60)
def test_people_with_everybody_are_counted_inside_and_across(
    drawn: tuple[Trials, Compared, int], data: st.DataObject
) -> None:
    trials, slow, n = drawn
    members = data.draw(st.permutations(range(n)))[: data.draw(st.integers(1, n))]
    part = {pair: m for pair, m in slow.items() if set(pair) & set(members)}
    found = touching(trials, np.array(members, dtype=np.int64), n)
    assert found.total == sum(part.values())
    assert found.first.tolist() == [sum(m for pair, m in part.items() if i in pair) for i in range(n)]
    assert found.sum_squares == sum(m * m for m in part.values())


@given(compared(), st.integers(0, 8))
@settings(deadline=None, max_examples=60)
def test_cells_that_share_nobody_add_up(drawn: tuple[Trials, Compared, int], cut: int) -> None:
    trials, slow, n = drawn
    sides = [np.arange(n)[: min(cut, n)], np.arange(n)[min(cut, n) :]]
    whole = together([trials.within(side) for side in sides])
    kept = {pair: m for pair, m in slow.items() if (pair[0] < cut) == (pair[1] < cut)}
    require_same(whole, kept, list(range(n)))


def test_cells_between_two_groups_do_not_add_up() -> None:
    trials = AllPairs(np.ones(4, dtype=np.int64), np.zeros(4, dtype=np.int64))
    with pytest.raises(MeasurementError, match="got those between two groups"):
        together([trials.between(np.arange(2), np.arange(2, 4))])


def test_no_cell_at_all_holds_nothing() -> None:
    assert (together([]).total, together([]).people) == (0, 0)


def test_an_empty_list_of_pairs_compares_nobody() -> None:
    nobody = np.empty(0, dtype=np.int64)
    trials = ListedPairs.of_rows(nobody, nobody, 3)
    assert trials.within(np.arange(3)).total == 0
    assert trials.of(np.array([0]), np.array([1])).tolist() == [0]

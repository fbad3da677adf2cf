"""Masking: no hidden count can be worked out, as a solver of another kind finds by trying every count."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.errors import InputError
from facegate.oversight.masking import masking_plan
from facegate.oversight.subtraction import Mark, Sum, alone, can_be, recovered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facegate.oversight.subtraction import Key

TOTAL = "total"


def cube(shape: Sequence[int], leaves: Sequence[int]) -> tuple[dict[Key, int], list[Sum]]:
    """Make a table of any number of dimensions with every total, and list every sum."""
    axes = [[str(number) for number in range(length)] for length in shape]
    counts = dict(zip(product(*axes), leaves, strict=True))
    sums = []
    for at, words in enumerate(axes):
        lines: dict[Key, list[Key]] = {}
        for key in counts:
            lines.setdefault((*key[:at], TOTAL, *key[at + 1 :]), []).append(key)
        sums += [Sum(total, tuple(parts)) for total, parts in lines.items() if len(parts) == len(words)]
        counts |= {total: sum(counts[key] for key in parts) for total, parts in lines.items()}
    return counts, sums


def planned(shape: Sequence[int], leaves: Sequence[int]) -> tuple[dict[Key, int], list[Sum], dict[Key, Mark]]:
    counts, sums = cube(shape, leaves)
    grand = {(TOTAL,) * len(shape): Mark.SHOWN}
    plan = masking_plan(counts, sums, sheets=dict.fromkeys(counts, "one"), published=grand)
    return counts, sums, plan


def in_order(first: Key, sums: Sequence[Sum], plan: Mapping[Key, Mark]) -> list[Key]:
    """Put the hidden cells in an order in which each sum is closed as early as can be."""
    waiting = sorted((key for key in plan if plan[key] is not Mark.SHOWN), key=lambda key: key.count(TOTAL))
    waiting.remove(first)
    order = [first]
    while waiting:
        open_in = {
            key: [len(set(one.cells) & set(waiting)) for one in sums if key in one.cells] for key in waiting
        }
        order.append(min(waiting, key=lambda key: (min(open_in[key]), waiting.index(key))))
        waiting.remove(order[-1])
    return order


def has_other(key: Key, counts: Mapping[Key, int], sums: Sequence[Sum], plan: Mapping[Key, Mark]) -> bool:
    """Try every count of every hidden cell, those near the truth first: what a reader with patience does."""
    most = max(counts.values()) + 3
    hidden = in_order(key, sums, plan)
    closing: list[list[Sum]] = [[] for _ in hidden]
    for one in sums:
        if inside := [hidden.index(cell) for cell in one.cells if cell in hidden]:
            closing[max(inside)].append(one)
    held = dict(counts)

    def possible(at: int) -> list[int]:
        """Give the only count that closes a sum, or every count there may be."""
        cell = hidden[at]
        if not closing[at]:
            near = sorted(range(most + 1), key=lambda value: abs(value - counts[cell]))
            return near[1:] if at == 0 else near
        one = closing[at][0]
        parts = sum(held[part] for part in one.parts if part != cell)
        left = parts if cell == one.total else held[one.total] - parts
        return [left] if at or left != counts[cell] else []

    def go(at: int) -> bool:
        if at == len(hidden):
            return True
        for value in possible(at):
            held[hidden[at]] = value
            if (
                can_be(plan[hidden[at]], value)
                and all(held[one.total] == sum(held[part] for part in one.parts) for one in closing[at])
                and go(at + 1)
            ):
                return True
        return False

    return go(0)


def given_away(counts: Mapping[Key, int], sums: Sequence[Sum], plan: Mapping[Key, Mark]) -> set[Key]:
    """Find the printed masks behind which only one count is possible, by trying all of them."""
    masked = [key for key, mark in plan.items() if mark in {Mark.SMALL, Mark.WITHHELD}]
    return {key for key in masked if not has_other(key, counts, sums, plan)}


small_counts = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 9])


@settings(deadline=None, max_examples=25)
@given(st.data())
def test_no_masked_cell_of_a_table_can_be_worked_out(data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from([(3,), (4,), (2, 2), (2, 3)]))
    n_cells = len(list(product(*map(range, shape))))
    leaves = data.draw(st.lists(small_counts, min_size=n_cells, max_size=n_cells))
    assert given_away(*planned(shape, leaves)) == set()


@settings(deadline=None, max_examples=8)
@given(st.lists(small_counts, min_size=8, max_size=8))
def test_none_is_worked_out_over_quarters_agencies_and_groups(leaves: list[int]) -> None:
    assert given_away(*planned((2, 2, 2), leaves)) == set()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 6), min_size=4, max_size=4), st.data())
def test_the_solver_finds_exactly_what_trying_every_count_finds(
    leaves: list[int], data: st.DataObject
) -> None:
    counts, sums = cube((2, 2), leaves)
    hide = data.draw(st.sets(st.sampled_from(sorted(counts.keys() - {(TOTAL, TOTAL)}))))
    plan = {
        key: Mark.SHOWN if key not in hide else (Mark.SMALL if can_be(Mark.SMALL, count) else Mark.WITHHELD)
        for key, count in counts.items()
    }
    assert recovered(counts, sums, plan) == given_away(counts, sums, plan)


@settings(deadline=None, max_examples=25)
@given(st.lists(small_counts, min_size=9, max_size=9))
def test_nothing_small_prints_and_nothing_prints_altered(leaves: list[int]) -> None:
    counts, _, plan = planned((3, 3), leaves)
    shown = {key for key, mark in plan.items() if mark is Mark.SHOWN and key != (TOTAL, TOTAL)}
    assert not [key for key in shown if 1 <= counts[key] <= 4]
    assert all(can_be(mark, counts[key]) for key, mark in plan.items())


def test_a_table_without_small_counts_is_printed_whole() -> None:
    _, _, plan = planned((2, 2), [0, 5, 7, 0])
    assert set(plan.values()) == {Mark.SHOWN}


@pytest.mark.parametrize("leaves", [[3, 7, 20, 30], [3, 30, 7, 20], [3, 20, 30, 7]])
def test_which_count_is_withheld_beside_a_small_one_rests_on_no_count(leaves: list[int]) -> None:
    _, _, plan = planned((4,), leaves)
    assert plan == planned((4,), [3, 40, 50, 60])[2]


@pytest.mark.parametrize("leaves", [(3, 5, 5, 20), (1, 1, 7, 9), (4, 4, 0, 6)])
def test_a_reader_who_runs_the_rule_himself_cannot_tell_a_small_count(leaves: tuple[int, ...]) -> None:
    """Of all tables that would print so, at least two differ in each small count."""
    counts, _, plan = planned((len(leaves),), leaves)
    hidden = [key for key, mark in plan.items() if mark is not Mark.SHOWN]
    left = sum(counts[key] for key in hidden)
    possible: dict[Key, set[int]] = {key: set() for key in hidden if plan[key] is Mark.SMALL}
    for values in product(range(left + 1), repeat=len(hidden) - 1):
        other = counts | dict(zip(hidden, (*values, left - sum(values)), strict=True))
        fits = all(can_be(plan[key], other[key]) for key in hidden)
        if fits and planned((len(leaves),), list(other.values())[:-1])[2] == plan:
            for key, held in possible.items():
                held.add(other[key])
    assert possible
    assert all(len(held) > 1 for held in possible.values()), possible


@pytest.mark.parametrize("leaves", [[1, 5], [4, 0], [4, 4], [2, 0, 0]])
def test_a_row_in_which_every_word_gives_the_count_away_is_collapsed(leaves: list[int]) -> None:
    _, _, plan = planned((len(leaves),), leaves)
    parts = {mark for key, mark in plan.items() if key != (TOTAL,)}
    assert parts == {Mark.LEFT_OUT}


def test_a_small_count_alone_in_its_sum_is_seen() -> None:
    row = Sum(("all",), (("a",), ("b",)))
    marks: dict[Key, Mark] = {("all",): Mark.SHOWN, ("a",): Mark.SMALL, ("b",): Mark.SHOWN}
    assert alone([row], marks) == {("a",)}
    assert recovered({("all",): 9, ("a",): 2, ("b",): 7}, [row], marks) == {("a",)}


def test_four_and_four_of_eight_are_worked_out_and_so_is_one_beside_five() -> None:
    row = Sum(("all",), (("a",), ("b",)))
    both: dict[Key, Mark] = {("all",): Mark.SHOWN, ("a",): Mark.SMALL, ("b",): Mark.SMALL}
    assert recovered({("all",): 8, ("a",): 4, ("b",): 4}, [row], both) == {("a",), ("b",)}
    beside: dict[Key, Mark] = {**both, ("b",): Mark.WITHHELD}
    assert recovered({("all",): 6, ("a",): 1, ("b",): 5}, [row], beside) == {("a",), ("b",)}


def test_what_is_published_stays_as_it_was() -> None:
    counts, sums = cube((3,), [2, 6, 30])
    published: dict[Key, Mark] = {("1",): Mark.SHOWN, (TOTAL,): Mark.SHOWN}
    plan = masking_plan(counts, sums, sheets=dict.fromkeys(counts, "one"), published=published)
    assert [str(plan[key]) for key in counts] == ["small", "shown", "withheld", "shown"]


def test_what_was_published_unmasked_is_a_fault_and_not_passed_over() -> None:
    counts, sums = cube((2,), [2, 6])
    published: dict[Key, Mark] = {("0",): Mark.SMALL, ("1",): Mark.SHOWN, (TOTAL,): Mark.SHOWN}
    with pytest.raises(RuntimeError, match="not masked as it should"):
        masking_plan(counts, sums, sheets=dict.fromkeys(counts, "one"), published=published)


def test_the_same_counts_are_masked_the_same() -> None:
    leaves = [3, 9, 0, 12, 1, 7, 5, 2, 8]
    assert planned((3, 3), leaves)[2] == planned((3, 3), leaves)[2]


def test_a_sum_that_does_not_hold_is_refused() -> None:
    row = Sum(("all",), (("a",),))
    with pytest.raises(InputError, match="add up to 3, its total says 4"):
        masking_plan({("all",): 4, ("a",): 3}, [row], sheets={("all",): "x", ("a",): "x"})


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(InputError, match="0 or more, got -1 in a"):
        masking_plan({("a",): -1}, [], sheets={("a",): "x"})


def test_where_too_many_counts_are_small_the_tables_print_their_totals_alone() -> None:
    leaves = [(7 * number * number + 3 * number) % 11 * (number % 3 != 0) for number in range(4 * 10 * 8)]
    counts, sums, plan = planned((4, 10, 8), leaves)
    assert recovered(counts, sums, plan) == frozenset()

"""The compiled passes over listed pairs, against the slow and obvious way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.evaluation.listed_kernel import add_up, compiled, pick_disjoint

N_PEOPLE, N_GROUPS = 12, 3
PAIRS = st.lists(st.tuples(st.integers(0, N_PEOPLE - 1), st.integers(0, N_PEOPLE - 1)), max_size=40)


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return np.ascontiguousarray(first), np.ascontiguousarray(second)


@given(PAIRS, st.integers(0, 1_000))
@settings(max_examples=40, deadline=None)
def test_weights_are_added_up_by_the_groups_of_both_people(pairs: list[tuple[int, int]], seed: int) -> None:
    draw = np.random.default_rng(seed)
    group, weights = draw.integers(0, N_GROUPS, N_PEOPLE), draw.random(N_PEOPLE)
    times = draw.integers(1, 9, len(pairs))
    wanted = np.zeros((N_GROUPS, N_GROUPS))
    for (i, j), m in zip(pairs, times, strict=True):
        wanted[group[i], group[j]] += weights[i] * weights[j] * m
    found = compiled(add_up)(*columns(pairs), times, group, N_GROUPS, weights)
    assert found.tolist() == wanted.tolist()


@given(PAIRS)
@settings(max_examples=40, deadline=None)
def test_picked_pairs_are_those_that_meet_nobody_picked_before(pairs: list[tuple[int, int]]) -> None:
    taken: set[int] = set()
    picked = 0
    for pair in pairs:
        if not taken & set(pair):
            taken |= set(pair)
            picked += 1
    assert compiled(pick_disjoint)(*columns(pairs), N_PEOPLE) == picked


@pytest.mark.parametrize(("pairs", "most"), [([(0, 1), (2, 3)], 2), ([(1, 2), (0, 1), (2, 3)], 1), ([], 0)])
def test_at_least_half_of_what_can_be_picked_is(pairs: list[tuple[int, int]], most: int) -> None:
    assert compiled(pick_disjoint)(*columns(pairs), N_PEOPLE) == most

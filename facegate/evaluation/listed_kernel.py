"""The compiled passes over a list of compared people: millions of pairs, thousands of draws.

Plain Python that numba compiles when a list is first counted. Each pass runs on one core and
in the order of the list, so its sums are the same bit for bit on every machine.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from facegate.evaluation.trials import Counts, People, Weights


def add_up(  # noqa: PLR0917  numba takes positions only
    first: People, second: People, times: Counts, group: People, n_groups: int, weights: Weights
) -> NDArray[np.float64]:
    """Sum w_i w_j m_ij over the list, by the group of the first and of the second person.

    Parameters
    ----------
    first, second, times : ndarray of shape (n_pairs,), int64
        Two people, and how often they were compared.
    group : ndarray of shape (n_people,), int64
        Group of each person, from 0.
    n_groups : int
        How many groups there are.
    weights : ndarray of shape (n_people,), float64
        Weight of each person.

    Returns
    -------
    ndarray of shape (n_groups, n_groups), float64
    """
    square = np.zeros(n_groups * n_groups)
    for place in range(first.size):
        i, j = np.uint64(first[place]), np.uint64(second[place])  # unsigned: no check for "from the end"
        square[np.uint64(group[i] * n_groups + group[j])] += weights[i] * weights[j] * times[place]
    return square.reshape(n_groups, n_groups)


def pick_disjoint(first: People, second: People, n_people: int) -> int:
    """Pick pairs that share nobody, greedily: at least half of the most that can be picked.

    Parameters
    ----------
    first, second : ndarray of shape (n_pairs,), int64
        Two people each, below ``n_people``.
    n_people : int
        How many people there are.

    Returns
    -------
    int
        Pairs picked.
    """
    taken = np.zeros(n_people, dtype=np.bool_)
    picked = 0
    for place in range(first.size):
        i, j = first[place], second[place]
        if not (taken[i] or taken[j]):
            taken[i] = taken[j] = True
            picked += 1
    return picked


@cache
def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile one of the above, once a process."""
    import numba  # noqa: PLC0415  slow to load, and wanted only where a list is counted

    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        fast: Callable[..., Any] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # nowhere to keep compiled code: a read-only installation without a home
        fast = numba.njit(**options)(function)
    return fast

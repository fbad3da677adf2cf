"""Random sub-galleries, counted."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.evaluation.identification.growth import MOST_SIZES, counts_by_size, growth_sizes
from facegate.evaluation.identification.search import Hits


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 29)), max_size=40),
    st.lists(st.integers(1, 30), min_size=1, max_size=5, unique=True),
)
def test_a_candidate_counts_where_its_place_is_below_the_size(
    hits: list[tuple[int, int]], sizes: list[int]
) -> None:
    search, place = (np.array([hit[side] for hit in hits], dtype=np.int64) for side in (0, 1))
    slow = [
        [sum(one == number and where < size for one, where in hits) for size in sorted(sizes)]
        for number in range(5)
    ]
    assert counts_by_size(Hits(search, place), 5, sorted(sizes)).tolist() == slow


def test_a_search_without_candidates_counts_as_zero() -> None:
    nothing = np.empty(0, dtype=np.int64)
    assert counts_by_size(Hits(nothing, nothing), 2, [1, 5]).tolist() == [[0, 0], [0, 0]]


@given(st.integers(1, 10_000_000))
def test_sizes_rise_to_the_whole_gallery_and_are_few(size: int) -> None:
    sizes = growth_sizes(size)
    assert list(sizes) == sorted(set(sizes))
    assert sizes[-1] == size
    assert len(sizes) <= MOST_SIZES

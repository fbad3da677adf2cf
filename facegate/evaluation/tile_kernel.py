"""The compiled pass over one tile: every pair into its bin, and who may reach the floor.

Plain Python that numba compiles when pairs are first compared; compiled code is kept beside
this file or, where that is read-only, in the user's cache folder. It holds no lock of the
interpreter, so one tile is worked off on each core.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from facegate.evaluation.subgroups import Positions
    from facegate.evaluation.trials import Counts

LANES = 2
"""Neighbors often share a bin: two counters a bin let the processor add without waiting."""


def bin_tile(  # noqa: C901, PLR0917  one pass: what is called from it is not vectorized; numba takes positions only
    tile: NDArray[np.float32],
    row_squares: NDArray[np.float32],
    column_squares: NDArray[np.float32],
    ends: Positions,
    first_column: int,
    offset: np.float32,
    scale: np.float32,
    last: np.float32,
    near: np.int32,
    limit: np.float32,
    euclidean: bool,  # noqa: FBT001  as above
    counts: Counts,
    nominated_rows: NDArray[np.int32],
    nominated_columns: NDArray[np.int32],
) -> int:
    """Count each pair of a tile in its bin, but for those that may reach the floor.

    Parameters
    ----------
    tile : ndarray of shape (r, c), float32
        Products a.b; where ``euclidean``, overwritten by minus the squared distance.
    row_squares, column_squares : ndarray of shape (r,) and (c,), float32
        Squared lengths; read where ``euclidean``.
    ends : ndarray of shape (r,), int64
        Where each row's person ends, in the sorted order: columns before it are the same
        person, or a pair that counts elsewhere.
    first_column : int
        Where the tile's columns begin, in the same order.
    offset, scale : float32
        The bin is ``offset + scale * score``; Euclidean: ``offset - scale * distance``.
    last : float32
        Bins beyond are counted in this one.
    near : int32
        No pair below this bin reaches the limit.
    limit : float32
        Nominate from this closeness on.
    euclidean : bool
        Closeness is minus the squared distance, not the product.
    counts : ndarray of shape (n_bins,), int64
        Added to.
    nominated_rows, nominated_columns : ndarray of shape (at least r * c,), int32
        Filled with the nominees, which are not counted.

    Returns
    -------
    int
        How many were nominated.
    """
    found = 0
    places = np.empty(tile.shape[1], dtype=np.int32)
    lanes = np.zeros(counts.size * LANES, dtype=np.uint32)
    zero, two, one = np.float32(0), np.float32(2), np.uint32(1)
    for row in range(tile.shape[0]):
        start = min(max(ends[row] - first_column, 0), tile.shape[1])
        values, squares = tile[row, start:], column_squares[start:]  # slices count from 0: that vectorizes
        n_values = values.size
        top = np.int32(0)
        if euclidean:
            square = row_squares[row]
            for k in range(n_values):
                values[k] = two * values[k] - (square + squares[k])
        for k in range(n_values):
            if euclidean:
                squared = -values[k]
                squared = max(squared, zero)
                x = offset - scale * np.sqrt(squared)
            else:
                x = offset + scale * values[k]
            x = max(x, zero)
            x = min(x, last)
            bin_place = np.int32(x)
            top = max(top, bin_place)
            places[k] = bin_place * np.int32(LANES) + np.int32(k % LANES)
        for k in range(n_values):
            lanes[np.uint32(places[k])] += one
        if top >= near:
            for k in range(n_values):
                if values[k] >= limit:
                    lanes[np.uint32(places[k])] -= one
                    nominated_rows[found], nominated_columns[found] = row, start + k
                    found += 1
    for place in range(counts.size):
        for lane in range(LANES):
            counts[place] += np.int64(lanes[place * LANES + lane])
    return found


@cache
def compiled() -> Callable[..., int]:
    """Compile `bin_tile`, once a process."""
    import numba  # noqa: PLC0415  slow to load, and wanted only where pairs are compared

    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        fast: Callable[..., int] = numba.njit(cache=True, **options)(bin_tile)
    except RuntimeError:  # nowhere to keep compiled code: a read-only installation without a home
        fast = numba.njit(**options)(bin_tile)
    return fast

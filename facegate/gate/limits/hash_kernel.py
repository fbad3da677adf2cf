"""The compiled pass over all past hashes: which differ from one of two in few bits.

Plain Python that numba compiles when it is first wanted, as in `facegate.evaluation.tile_kernel`; compiled
code is kept beside this file or, where that is read-only, in the user's cache folder. Below `FEW` hashes
numpy answers before numba is loaded.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Places = NDArray[np.int64]

FEW = 100_000
"""Hashes that numpy compares within half a millisecond; loading numba takes half a second."""

BLOCK = 512
"""Hashes looked at before asking whether any was near: without a question in between, that vectorizes."""


def near_hashes(past: Hashes, first: int, second: int, most: int) -> Places:
    """Find the hashes that differ from either of two in few bits.

    Parameters
    ----------
    past : ndarray of shape (n,), uint64
        Perceptual hashes.
    first, second : int
        Two more, 0 to 2**64 - 1: of a face and of its mirror image.
    most : int
        Largest number of differing bits, 0 to 64.

    Returns
    -------
    ndarray of shape (k,), int64
        Places in `past`, ascending.

    Examples
    --------
    >>> near_hashes(np.array([0b0000, 0b0111, 0b1111], dtype=np.uint64), 0b0001, 0b1111, 1).tolist()
    [0, 1, 2]
    """
    if len(past) < FEW:
        return np.flatnonzero(differing_bits(past, first, second) <= most)
    places: Places = np.empty(len(past), dtype=np.int64)  # room for all; memory is taken when it is written
    found = compiled()(past, np.uint64(first), np.uint64(second), np.uint64(most), places)
    return places[:found]


def differing_bits(past: Hashes, first: int, second: int) -> NDArray[np.uint8]:
    """Count in how many bits each hash differs from the nearer one of two.

    Returns
    -------
    ndarray of shape (n,), uint8
        0 to 64.
    """
    differing: NDArray[np.uint8] = np.bitwise_count(past ^ np.uint64(first))
    np.minimum(differing, np.bitwise_count(past ^ np.uint64(second)), out=differing)
    return differing


def scan(past: Hashes, first: np.uint64, second: np.uint64, most: np.uint64, places: Places) -> int:
    """Do what `near_hashes` does, over all of them, in one pass; numba takes positions only.

    The bits of a number are counted in parallel, first in pairs, then in fours and bytes (Warren, Hacker's
    Delight, 2nd ed., section 5-1): numba has no operation for it that vectorizes.

    Returns
    -------
    int
        How many places were filled.
    """
    pairs, fours = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
    nibbles, ones = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)
    one, two, four, top = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(56)
    differing = np.empty(BLOCK, dtype=np.uint64)
    found = 0
    for start in range(0, past.size, BLOCK):
        block = past[start : start + BLOCK]
        least = top + four + four
        for k in range(block.size):
            x, y = block[k] ^ first, block[k] ^ second
            x -= (x >> one) & pairs
            y -= (y >> one) & pairs
            x = (x & fours) + ((x >> two) & fours)
            y = (y & fours) + ((y >> two) & fours)
            x = (((x + (x >> four)) & nibbles) * ones) >> top
            y = (((y + (y >> four)) & nibbles) * ones) >> top
            nearer = min(x, y)
            differing[k] = nearer
            least = min(least, nearer)
        if least <= most:
            for k in range(block.size):
                if differing[k] <= most:
                    places[found] = start + k
                    found += 1
    return found


@cache
def compiled() -> Callable[..., int]:
    """Compile `scan`, once a process."""
    import numba  # noqa: PLC0415  slow to load, and wanted only where there are many past probes

    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    try:
        fast: Callable[..., int] = numba.njit(cache=True, **options)(scan)
    except RuntimeError:  # nowhere to keep compiled code: a read-only installation without a home
        fast = numba.njit(**options)(scan)
    return fast

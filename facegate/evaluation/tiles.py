"""Tiles of the all-against-all square: where they lie, how many pairs, which may reach the floor.

- A tile lies in one pair of groups, so whatever is counted in it belongs to that pair.
- A tile is one float32 matrix product. It *nominates* pairs: the limit is lowered by a
  bound on the product's rounding error, so every pair at the floor is among the nominees.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Metric, Threshold, Vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from facegate.evaluation.subgroups import Positions

TILE = 1024
LONGEST_SQUARED = 1e30


@dataclass(frozen=True, slots=True)
class Tile:
    """Rows and columns of one tile, as ranges of the sorted order; diagonal if they agree."""

    rows: slice
    columns: slice
    row_group: int
    column_group: int

    @property
    def diagonal(self) -> bool:
        """The tile holds each of its pairs twice, and each template with itself."""
        return self.rows == self.columns


def tiles_of(group: Positions, size: int) -> Iterator[Tile]:
    """Cut the upper triangle of the sorted square into tiles, each in one pair of groups."""
    edges = np.flatnonzero(np.diff(group, prepend=-1, append=-1)).tolist()
    blocks = [
        slice(start, min(start + size, stop))
        for begin, stop in pairwise(edges)
        for start in range(begin, stop, size)
    ]
    for place, rows in enumerate(blocks):
        for columns in blocks[place:]:
            yield Tile(rows, columns, int(group[rows.start]), int(group[columns.start]))


def counts_of(tile: Tile, person: Positions) -> tuple[int, int]:
    """Count the pairs of a tile, and those of one person; people lie together inside a group."""
    rows, columns = person[tile.rows], person[tile.columns]
    if tile.diagonal:
        runs = np.unique(rows, return_counts=True)[1].astype(np.int64)
        return rows.size * (rows.size - 1) // 2, int((runs * (runs - 1) // 2).sum())
    if tile.row_group != tile.column_group:
        return rows.size * columns.size, 0  # a person is in one group only
    same = np.searchsorted(columns, rows, side="right") - np.searchsorted(columns, rows, side="left")
    return rows.size * columns.size, int(same.sum())


def nominate(
    vectors: Vectors, order: Positions, squared: NDArray[np.float64], tile: Tile, floor: Threshold
) -> tuple[Positions, Positions]:
    """Find the pairs of a tile that may reach the floor: all that do, and a few that do not.

    One product gives the closeness: a.b, or minus the squared distance from vectors
    lengthened by two, (2a, -|a|^2, -1).(b, 1, |b|^2). Its rounding error is at most
    (d + 4) eps (|a| + |b|)^2 in whatever order it is summed (Higham, "Accuracy and
    Stability of Numerical Algorithms", section 3.1), so the limit is lowered by that.
    """
    first, second = order[tile.rows], order[tile.columns]
    rows, columns = vectors[first], vectors[second]
    longest = float(squared[tile.rows].max()) ** 0.5 + float(squared[tile.columns].max()) ** 0.5
    slack = (vectors.shape[1] + 4) * float(np.finfo(np.float32).eps) * longest**2
    limit = floor.score
    if floor.metric is Metric.EUCLIDEAN:
        one = np.ones((1, 1), dtype=np.float32)
        row_squares = squared[tile.rows, None].astype(np.float32)
        column_squares = squared[tile.columns, None].astype(np.float32)
        rows = np.hstack((2 * rows, -row_squares, -one.repeat(len(rows), 0)))
        columns = np.hstack((columns, one.repeat(len(columns), 0), column_squares))
        limit = -(floor.native**2) if floor.native >= 0 else np.inf
    closeness = rows @ columns.T
    near = closeness >= np.nextafter(np.float32(limit - slack), np.float32(-np.inf))
    at = np.flatnonzero(near)
    i, j = np.divmod(at, columns.shape[0])
    if tile.diagonal:
        i, j = i[i < j], j[i < j]
    return first[i], second[j]

"""Tiles of the all-against-all square: where they lie, and how one is compared.

- A tile lies in one pair of groups, so whatever is counted in it belongs to that pair. Tiles
  are worked off in squares of several, so that a block of vectors is fetched once for many.
- A tile is one float32 matrix product, on one core. A compiled pass over it puts every
  non-mated pair in its bin and *nominates* those that may reach the floor: the limit is
  lowered by a bound on the product's rounding error, so every pair at the floor is among the
  nominees. These leave the bins, are scored again in float64, and are binned by that.
- Photos of one person lie together, so a row's mates end where its person ends: nothing has
  to be looked up pair by pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Metric, Threshold, Vectors, comparison_scores, matches
from facegate.evaluation.histograms import Grid, bin_of, place_of
from facegate.evaluation.tile_kernel import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from facegate.decision import Scores
    from facegate.evaluation.subgroups import Positions
    from facegate.evaluation.trials import Counts

TILE = 1024
LARGEST_TILE = 4096
LONGEST_SQUARED = 1e30
BLOCKS_IN_SQUARE = 4
RESCORED_AT_ONCE = 16_384
EPS32, EPS64 = float(np.finfo(np.float32).eps), float(np.finfo(np.float64).eps)
TINY32 = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True, slots=True)
class Block:
    """Templates that lie together in the sorted order and in one group."""

    start: int
    stop: int
    group: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Square:
    """Tiles worked off together: each row block with each column block at or after it."""

    rows: tuple[Block, ...]
    columns: tuple[Block, ...]

    @property
    def n_pairs(self) -> int:
        """Pairs of two templates, mated ones included, each once."""
        rows, columns = sum(map(len, self.rows)), sum(map(len, self.columns))
        return rows * (rows - 1) // 2 if self.rows == self.columns else rows * columns


@dataclass(frozen=True, slots=True)
class Found:
    """What comparing one square found.

    Parameters
    ----------
    n_pairs : int
        Pairs compared, mated ones included.
    places : ndarray of shape (k,), int64
        Pairs of groups met, as `place_of` numbers them.
    counts : ndarray of shape (k, n_bins), int64
        Non-mated comparisons of each.
    keys : ndarray of shape (n_kept,), int64
        Non-mated pairs at or above the floor: first position times the templates, plus second.
    scores : ndarray of shape (n_kept,), float64
        Their scores.
    """

    n_pairs: int
    places: Positions
    counts: Counts
    keys: Positions
    scores: Scores


def squares_of(group: Positions, tile: int) -> Iterator[Square]:
    """Cut the upper triangle of the sorted square, always in the same order."""
    edges = np.flatnonzero(np.diff(group, prepend=-1, append=-1)).tolist()
    blocks = [
        Block(
            begin + (stop - begin) * k // parts, begin + (stop - begin) * (k + 1) // parts, int(group[begin])
        )
        for begin, stop in pairwise(edges)
        for parts in [-(-(stop - begin) // tile)]
        for k in range(parts)
    ]
    sides = list(_gathered(blocks, BLOCKS_IN_SQUARE * tile))
    for place, rows in enumerate(sides):
        for columns in sides[place:]:
            yield Square(rows, columns)


def _gathered(blocks: list[Block], most: int) -> Iterator[tuple[Block, ...]]:
    """Gather neighboring blocks, small groups' blocks many at a time."""
    side: list[Block] = []
    for block in blocks:
        if side and block.stop - side[0].start > most:
            yield tuple(side)
            side = []
        side.append(block)
    if side:
        yield tuple(side)


@dataclass(frozen=True, slots=True)
class Comparer:
    """Everything that all squares share; reads it only, so threads may share it too.

    Parameters
    ----------
    vectors : ndarray of shape (n, d), float32
        In any order; only blocks of it are ever copied.
    order : ndarray of shape (n,), int64
        Sorts templates by group, then by person.
    squares : ndarray of shape (n,), float32
        Squared lengths, sorted.
    ends : ndarray of shape (n,), int64
        Where the photos of each template's person end, in sorted positions.
    n_groups : int
        How many groups there are.
    floor : Threshold
        Non-mated pairs at or above it are kept.
    grid : Grid
        Bins.
    """

    vectors: Vectors
    order: Positions
    squares: NDArray[np.float32]
    ends: Positions
    n_groups: int
    floor: Threshold
    grid: Grid

    def compare(self, square: Square, on_kept: Callable[[int], None]) -> Found:
        """Compare every tile of a square.

        Parameters
        ----------
        square : Square
            Which tiles.
        on_kept : callable
            Called with the pairs newly kept, before they pile up; may raise.
        """
        rows = [self._fetch(block) for block in square.rows]
        product = np.empty(max(map(len, square.rows)) * max(map(len, square.columns)), dtype=np.float32)
        nominees = np.empty((2, product.size), dtype=np.int32)
        row_of = _rows_of_counts(square)
        met = np.array(list(row_of), dtype=np.int64)
        places = place_of(met[:, 0], met[:, 1], self.n_groups)
        counts = np.zeros((places.size, self.grid.edges.size - 1), dtype=np.int64)
        waiting = _Waiting()
        for column_block in square.columns:
            columns = self._fetch(column_block)
            for part in rows:
                if part.block.start > column_block.start:
                    continue
                row = row_of[part.block.group, column_block.group]
                tile = product[: len(part.block) * len(column_block)].reshape(len(part.block), -1)
                np.matmul(part.vectors, columns.vectors.T, out=tile)
                waiting.add(*self._bin(tile, part, columns, counts[row], nominees), row)
                if waiting.size >= RESCORED_AT_ONCE:
                    on_kept(waiting.settle(self, counts))
        on_kept(waiting.settle(self, counts))
        return Found(square.n_pairs, places, counts, *waiting.kept())

    def _fetch(self, block: Block) -> _Part:
        """Copy a block of vectors, or point at it where it lies together in the input as well."""
        place = slice(block.start, block.stop)
        order, squares = self.order[place], self.squares[place]
        together = order[-1] - order[0] == order.size - 1 and bool((np.diff(order) == 1).all())
        vectors = self.vectors[order[0] : order[-1] + 1] if together else self.vectors[order]
        return _Part(block, np.asarray(vectors), squares, self.ends[place], float(squares.max()) ** 0.5)

    def _bin(
        self,
        tile: NDArray[np.float32],
        rows: _Part,
        columns: _Part,
        counts: Counts,
        nominees: NDArray[np.int32],
    ) -> tuple[Positions, Positions]:
        """Bin one tile into ``counts``, and return its nominees as sorted positions."""
        limit = self._limit(rows.longest + columns.longest)
        grid, euclidean = self.grid, self.floor.metric is Metric.EUCLIDEAN
        offset, scale = ((1.0 if euclidean else 0.0) - grid.lowest) / grid.width, 1 / grid.width
        closest = offset - scale * max(-limit, 0.0) ** 0.5 if euclidean else offset + scale * limit
        near = min(max(closest - 1, 0), grid.below)  # one bin less: the pass rounds in float32
        found = compiled()(
            tile, rows.squares, columns.squares, rows.ends, columns.block.start,
            np.float32(offset), np.float32(scale), np.float32(grid.below), np.int32(near),
            np.float32(limit), euclidean, counts, nominees[0], nominees[1],
        )  # fmt: skip
        first, second = nominees[:, :found].astype(np.int64)
        return first + rows.block.start, second + columns.block.start

    def _limit(self, lengths: float) -> float:
        """Lower the floor to where no pair at it can be lost to float32.

        The closeness is a.b, or minus the squared distance 2 a.b - |a|^2 - |b|^2. With unit
        roundoff u = eps / 2 the product errs by at most d u |a||b| in whatever order it is
        summed (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1), the
        squares and the two sums by 3 u (|a| + |b|)^2: together about a quarter of what is
        taken off. The least normal number covers products that underflow.
        """
        width = self.vectors.shape[1]
        slack = (width + 4) * EPS32 * lengths**2 + width * TINY32
        limit = self.floor.score
        if self.floor.metric is Metric.EUCLIDEAN:
            reach = self.floor.native + EPS64 * max(1.0, abs(self.floor.score))
            limit = -(reach**2) if reach >= 0 else np.inf
        return float(np.nextafter(np.float32(limit - slack), np.float32(-np.inf)))


@dataclass(frozen=True, slots=True)
class _Part:
    """A block's vectors with their squared lengths, where their people end, and the longest length."""

    block: Block
    vectors: Vectors
    squares: NDArray[np.float32]
    ends: Positions
    longest: float


class _Waiting:
    """Nominees of a square that wait for their float64 score, and those already kept."""

    def __init__(self) -> None:
        self.size = 0
        self._first: list[Positions] = []
        self._second: list[Positions] = []
        self._rows: list[Positions] = []
        self._keys: list[Positions] = [np.empty(0, dtype=np.int64)]
        self._scores: list[Scores] = [np.empty(0)]

    def add(self, first: Positions, second: Positions, row: int) -> None:
        """Let the nominees of one tile wait; they count in this row."""
        if first.size:
            self._first.append(first)
            self._second.append(second)
            self._rows.append(np.full(first.size, row, dtype=np.int64))
            self.size += first.size

    def settle(self, comparer: Comparer, counts: Counts) -> int:
        """Score whoever waits, bin them by that, and keep those at the floor; return how many."""
        if not self.size:
            return 0
        one, other = (comparer.order[np.concatenate(side)] for side in (self._first, self._second))
        first, second = np.minimum(one, other), np.maximum(one, other)
        scores = exact_scores(comparer.vectors, first, second, comparer.floor.metric)
        np.add.at(counts, (np.concatenate(self._rows), bin_of(scores, comparer.grid.edges)), 1)
        kept = matches(scores, comparer.floor)
        self._keys.append(first[kept] * comparer.order.size + second[kept])
        self._scores.append(scores[kept])
        self.size, self._first, self._second, self._rows = 0, [], [], []
        return int(np.count_nonzero(kept))

    def kept(self) -> tuple[Positions, Scores]:
        """Keys and scores of the pairs at the floor."""
        return np.concatenate(self._keys), np.concatenate(self._scores)


def exact_scores(vectors: Vectors, first: Positions, second: Positions, metric: Metric) -> Scores:
    """Score pairs of rows in float64, a bounded number at a time."""
    scores = np.empty(first.size, dtype=np.float64)
    for start in range(0, first.size, RESCORED_AT_ONCE):
        some = slice(start, start + RESCORED_AT_ONCE)
        scores[some] = comparison_scores(vectors[first[some]], vectors[second[some]], metric)
    return scores


def _rows_of_counts(square: Square) -> dict[tuple[int, int], int]:
    """Give each pair of groups that a square's tiles meet a row of its counts."""
    pairs = {(row.group, column.group) for row in square.rows for column in square.columns}
    return {pair: row for row, pair in enumerate(sorted(pair for pair in pairs if pair[0] <= pair[1]))}

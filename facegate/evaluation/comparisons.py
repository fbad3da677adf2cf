"""All against all: every mated score, every non-mated score above a floor, and how the rest spread.

- Templates are sorted by group and cut into tiles; worker threads compare one square of tiles
  each, and what they find is added up in one fixed order (`tiles`).
- Scores that are kept are float64: no count above the floor, and no pair, depends on tile
  size, threads or kernel.
- Every pair of groups has a histogram of its scores, and each must add up to the comparisons
  that the photos allow: checked on every run (`histograms`).
- Memory is a few blocks and tiles a thread, the histograms and the tail, and about 100 bytes
  a template for who it belongs to; vectors may stay on disk (`numpy.memmap`).
- A run that is killed can go on where it was saved last (`comparison_progress`).
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from facegate.decision import Metric, Threshold, Vectors
from facegate.errors import InputError, MeasurementError
from facegate.evaluation.comparison_progress import PAIRS, ProgressFolder, key_of
from facegate.evaluation.histograms import Histograms, binned, grid_for, require_trials
from facegate.evaluation.tiles import (
    LARGEST_TILE,
    LONGEST_SQUARED,
    TILE,
    Comparer,
    Found,
    exact_scores,
    squares_of,
)
from facegate.evaluation.trials import AllPairs
from facegate.settings import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from facegate.decision import Scores
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.evaluation.tiles import Square
    from facegate.evaluation.trials import Counts, Trials

MOST_PAIRS_KEPT = 20_000_000
ROWS_AT_ONCE = 8_192
SAVE_SECONDS = 20.0
USUAL_LENGTH = 0.99
"""Share of templates whose lengths give a Euclidean histogram its range: a few freak vectors
must not leave one bin for all others."""


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """Pairs of templates with their exact score.

    Parameters
    ----------
    first, second : ndarray of shape (n,), int64
        Positions among the enrolled templates, ``first < second``; sorted by both.
    scores : ndarray of shape (n,), float64
        Similarity scores, higher is more alike.
    """

    first: Positions
    second: Positions
    scores: Scores

    def __len__(self) -> int:
        return self.scores.size

    def select(self, chosen: NDArray[np.bool_]) -> ScoredPairs:
        """Keep some pairs, in order."""
        return ScoredPairs(self.first[chosen], self.second[chosen], self.scores[chosen])


@dataclass(frozen=True, slots=True)
class Comparisons:
    """What comparing people found.

    Parameters
    ----------
    floor : Threshold
        Non-mated pairs at or above it are all in ``tail``; below it they are only counted.
    tail : ScoredPairs
        Non-mated pairs at or above the floor.
    mated : ScoredPairs
        All pairs of two templates of one person.
    trials : Trials
        Comparisons of different people that were made.
    histograms : Histograms or None
        How all scores spread, by pair of groups; None where only the tail is known.
    """

    floor: Threshold
    tail: ScoredPairs
    mated: ScoredPairs
    trials: Trials
    histograms: Histograms | None

    @property
    def n_non_mated(self) -> int:
        """Comparisons of two different people, each pair once."""
        return self.trials.within(np.arange(self.trials.n_people)).total


def compare_all(
    vectors: Vectors,
    population: Population,
    *,
    metric: Metric,
    floor: float,
    tile: int = TILE,
    threads: int | None = None,
    most_pairs: int = MOST_PAIRS_KEPT,
    on_progress: Callable[[int, int], None] | None = None,
    resume: Path | None = None,
) -> Comparisons:
    """Compare every enrolled template with every other.

    Parameters
    ----------
    vectors : ndarray of shape (n, d), float32
        Enrolled templates, finite, in the population's order; a memory map is read in blocks.
    population : Population
        Whose they are.
    metric : Metric
        How they are compared.
    floor : float
        Keep every non-mated pair with this score or more; put it at or below the least
        strict threshold to be reported.
    tile : int
        Rows and columns of a tile; changes speed and nothing else.
    threads : int, optional
        Cores to use, all by default; changes speed and nothing else. Meanwhile the whole
        process's matrix products run on one core each.
    most_pairs : int
        Refuse a floor that would keep more non-mated pairs than this.
    on_progress : callable, optional
        Called with comparisons done and to do, mated ones included. May raise to stop.
    resume : Path, optional
        Folder to save progress in every 20 seconds, and to go on from if it holds that of
        this very comparison. Remove it with `comparison_progress.discard_progress` once the
        result is safe.

    Returns
    -------
    Comparisons
        Tail, mated pairs and numbers of comparisons are the same for any ``tile`` and
        ``threads``, and after going on.

    Raises
    ------
    InputError
        If ``tile`` or ``threads`` is out of range.
    MeasurementError
        If a vector is too long for float32, if the floor would keep too many pairs, or if
        the comparisons made are not as many as they must be.
    StorageError
        If progress cannot be saved.
    """
    if len(vectors) != population.person_of_template.size:
        msg = (
            f"wanted a vector for each of {population.person_of_template.size} templates, got {len(vectors)}"
        )
        raise MeasurementError(msg)
    n_threads = _threads(threads)
    if not 1 <= tile <= LARGEST_TILE:
        msg = f"a tile has 1 to {LARGEST_TILE} rows, got {tile}"
        raise InputError(msg)
    squared = _squared_lengths(vectors)
    edge = Threshold(floor, metric)
    grid = grid_for(edge, 2 * _usual_length(squared) if metric is Metric.EUCLIDEAN else 0.0)
    order = np.lexsort((population.person_of_template, population.group_of_template))
    comparer = Comparer(
        vectors=vectors,
        order=order,
        squares=squared[order].astype(np.float32),
        ends=_ends_of_people(population.person_of_template[order]),
        n_groups=len(population.groups),
        floor=edge,
        grid=grid,
    )
    del squared
    folder = None
    if resume is not None:
        folder = ProgressFolder(resume, key_of(vectors, population, floor=edge, tile=tile, edges=grid.edges))
    so_far = _SoFar.begin(comparer, most_pairs, folder)
    squares = islice(squares_of(population.group_of_template[order], tile), so_far.squares_done, None)
    with closing(_in_order(comparer, squares, so_far.claim, n_threads)) as all_found:
        for found in all_found:
            so_far.add(found)
            if on_progress:
                on_progress(so_far.pairs_done, so_far.pairs_to_do)
    mated = _all_mated(vectors, population, metric)
    group = population.group_of_template[mated.first]
    trials = AllPairs.everybody(population)
    histograms = Histograms(
        grid.edges, so_far.counts, binned(group, mated.scores, grid.edges, comparer.n_groups)
    )
    require_trials(histograms, trials, population)
    return Comparisons(edge, so_far.tail(), mated, trials, histograms)


def restricted(comparisons: Comparisons, keep: NDArray[np.bool_], population: Population) -> Comparisons:
    """Narrow comparisons of all with all to some templates: what a run over them alone would find.

    Parameters
    ----------
    comparisons : Comparisons
        Of all enrolled templates.
    keep : ndarray of shape (n_enrolled,), bool
        Templates to keep.
    population : Population
        Of the kept templates only.

    Returns
    -------
    Comparisons
        With positions among the kept templates, and without histograms: what lies below the
        floor was counted and not kept, so nobody can be taken out of it.
    """
    place = np.cumsum(keep, dtype=np.int64) - 1

    def narrowed(pairs: ScoredPairs) -> ScoredPairs:
        both = pairs.select(keep[pairs.first] & keep[pairs.second])
        return ScoredPairs(place[both.first], place[both.second], both.scores)

    return replace(
        comparisons,
        tail=narrowed(comparisons.tail),
        mated=narrowed(comparisons.mated),
        trials=AllPairs.everybody(population),
        histograms=None,
    )


@dataclass(slots=True)
class _SoFar:
    """What the squares found so far; only the calling thread adds to it."""

    floor: Threshold
    n_templates: int
    most_pairs: int
    counts: Counts
    folder: ProgressFolder | None
    squares_done: int = 0
    pairs_done: int = 0
    n_saved: int = 0
    saved_at: float = field(default_factory=time.monotonic)
    kept: list[NDArray[np.void]] = field(default_factory=list)
    n_claimed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def begin(cls, comparer: Comparer, most_pairs: int, folder: ProgressFolder | None) -> _SoFar:
        """Start anew, or where this very comparison was saved."""
        shape = (comparer.n_groups * (comparer.n_groups + 1) // 2, comparer.grid.edges.size - 1)
        fresh = cls(comparer.floor, comparer.order.size, most_pairs, np.zeros(shape, np.int64), folder)
        if folder is None:
            return fresh
        saved = folder.load()
        if saved is None:
            folder.clear()
            fresh.save()  # now, so that a disk that refuses does so before the work
            return fresh
        fresh.squares_done, fresh.pairs_done, fresh.counts = (
            saved.squares_done,
            saved.pairs_done,
            saved.counts,
        )
        fresh.kept, fresh.n_saved, fresh.n_claimed = [saved.pairs], 1, saved.pairs.size
        return fresh

    @property
    def pairs_to_do(self) -> int:
        """All pairs of two templates."""
        return self.n_templates * (self.n_templates - 1) // 2

    def claim(self, n_kept: int) -> None:
        """Take note that pairs are about to be kept, from any thread; refuse too many."""
        with self.lock:
            self.n_claimed += n_kept
        if self.n_claimed > self.most_pairs:
            raise MeasurementError(_too_many(self))

    def add(self, found: Found) -> None:
        """Add what the next square found, and save now and then."""
        self.counts[found.places] += found.counts
        self.pairs_done += found.n_pairs
        self.squares_done += 1
        if found.keys.size:
            pairs = np.empty(found.keys.size, PAIRS)
            pairs["key"], pairs["score"] = found.keys, found.scores
            self.kept.append(pairs)
        if self.folder and time.monotonic() - self.saved_at >= SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Save progress; an interrupted save leaves the one before."""
        if self.folder is None:
            return
        new = np.concatenate([np.empty(0, PAIRS), *self.kept[self.n_saved :]])
        self.folder.save(self.squares_done, self.pairs_done, self.counts, new)
        self.n_saved, self.saved_at = len(self.kept), time.monotonic()

    def tail(self) -> ScoredPairs:
        """Join what was kept, sorted, letting go of the parts."""
        pairs = np.concatenate([np.empty(0, PAIRS), *self.kept])
        self.kept = []
        order = np.argsort(pairs["key"], kind="stable")
        keys, scores = pairs["key"][order], pairs["score"][order]
        n = max(self.n_templates, 1)
        return ScoredPairs(keys // n, keys % n, scores)


def _in_order(
    comparer: Comparer, squares: Iterator[Square], claim: Callable[[int], None], n_threads: int
) -> Generator[Found]:
    """Compare squares on several threads, and give what they found in the order of the squares."""
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(n_threads) as pool:
        running = deque(
            pool.submit(comparer.compare, square, claim) for square in islice(squares, 2 * n_threads)
        )
        try:
            while running:
                found = running.popleft().result()
                running.extend(pool.submit(comparer.compare, square, claim) for square in islice(squares, 1))
                yield found
        finally:  # stopped in the middle: do not wait for what nobody will add up
            pool.shutdown(wait=False, cancel_futures=True)


def _squared_lengths(vectors: Vectors) -> NDArray[np.float64]:
    """Square the length of each vector, block by block, and refuse what float32 cannot multiply."""
    squared = np.empty(len(vectors))
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        block = np.asarray(vectors[start : start + ROWS_AT_ONCE], dtype=np.float64)
        squared[start : start + ROWS_AT_ONCE] = np.einsum("ij,ij->i", block, block)
    if squared.size and not float(squared.max()) < LONGEST_SQUARED:
        msg = f"vectors must be shorter than {LONGEST_SQUARED**0.5:.0e}, got {squared.max() ** 0.5:.3g}"
        raise MeasurementError(msg)
    return squared


def _usual_length(squared: NDArray[np.float64]) -> float:
    """Take a length that nearly all vectors stay below: one of theirs, whatever their order."""
    if not squared.size:
        return 0.0
    place = int(USUAL_LENGTH * (squared.size - 1))
    return math.sqrt(float(np.partition(squared, place)[place]))


def _ends_of_people(person: Positions) -> Positions:
    """Tell each sorted template where its person's templates end."""
    ends = np.append(np.flatnonzero(np.diff(person)) + 1, person.size)[: person.size]
    return np.repeat(ends, np.diff(ends, prepend=0)).astype(np.int64)


def _all_mated(vectors: Vectors, population: Population, metric: Metric) -> ScoredPairs:
    """Score every pair of templates of one person; people of equally many photos at once."""
    order = np.argsort(population.person_of_template, kind="stable")
    photos = population.photos_of_person
    begins = np.cumsum(photos) - photos
    firsts, seconds = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for n_photos in np.unique(photos[photos > 1]).tolist():
        i, j = np.triu_indices(n_photos, k=1)
        begin = begins[photos == n_photos, None]
        firsts.append(order[begin + i].ravel())
        seconds.append(order[begin + j].ravel())
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    sort = np.lexsort((second, first))
    first, second = first[sort], second[sort]
    return ScoredPairs(first, second, exact_scores(vectors, first, second, metric))


def _threads(wanted: int | None) -> int:
    """Use as many threads as asked, or as this process has cores."""
    if wanted is None:
        return usable_cores()
    if wanted < 1:
        msg = f"comparing needs at least 1 thread, got {wanted}"
        raise InputError(msg)
    return wanted


def _too_many(so_far: _SoFar) -> str:
    floor = so_far.floor
    return (
        f"the floor (score {floor.score:g}, {floor.metric.native_name} {floor.native:g}) keeps more than "
        f"{so_far.most_pairs:,} non-mated pairs: reached after {so_far.pairs_done:,} of "
        f"{so_far.pairs_to_do:,} comparisons; choose a stricter floor"
    )

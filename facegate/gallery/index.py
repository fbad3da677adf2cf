"""Exact search for every vector at or above a threshold; the only file that imports faiss.

- Vectors live once, inside faiss: one flat index a segment, so growing a gallery copies
  nothing, and rescoring reads faiss's own memory.
- faiss's ``range_search`` is strict and works in float32. Here it only preselects, within a
  radius widened by more than float32 can be wrong; what it finds is scored again in float64
  and decided by `decision.matches`. The equal case is therefore found, and the answer does
  not depend on the processor, the number of threads or how vectors are cut into segments.
- faiss's sentinels (-1, -3.4e38) and its silence on NaN end here: vectors and probes are
  checked first, and an answer is simply shorter.
- Positions count from 0 in the order in which segments were given.
- Approximate indexes are here too, because faiss is; they are measured and never serve.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, TypeAlias

import faiss
import numpy as np
from numpy.typing import NDArray

from facegate.decision import Metric, Scores, Threshold, Vectors, comparison_scores, matches
from facegate.errors import InputError
from facegate.settings import usable_cores
from facegate.templates import EmbedderInfo, check_vectors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor

Positions: TypeAlias = NDArray[np.int64]
Found: TypeAlias = tuple[Positions, Scores]

RESCORE_ROWS = 8192  # rows turned to float64 at a time: 8 MiB at 128 components
FLOAT32_STEP = 2.0**-23
LONGEST_DOT = 2.0  # above any inner product of unit-length vectors, tolerance included


def strict_radius(threshold: Threshold, dimension: int) -> float:
    """Widen a threshold to a faiss radius that loses no match, the equal case included.

    Parameters
    ----------
    threshold : Threshold
        Scores at or above it are matches.
    dimension : int
        Components of a vector.

    Returns
    -------
    float
        Under Euclidean the squared distance *below* which faiss reports, under cosine the
        inner product *above* which it does; float32 range, possibly infinite. Negative
        under Euclidean where nothing can match.

    Notes
    -----
    A float32 sum of ``d`` products is off by at most about ``d * 2**-24`` of the sum of
    their magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
    section 3.1); twice that and eight steps more are allowed here. Under Euclidean all
    terms are positive, so the bound is relative; under cosine lengths are 1, so absolute.
    """
    slack = (dimension + 8) * FLOAT32_STEP
    if threshold.metric is Metric.COSINE:
        return float(np.clip(threshold.score - slack, -LONGEST_DOT, LONGEST_DOT))
    # 1 - distance is itself rounded: below 1e-12 of it two distances may give one score.
    distance = 1.0 - threshold.score + 1e-12 * max(1.0, abs(threshold.score))
    if distance < 0:
        return -1.0
    squared = min(distance, 1e100) ** 2 * (1.0 + slack)  # the cap keeps a huge distance from overflowing
    with np.errstate(over="ignore"):  # beyond float32 the radius is infinite, and so it should be
        return float(np.nextafter(np.float32(squared), np.float32(np.inf)))


class FlatSegment:
    """Vectors of one segment, held once, inside faiss. Never changes after it is made.

    Parameters
    ----------
    vectors : ndarray of shape (n, d), float32
        Templates; copied into faiss, so the caller's array can go.
    embedder : EmbedderInfo
        Declares width and metric.

    Raises
    ------
    InputError
        If the vectors break the embedder's declared form: faiss would take NaN silently.
    """

    def __init__(self, vectors: Vectors, embedder: EmbedderInfo) -> None:
        check_vectors(vectors, embedder)
        flat = faiss.IndexFlatIP if embedder.metric is Metric.COSINE else faiss.IndexFlatL2
        self._index = flat(embedder.dimension)
        self._index.add(np.ascontiguousarray(vectors))
        held = faiss.rev_swig_ptr(self._index.get_xb(), vectors.size)
        self._vectors: Vectors = held.reshape(vectors.shape)  # faiss's memory, not a copy

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def at_or_above(self, probe: Vectors, threshold: Threshold, radius: float) -> Found:
        """Find the rows that match one probe, in ascending order.

        Parameters
        ----------
        probe : ndarray of shape (d,), float32
            A checked probe.
        threshold : Threshold
            Scores at or above it are matches.
        radius : float
            `strict_radius` of the same threshold.

        Returns
        -------
        rows : ndarray of shape (k,), int64
            Rows of this segment.
        scores : ndarray of shape (k,), float64
            Similarity scores, higher is more alike.
        """
        if radius == np.inf:
            rows: Positions = np.arange(len(self), dtype=np.int64)  # "below infinity" loses infinity itself
        else:
            _, _, near = self._index.range_search(probe[None], radius)
            rows = np.sort(near)
        # A row is scored in every segment, wanted or not: else the time tells in how many somebody was found.
        scored = rows if len(rows) or not len(self) else np.zeros(1, dtype=np.int64)
        scores = self._scores(probe, scored, threshold.metric)[: len(rows)]
        kept = matches(scores, threshold)
        return rows[kept], scores[kept]

    def _scores(self, probe: Vectors, rows: Positions, metric: Metric) -> Scores:
        """Score rows in float64, a bounded number at a time."""
        scores: Scores = np.empty(len(rows), dtype=np.float64)
        for start in range(0, len(rows), RESCORE_ROWS):
            part = slice(start, start + RESCORE_ROWS)
            scores[part] = comparison_scores(probe, self._vectors[rows[part]], metric)
        return scores


class ExactIndex:
    """Segments searched together, on all cores.

    Parameters
    ----------
    segments : sequence of FlatSegment
        In the order in which positions count; may be empty.
    embedder : EmbedderInfo
        What made the vectors, and must have made a probe.
    pool : ThreadPoolExecutor
        Helpers beside the calling thread; faiss lets go of Python's lock while it searches.
    """

    def __init__(
        self, segments: Sequence[FlatSegment], embedder: EmbedderInfo, *, pool: ThreadPoolExecutor
    ) -> None:
        self._segments = tuple(segments)
        self._starts = tuple(accumulate((len(one) for one in self._segments), initial=0))
        self._embedder = embedder
        self._pool = pool

    def __len__(self) -> int:
        return self._starts[-1]

    def at_or_above(self, probe: Vectors, threshold: Threshold) -> Found:
        """Find every vector that matches one probe.

        Parameters
        ----------
        probe : ndarray of shape (d,), float32
            One vector of the same embedder.
        threshold : Threshold
            On the embedder's metric; scores at or above it are matches.

        Returns
        -------
        positions : ndarray of shape (k,), int64
            Ascending.
        scores : ndarray of shape (k,), float64
            Similarity scores, higher is more alike; every one at or above the threshold.

        Raises
        ------
        InputError
            If the probe holds NaN, or breaks the embedder's declared form.
        """
        check_vectors(probe[None], self._embedder)
        radius = strict_radius(threshold, self._embedder.dimension)
        left = iter(range(len(self._segments)))

        def work() -> list[tuple[int, Found]]:
            # The iterator is shared: whoever is free takes the next segment.
            return [(number, self._segments[number].at_or_above(probe, threshold, radius)) for number in left]

        n_helpers = min(usable_cores(), len(self._segments)) - 1
        helpers = [self._pool.submit(work) for _ in range(n_helpers)]
        answers = work()
        for helper in helpers:
            answers += helper.result()
        return self._joined(sorted(answers, key=lambda answer: answer[0]))

    def _joined(self, answers: list[tuple[int, Found]]) -> Found:
        """Turn rows of segments into positions, in order."""
        positions = [rows + self._starts[number] for number, (rows, _) in answers]
        scores = [score for _, (_, score) in answers]
        return (
            np.concatenate([np.empty(0, dtype=np.int64), *positions]),
            np.concatenate([np.empty(0, dtype=np.float64), *scores]),
        )


class FactoryIndex:
    """An approximate index, built as faiss's factory describes it: measured, never serving.

    Parameters
    ----------
    factory : str
        Such as ``HNSW32,Flat``.
    vectors : ndarray of shape (n, d), float32
        Templates, at least one.
    embedder : EmbedderInfo
        Declares width and metric.
    settings : mapping of str to int
        Search settings by faiss's names, such as ``efSearch``.

    Raises
    ------
    InputError
        If the vectors break the embedder's declared form, or faiss cannot build the index.
    """

    def __init__(
        self, factory: str, vectors: Vectors, embedder: EmbedderInfo, *, settings: Mapping[str, int]
    ) -> None:
        check_vectors(vectors, embedder)
        metric = faiss.METRIC_INNER_PRODUCT if embedder.metric is Metric.COSINE else faiss.METRIC_L2
        rows = np.ascontiguousarray(vectors)
        n_threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # linked by several threads at once, a graph differs from run to run
        try:
            self._index = faiss.index_factory(embedder.dimension, factory, metric)
            if isinstance(self._index, faiss.IndexPQ):
                # Half a minute for filtering by code, which is not done here. Not in faiss's stubs.
                self._index.do_polysemous_training = False  # type: ignore[attr-defined]
            self._index.train(rows)
            self._index.add(rows)
            for name, value in settings.items():
                faiss.ParameterSpace().set_index_parameter(self._index, name, value)
        except RuntimeError as error:  # faiss's own exception, with a page of C++ in it
            msg = f"faiss cannot build {factory!r} over {len(vectors)} vectors"
            raise InputError(msg) from error
        finally:
            faiss.omp_set_num_threads(n_threads)
        self._embedder = embedder

    def first(self, probes: Vectors, limit: int) -> Positions:
        """Find what the index takes for the best rows.

        Parameters
        ----------
        probes : ndarray of shape (k, d), float32
            Of the same embedder.
        limit : int
            Rows a probe, at least 1.

        Returns
        -------
        ndarray of shape (k, min(limit, n)), int64
            Rows, best first by the index's own scores; -1 where it found fewer.
        """
        check_vectors(probes, self._embedder)
        _, rows = self._index.search(np.ascontiguousarray(probes), min(limit, int(self._index.ntotal)))
        return np.asarray(rows, dtype=np.int64)

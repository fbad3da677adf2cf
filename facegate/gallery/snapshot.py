"""One version of a gallery in memory, and the search over it.

- A snapshot never changes: an enrollment or a withdrawal makes another one, which shares the
  segments that stayed the same. A search that began sees one version to its end.
- A subject's score is the best of all its templates. **Every** subject at or above the
  threshold is found; the list is sorted by score, highest first, equal scores by subject id,
  lowest first, and only then cut to its limit.
- Whom a probe came near is told apart from the list, out of the same scan: the list is the same, to the
  last bit, with any margin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from facegate.decision import Threshold, matches
from facegate.errors import GalleryError
from facegate.gallery.index import ExactIndex
from facegate.gallery.manifest import Manifest
from facegate.gallery.segments import FOLDER_NAME, load_segment
from facegate.gallery.store import stamp
from facegate.records import Candidate, CandidateList

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    from facegate.decision import Scores, Vectors
    from facegate.gallery.index import Positions
    from facegate.gallery.segments import LoadedSegment
    from facegate.gallery.store import Stamp

READ_ATTEMPTS = 5
MOST_APPROACHED = 32
"""Subjects near the threshold that one search reports, the best first: each costs the counters a look-up."""
RANKING = [
    ("score_max", "descending"),
    ("subject", "ascending"),
]  # no two rows have one subject: no ties left


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of a gallery.

    Parameters
    ----------
    manifest : Manifest
        What it holds.
    digest : str
        The manifest's digest.
    stamp : tuple of int
        Tells this version of the manifest file from another.
    segments : tuple of LoadedSegment
        In the manifest's order.
    index : ExactIndex
        Over the same segments.
    """

    manifest: Manifest
    digest: str
    stamp: Stamp
    segments: tuple[LoadedSegment, ...]
    index: ExactIndex

    def candidates(
        self,
        probe: Vectors,
        threshold: Threshold,
        limit: int,
        *,
        margin: float = 0.0,
        on_compared: Callable[[], object] | None = None,
    ) -> CandidateList:
        """Find every subject at or above the threshold, and apart from them whom the probe came near.

        Parameters
        ----------
        probe : ndarray of shape (d,), float32
            One checked vector.
        threshold : Threshold
            On the embedder's metric.
        limit : int
            Longest list, at least 1.
        margin : float
            How far below the threshold counts as near, in scores; 0 asks for nobody near.
        on_compared : callable, optional
            Called once every vector was compared, and before anything is made of what was found.
        """
        lowest = Threshold(threshold.score - margin, threshold.metric)
        positions, scores = self.index.at_or_above(probe, lowest)
        if on_compared is not None:
            on_compared()
        kept = matches(scores, threshold)  # what is served is made of these alone, whatever the margin
        best = self._best_scores(positions[kept], scores[kept])
        candidates = _ranked(best, limit)
        approached: tuple[Candidate, ...] = ()
        if margin > 0:
            shown = {one.subject_id for one in candidates}
            near = _ranked(self._best_scores(positions, scores), limit + MOST_APPROACHED)
            approached = tuple(one for one in near if one.subject_id not in shown)[:MOST_APPROACHED]
        return CandidateList(candidates=candidates, n_at_or_above=best.num_rows, approached=approached)

    def _best_scores(self, positions: Positions, scores: Scores) -> pa.Table:
        """Reduce matching templates to the best score of each subject, across segments."""
        people: list[pa.StringArray] = []
        first = start = 0
        for segment in self.segments:
            end = start + len(segment)
            last = int(np.searchsorted(positions, end))
            if last > first:
                people.append(segment.subjects_of(positions[first:last] - start))
            first, start = last, end
        found = pa.table({"subject": pa.chunked_array(people, pa.string()), "score": scores})
        return found.group_by("subject", use_threads=False).aggregate([("score", "max")])


def _ranked(best: pa.Table, limit: int) -> tuple[Candidate, ...]:
    """Sort subjects with their best scores, then cut."""
    order = pc.select_k_unstable(best, limit, sort_keys=RANKING)
    return tuple(Candidate(row["subject"], row["score_max"]) for row in best.take(order).to_pylist())


def snapshot_of(
    manifest: Manifest, segments: tuple[LoadedSegment, ...], seen: Stamp, *, pool: ThreadPoolExecutor
) -> Snapshot:
    """Put loaded segments under one index."""
    index = ExactIndex([one.flat for one in segments], manifest.embedder, pool=pool)
    return Snapshot(manifest, manifest.digest, seen, segments, index)


def read_snapshot(folder: Path, held: tuple[LoadedSegment, ...], *, pool: ThreadPoolExecutor) -> Snapshot:
    """Load what the manifest on disk names.

    Parameters
    ----------
    folder : Path
        The gallery's folder.
    held : tuple of LoadedSegment
        Segments in memory already; those still named are taken as they are.
    pool : ThreadPoolExecutor
        Search threads.

    Raises
    ------
    GalleryError
        If there is no gallery, or a file is missing or damaged.
    """
    for _ in range(READ_ATTEMPTS):
        seen = stamp(folder)
        manifest = Manifest.read(folder)
        try:
            return snapshot_of(manifest, _load(folder, manifest, held), seen, pool=pool)
        except GalleryError:
            if stamp(folder) == seen:
                raise
            # else a writer replaced the gallery while it was read: the new one is whole
    msg = f"the gallery {folder} changed {READ_ATTEMPTS} times while it was read; try again"
    raise GalleryError(msg)


def _load(folder: Path, manifest: Manifest, held: tuple[LoadedSegment, ...]) -> tuple[LoadedSegment, ...]:
    known = {segment.entry: segment for segment in held}
    return tuple(
        known.get(entry) or load_segment(folder / FOLDER_NAME, entry, manifest.embedder)
        for entry in manifest.segments
    )

"""What an index loses: the exact first L candidates against those it returns, by group.

- Exact means every comparison in float64, without any index. Ties are generous: whatever
  scores as much as the last exact candidate counts as one.
- The index that serves is asked through `Gallery.search`. An approximate index is built over
  the same vectors, and only measured. What it loses is lost before any threshold, so it
  adds to FNIR, and it need not lose as much in every group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Metric, Threshold, comparison_scores
from facegate.evaluation.identification.rates import groups_of
from facegate.evaluation.identification.result import IndexRecall
from facegate.evaluation.variance import rate_by_person
from facegate.gallery.approximate import approximate_index, recipe_of
from facegate.gallery.token import UnsafeMeasurementToken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from facegate.decision import Scores, Vectors
    from facegate.evaluation.identification.deal import Probes
    from facegate.evaluation.identification.search import OpenGallery
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.evaluation.trials import Counts
    from facegate.templates import TemplateSet

SERVING = "flat (what serves)"
SCORES_AT_ONCE = 4_000_000  # 32 MB of float64
ROUNDING = 1e-9  # of the longest vector's squared length: far above float64, far below a score's step


def index_recall(
    opened: OpenGallery,
    templates: TemplateSet,
    population: Population,
    probes: Probes,
    *,
    entries: Positions,
    limit: int,
    approximate: Sequence[str],
) -> Iterator[IndexRecall]:
    """Measure the recall of the serving index and of any approximate one asked for.

    Parameters
    ----------
    opened : OpenGallery
        The gallery, enrolled.
    templates : TemplateSet
        Enrolled rows.
    population : Population
        Groups of the people searched for.
    probes : Probes
        What to search with, one a person.
    entries : ndarray of shape (N,), int64
        Templates in the gallery, in the order of its people.
    limit : int
        L.
    approximate : sequence of str
        Such as ``hnsw``.

    Yields
    ------
    IndexRecall
        For each index everybody, then each group with people.
    """
    metric, vectors = templates.embedder.metric, templates.vectors[entries]
    searched_with = templates.vectors[probes.row]
    last = last_exact_scores(searched_with, vectors, metric, limit)
    lines = [Threshold(edge, metric) for edge in last.tolist()]
    indexes: dict[str, Iterable[Positions]] = {SERVING: _served(opened, searched_with, lines, limit)}
    for name in approximate:
        about = recipe_of(name, n_vectors=len(vectors), dimension=vectors.shape[1], limit=limit)
        index = approximate_index(name, vectors, templates.embedder, limit=limit)
        indexes[about.description] = index.first(searched_with, limit)
    wanted = np.full(probes.row.size, min(limit, len(vectors)), dtype=np.int64)
    for name, returned in indexes.items():
        right = n_exact(searched_with, vectors, returned, last, metric)
        for group, people in groups_of(population):
            mine = people[probes.person]
            yield IndexRecall(name, group, limit, rate_by_person(right[mine], wanted[mine]))


def last_exact_scores(probes: Vectors, vectors: Vectors, metric: Metric, limit: int) -> Scores:
    """Find the score of each probe's L-th best vector, by comparing it with all of them.

    Parameters
    ----------
    probes : ndarray of shape (k, d), float32
        What to search with.
    vectors : ndarray of shape (n, d), float32
        What to search, at least one.
    metric : Metric
        How they are compared.
    limit : int
        L; the worst of all where there are fewer vectors.

    Returns
    -------
    ndarray of shape (k,), float64
        Comparison scores, each made by `comparison_scores`.
    """
    last = np.empty(len(probes), dtype=np.float64)
    gallery = vectors.astype(np.float64)
    lengths = np.einsum("ij,ij->i", gallery, gallery)
    n_last = min(limit, len(vectors))
    step = max(1, SCORES_AT_ONCE // len(vectors))
    for start in range(0, len(probes), step):
        part = probes[start : start + step].astype(np.float64)
        nearness = part @ gallery.T  # ranks as the score does: higher is more alike
        if metric is Metric.EUCLIDEAN:
            nearness -= lengths / 2
        edges = np.partition(nearness, -n_last, axis=1)[:, -n_last]
        slack = ROUNDING * (float(lengths.max()) + np.einsum("ij,ij->i", part, part))
        for number, (near, edge) in enumerate(zip(nearness, edges - slack, strict=True), start):
            scores = comparison_scores(probes[number], vectors[near >= edge], metric)
            last[number] = np.partition(scores, -n_last)[-n_last]
    return last


def n_exact(
    probes: Vectors, vectors: Vectors, returned: Iterable[Positions], last: Scores, metric: Metric
) -> Counts:
    """Count the rows an index returned that are among the exact first.

    Parameters
    ----------
    probes : ndarray of shape (k, d), float32
        What was searched with.
    vectors : ndarray of shape (n, d), float32
        What was searched.
    returned : k arrays of int64
        Rows of ``vectors``, each at most L; -1 where the index found fewer.
    last : ndarray of shape (k,), float64
        Score of each probe's last exact candidate.
    metric : Metric
        How they are compared.

    Returns
    -------
    ndarray of shape (k,), int64
    """
    counts = np.zeros(len(probes), dtype=np.int64)
    for number, rows in enumerate(returned):
        found = np.unique(rows[rows >= 0])  # a row returned twice is one candidate
        scores = comparison_scores(probes[number], vectors[found], metric)
        counts[number] = np.count_nonzero(scores >= last[number])
    return counts


def _served(opened: OpenGallery, probes: Vectors, lines: Sequence[Threshold], limit: int) -> list[Positions]:
    """Ask the serving gallery for everybody down to the last exact candidate; rows of its people."""
    row_of = {subject: row for row, subject in enumerate(opened.subjects)}
    returned = []
    for probe, line in zip(probes, lines, strict=True):
        found = opened.gallery.search(probe, threshold=line, limit=limit, token=UnsafeMeasurementToken())
        returned.append(np.array([row_of[one.subject_id] for one in found.candidates], dtype=np.int64))
    return returned

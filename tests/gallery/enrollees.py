"""Small template sets for the tests of the gallery, and the slow, obvious search."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Metric, Threshold, Vectors
from facegate.records import Candidate, CandidateList, SubjectId
from facegate.templates import EmbedderInfo, Labels, Origin, TemplateSet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facegate.gallery.gallery import Gallery

ORIGIN = Origin(dataset="test set", dataset_digest="00" * 32, synthetic=False, tool_version="0")
EUCLIDEAN = EmbedderInfo(name="plane", digest="ab" * 32, dimension=2, metric=Metric.EUCLIDEAN)
HALF_AWAY = Threshold.from_native(0.5, Metric.EUCLIDEAN)


def a_set(
    subjects: Sequence[str],
    vectors: Sequence[Sequence[float]] | Vectors,
    *,
    prefix: str = "t",
    embedder: EmbedderInfo = EUCLIDEAN,
    origin: Origin = ORIGIN,
) -> TemplateSet:
    """Make a set with one row a vector; a row of NaN is a failure to enroll."""
    n_rows = len(subjects)
    rows: Vectors = np.asarray(vectors, dtype=np.float32).reshape(n_rows, embedder.dimension)
    failure = ["no-face" if np.isnan(row).all() else "" for row in rows]
    return TemplateSet(
        embedder=embedder,
        origin=origin,
        template_id=_text([f"{prefix}-{number}" for number in range(n_rows)]),
        subject_id=_text(subjects),
        failure=_text(failure),
        quality=np.full(n_rows, np.nan, dtype=np.float32),
        vectors=rows,
        **dict.fromkeys(
            ("photo_digest", "sex", "race", "age_class", "label_source"), _text(["not recorded"] * n_rows)
        ),
    )


def on_a_line(n_rows: int, *, first: int = 0, photos: int = 2) -> TemplateSet:
    """Make subjects s0, s1 ... with some photos each, one step apart along the first axis."""
    numbers = range(first, first + n_rows)
    subjects = [f"s{number // photos}" for number in numbers]
    return a_set(subjects, [[number, 0] for number in numbers], prefix=f"line-{first}")


def synthetic(templates: TemplateSet) -> TemplateSet:
    """Say of a set that no face is in it."""
    return replace(templates, origin=replace(ORIGIN, dataset="SYNTHETIC test", synthetic=True))


def at(*components: float) -> Vectors:
    """Make one vector."""
    return np.array(components, dtype=np.float32)


def files_of(folder: Path) -> set[str]:
    """Name every file of a gallery but the manifest and the lock."""
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    return names - {"gallery.json", "lock"}


def files_named(gallery: Gallery) -> set[str]:
    """Name every file that a gallery's manifest names."""
    return {entry.file for entry in gallery._state.manifest.segments}


def slow_search(templates: TemplateSet, probe: Vectors, threshold: Threshold, limit: int) -> CandidateList:
    """Search in plain Python floats, one template after the other."""
    best: dict[str, float] = {}
    for subject, vector, failure in zip(
        templates.subject_id, templates.vectors, templates.failure, strict=True
    ):
        score = slow_score(probe, vector, threshold.metric)
        if not failure and score >= threshold.score:
            best[subject] = max(score, best.get(subject, score))
    ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    candidates = tuple(Candidate(SubjectId(subject), score) for subject, score in ranked[:limit])
    return CandidateList(candidates=candidates, n_at_or_above=len(best))


def slow_score(first: Vectors, second: Vectors, metric: Metric) -> float:
    """Score two vectors in plain Python floats."""
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    if metric is Metric.COSINE:
        return math.fsum(a * b for a, b in pairs)
    return 1.0 - math.sqrt(math.fsum((a - b) ** 2 for a, b in pairs))


def _text(values: Sequence[str]) -> Labels:
    return np.array(values, dtype=object)

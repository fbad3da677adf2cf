"""Small template sets for the evaluation's tests: made from a list of people, or drawn."""

from __future__ import annotations

import numpy as np

from facegate.decision import Metric
from facegate.templates import EmbedderInfo, Origin, TemplateSet

ORIGIN = Origin("small", "0" * 64, synthetic=True, tool_version="test")


def templates_of(
    people: list[tuple[str, str, str]],
    vectors: np.ndarray,
    *,
    failures: frozenset[int] = frozenset(),
    sources: list[str] | None = None,
    metric: Metric = Metric.EUCLIDEAN,
) -> TemplateSet:
    """Make a set with one row for each (person, race, sex); rows in ``failures`` gave no template."""
    n = len(people)
    kept = np.array(vectors, dtype=np.float32)
    kept[sorted(failures)] = np.nan

    def column(values: list[str]) -> np.ndarray:
        return np.array(values, dtype=object)

    return TemplateSet(
        embedder=EmbedderInfo("test", "e" * 64, kept.shape[1], metric),
        origin=ORIGIN,
        template_id=column([f"t{row}" for row in range(n)]),
        subject_id=column([person for person, _, _ in people]),
        photo_digest=column([""] * n),
        sex=column([sex for _, _, sex in people]),
        race=column([race for _, race, _ in people]),
        age_class=column(["not recorded"] * n),
        label_source=column(sources or ["human"] * n),
        failure=column(["no-face" if row in failures else "" for row in range(n)]),
        quality=np.full(n, np.nan, dtype=np.float32),
        vectors=kept,
    )


def drawn(seed: int, *, n_people: int = 24, most_photos: int = 4, dimension: int = 6) -> TemplateSet:
    """Draw people of uneven photo counts in four groups, some labels missing, a few failures."""
    rng = np.random.default_rng(seed)
    labels = [("White", "F"), ("Black", "M"), ("Black", "F"), ("not recorded", "M")]
    people, centers = [], []
    for person in range(n_people):
        race, sex = labels[int(rng.integers(len(labels)))]
        center = rng.normal(size=dimension)
        for _ in range(int(rng.integers(1, most_photos + 1))):
            people.append((f"p{person}", race, sex))
            centers.append(center + rng.normal(scale=0.3, size=dimension))
    failures = frozenset(int(row) for row in rng.choice(len(people), size=3, replace=False))
    return templates_of(people, np.array(centers) / 4, failures=failures)

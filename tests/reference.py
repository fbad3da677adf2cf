"""Slow and obvious oracles: loops over pairs, straight from the definitions, no streaming, no tiles."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from facegate.templates import TemplateSet


def euclidean_score(first: np.ndarray, second: np.ndarray) -> float:
    """One minus the distance, component by component."""
    return 1.0 - math.sqrt(sum((float(x) - float(y)) ** 2 for x, y in zip(first, second, strict=True)))


def all_scores(templates: TemplateSet) -> list[tuple[int, int, float, bool]]:
    """Score every pair of enrolled rows: (row, row, score, same person)."""
    enrolled = templates.enrolled
    return [
        (
            i,
            j,
            euclidean_score(enrolled.vectors[i], enrolled.vectors[j]),
            enrolled.subject_id[i] == enrolled.subject_id[j],
        )
        for i, j in combinations(range(len(enrolled)), 2)
    ]


def group_pair_counts(templates: TemplateSet, score: float) -> dict[tuple[str, str], tuple[int, int]]:
    """Count false matches and comparisons of different people for each pair of "race sex" labels."""
    enrolled = templates.enrolled
    label = [f"{race} {sex}" for race, sex in zip(enrolled.race, enrolled.sex, strict=True)]
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for i, j, pair_score, mated in all_scores(templates):
        if not mated:
            low, high = sorted((label[i], label[j]))
            events, trials = counts.get((low, high), (0, 0))
            counts[low, high] = (events + (pair_score >= score), trials + 1)
    return counts


def dyadic_variance(pairs: Sequence[tuple[str, str, int, int]]) -> float:
    """Variance of a rate over people pairs (a, b, events, comparisons), as defined: every covariance in turn.

    Two pairs of people covary if they share somebody; the cross terms together are dropped if negative.
    """
    total = sum(m for *_, m in pairs)
    p = sum(e for _, _, e, _ in pairs) / total
    d = [(a, b, e - p * m) for a, b, e, m in pairs]
    own = sum(x * x for *_, x in d)
    shared = sum(
        2 * x * y * len({a, b} & {c, f}) for (a, b, x), (c, f, y) in combinations(d, 2) if {a, b} & {c, f}
    )
    return (own + max(0.0, shared)) / total**2


def threshold_at_most(scores: Sequence[float], target: float) -> float:
    """Try every candidate from the smallest on until the share at or above it is at most the target."""
    for candidate in [*sorted(set(scores)), math.nextafter(max(scores), math.inf)]:
        if sum(score >= candidate for score in scores) / len(scores) <= target:
            return candidate
    raise AssertionError

"""How the numbers were made, and what they do not allow for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.numbers import UNKNOWN
from facegate.reporting.report.blocks import Items, Section, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.result import BenchmarkResult

NOT_ALLOWED_FOR = (
    "Errors in labels of groups, other than by measuring again on parts of the people.",
    "People who are in the data twice under different names, and twins.",
    "Overlap of these people with those the model was trained on.",
    "Comparing many groups at once: no interval is widened for it.",
    "Anybody who tries to look like somebody else, and any person who reviews the matches.",
)
PAIRS = (
    "Every person is compared with every other (all pairs), unless the input is a list of scores; "
    "comparisons of one person with themselves in another photo give misses. Higher scores are "
    "more alike; at or above the threshold is a match."
)
SUPPORT = (
    "A group has a rate of its own with 30 people and 3 effective false matches or more; otherwise only an "
    "upper end is given. What cannot be compared is unknown, never zero."
)


def method_section(result: BenchmarkResult) -> Section:
    """Say how the numbers were made, and what they do not allow for."""
    steps = Items((*_rates(result), *_origin(result)), numbered=True)
    caption = Words("What the ranges do not allow for:", "caution")
    return Section("method", "Method", (steps, caption, Items(NOT_ALLOWED_FOR)))


def _rates(result: BenchmarkResult) -> Iterator[str]:
    """Say how rates, ranges and thresholds are made."""
    method = result.method
    yield PAIRS
    yield (
        f"Groups are made of these labels: {', '.join(method.labels) or 'those of the input'}. "
        '"Not recorded" is a group of its own, so groups add up to everybody.'
    )
    yield (
        "Comparisons share people and are not independent. The variance of a false match rate counts people "
        "(dyadic variance), that of a miss rate too (clustered by person); the range is Wilson's interval at "
        f"the effective number of comparisons with Student's t, level {method.level:.0%}. Where nothing was "
        "seen, the bound is the rule of 3 on pairs that share nobody."
    )
    yield SUPPORT
    yield (
        "A threshold set for a rate is the smallest observed score at which the rate is at most the target. "
        f"Every non-mated pair at score {method.floor:.6g} or above was kept exactly; no threshold lies "
        "below."
    )
    yield _draws(result)


def _draws(result: BenchmarkResult) -> str:
    """Say what was drawn at random."""
    method = result.method
    if not method.bootstrap_draws and not method.permutation_draws:
        return "Nothing was resampled: no range of ratios, and no null, is given."
    return (
        f"People, not pairs, were drawn anew {method.bootstrap_draws:,} times for ranges of ratios, "
        f"thresholds and summaries; people's labels were shuffled {method.permutation_draws:,} times to see "
        f"what chance alone shows. Seed {method.seed}."
    )


def _origin(result: BenchmarkResult) -> Iterator[str]:
    """Say what makes the run repeatable."""
    method, origin = result.method, result.provenance
    yield (
        f"Ratios are against {method.reference or 'the group with most people'}. Failures to enroll stay in "
        "the counts of their group and are not counted as misses."
    )
    seed = UNKNOWN if origin.seed is None else str(origin.seed)
    yield f"Command: {origin.command or 'not recorded'}. Seed of the data: {seed}."
    yield (
        f"Digests: data {origin.dataset_digest}; model {origin.embedder_digest or 'none'}; protocol "
        f"{origin.protocol_digest}."
    )
    versions = ", ".join(f"{name} {number}" for name, number in origin.versions.items())
    yield f"Versions: {versions or UNKNOWN}."

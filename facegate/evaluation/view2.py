"""The LFW ten-fold verification protocol (View 2): how often the decision on a pair is right.

- 10 folds of 300 mated and 300 non-mated pairs; the threshold for each fold is chosen on
  the other nine and never sees it.
- A pair with a failure to enroll is a non-match: it is wrong if mated, right if not. What
  that costs is told beside it.
- One number over easy and hard pairs alike says nothing about groups or about searches; it
  is here because it shows whether the embedder does what its makers published.

References
----------
G. B. Huang, M. Ramesh, T. Berg and E. Learned-Miller, "Labeled Faces in the Wild", UMass
Amherst Technical Report 07-49 (2007), section III.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Scores, Threshold, comparison_scores, matches
from facegate.errors import InputError, MeasurementError
from facegate.evaluation.view2_result import View2Fold, View2Measurement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facegate.evaluation.protocol import Variant
    from facegate.templates import TemplateSet

MATED_FIELDS, NON_MATED_FIELDS = 3, 4
FEWEST_FOLDS = 2


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of the pairs file.

    Parameters
    ----------
    fold : int
        0 and on.
    first, second : str
        Photo ids, ``<Person>_NNNN``.
    mated : bool
        Both photos show one person.
    """

    fold: int
    first: str
    second: str
    mated: bool


def parse_pairs(text: str, *, name: str) -> tuple[Pair, ...]:
    """Read the official pairs file.

    Parameters
    ----------
    text : str
        First line: folds and pairs of each kind in a fold. Then for each fold the mated
        pairs (person, two photo numbers), then the non-mated (person, number, person, number).
    name : str
        The file, for messages.

    Returns
    -------
    tuple of Pair
        In the order of the file.

    Raises
    ------
    InputError
        If the file is not of this form; the message has the line number.
    """
    lines = text.splitlines()
    n_folds, n_each = _head(lines, name)
    if len(lines) != 1 + 2 * n_folds * n_each:
        msg = f"{name} has {len(lines) - 1} pairs, its first line says {2 * n_folds * n_each}"
        raise InputError(msg)
    return tuple(_pair(line, place, n_each, name) for place, line in enumerate(lines[1:]))


def photos_of(pairs: tuple[Pair, ...]) -> frozenset[str]:
    """Collect the ids of all photos that the pairs need."""
    return frozenset(photo for pair in pairs for photo in (pair.first, pair.second))


def measure_view2(templates: TemplateSet, pairs: tuple[Pair, ...], variant: Variant) -> View2Measurement:
    """Run the protocol on one set of templates.

    Parameters
    ----------
    templates : TemplateSet
        At least the photos that the pairs need, failures to enroll included.
    pairs : tuple of Pair
        At least two folds.
    variant : Variant
        How the templates were made.

    Returns
    -------
    View2Measurement

    Raises
    ------
    MeasurementError
        If a photo is missing, or a fold leaves nothing to choose a threshold on.
    """
    scores = _pair_scores(templates, pairs)
    mated = np.array([pair.mated for pair in pairs])
    fold = np.array([pair.fold for pair in pairs])
    if len(set(fold.tolist())) < FEWEST_FOLDS:
        msg = "the threshold of a fold is chosen on the others, so at least 2 folds are wanted, got 1"
        raise MeasurementError(msg)
    metric = templates.embedder.metric
    folds = []
    for one in np.unique(fold):
        others, here = fold != one, fold == one
        threshold = Threshold(best_threshold(scores[others], mated[others]), metric)
        folds.append(_fold(scores[here], mated[here], threshold))
    needed = photos_of(pairs)
    failed = templates.template_id[templates.failure != ""]
    shares = [one.correct / one.pairs for one in folds]
    enrolled = sum(one.pairs - one.pairs_with_failure for one in folds)
    return View2Measurement(
        name=variant.name,
        fallback=variant.fallback,
        jitter=variant.jitter,
        photos=len(needed),
        failures=len(needed.intersection(failed)),
        folds=tuple(folds),
        correct_share=statistics.fmean(shares),
        standard_deviation=statistics.stdev(shares),
        standard_error=statistics.stdev(shares) / math.sqrt(len(shares)),
        correct_share_without_failures=sum(one.correct_without_failures for one in folds) / max(1, enrolled),
    )


def best_threshold(scores: Scores, mated: NDArray[np.bool_]) -> float:
    """Choose the threshold with the most right decisions; of several the strictest.

    Parameters
    ----------
    scores : ndarray of shape (n,), float64
        NaN where a photo gave no template; such a pair never matches.
    mated : ndarray of shape (n,), bool
        Both photos show one person.

    Returns
    -------
    float
        An observed score, or the next number above the largest.

    Raises
    ------
    MeasurementError
        If there is no score at all.

    Examples
    --------
    >>> best_threshold(np.array([0.9, 0.7, 0.6, 0.1]), np.array([True, True, False, False]))
    0.7
    """
    known = ~np.isnan(scores)
    if not known.any():
        msg = "a threshold needs at least one pair with two templates, got 0"
        raise MeasurementError(msg)
    observed = np.unique(scores[known])
    candidates = np.append(observed, np.nextafter(observed[-1], np.inf))
    gained = _at_or_above(scores[known & mated], candidates)
    lost = _at_or_above(scores[known & ~mated], candidates)
    right = gained - lost  # right decisions, but for a constant
    return float(candidates[candidates.size - 1 - int(np.argmax(right[::-1]))])


def _at_or_above(scores: Scores, candidates: Scores) -> NDArray[np.int64]:
    ordered = np.sort(scores)
    return np.asarray(ordered.size - np.searchsorted(ordered, candidates, side="left"), dtype=np.int64)


def _fold(scores: Scores, mated: NDArray[np.bool_], threshold: Threshold) -> View2Fold:
    """Count right and wrong decisions of one fold; NaN never matches."""
    matched, failed = matches(scores, threshold), np.isnan(scores)
    right = matched == mated
    return View2Fold(
        score=threshold.score,
        native=threshold.native,
        pairs=scores.size,
        correct=int(right.sum()),
        false_matches=int((matched & ~mated).sum()),
        false_non_matches=int((~matched & mated).sum()),
        pairs_with_failure=int(failed.sum()),
        mated_pairs_with_failure=int((failed & mated).sum()),
        correct_without_failures=int((right & ~failed).sum()),
    )


def _pair_scores(templates: TemplateSet, pairs: tuple[Pair, ...]) -> Scores:
    """Score each pair; NaN where a photo gave no template."""
    row = {photo: place for place, photo in enumerate(templates.template_id)}
    needed = photos_of(pairs)
    if missing := needed - row.keys():
        msg = f"the pairs need {len(needed):,} photos; the templates lack {len(missing):,} of them"
        raise MeasurementError(msg)
    first = np.array([row[pair.first] for pair in pairs])
    second = np.array([row[pair.second] for pair in pairs])
    vectors = templates.vectors
    scores = np.full(len(pairs), np.nan)
    both = (templates.failure[first] == "") & (templates.failure[second] == "")
    scores[both] = comparison_scores(vectors[first[both]], vectors[second[both]], templates.embedder.metric)
    return scores


def _head(lines: list[str], name: str) -> tuple[int, int]:
    try:
        n_folds, n_each = (int(field) for field in lines[0].split("\t"))
    except (IndexError, ValueError) as error:
        msg = f"{name} line 1: wanted the number of folds and of pairs of each kind in a fold"
        raise InputError(msg) from error
    if n_folds < 1 or n_each < 1:
        msg = f"{name} line 1: wanted at least one fold and one pair, got {n_folds} and {n_each}"
        raise InputError(msg)
    return n_folds, n_each


def _pair(line: str, place: int, n_each: int, name: str) -> Pair:
    """Read one pair; the first half of each fold is mated."""
    mated = place % (2 * n_each) < n_each
    fields = line.split("\t")
    numbers = fields[1:3] if mated else fields[1::2]
    if len(fields) != (MATED_FIELDS if mated else NON_MATED_FIELDS) or not all(n.isdigit() for n in numbers):
        wanted = "a person and two photo numbers" if mated else "a person and a photo number, twice"
        msg = f"{name} line {place + 2}: wanted {wanted}"
        raise InputError(msg)
    people = (fields[0], fields[0] if mated else fields[2])
    first, second = (f"{who}_{int(n):04d}" for who, n in zip(people, numbers, strict=True))
    return Pair(place // (2 * n_each), first, second, mated)

"""Both error rates over all thresholds, and how scores are spread: what figures are drawn from.

- Above the floor the FMR is exact, from every score kept there; below it the FMR comes
  from the histogram, at its edges, where its counts are whole.
- The FNMR is exact everywhere: all mated scores are kept.
- A rate of 0 has no place on a log axis, and the data do not speak to it: a curve ends at
  the lowest FMR that was observed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facegate.errors import MeasurementError
from facegate.evaluation.result import DetCurve, Distribution
from facegate.evaluation.subgroups import EVERYBODY

if TYPE_CHECKING:
    from facegate.decision import Scores, Threshold
    from facegate.evaluation.comparisons import Comparisons
    from facegate.evaluation.subgroups import Population
    from facegate.evaluation.trials import Counts

Edges: TypeAlias = NDArray[np.float64]

POINTS = 100
BINS = 80


def det_curve(  # noqa: PLR0917  one group's arrays, in the order they are made
    group: str,
    edges: Edges,
    non_mated_counts: Counts,
    mated_scores: Scores,
    tail_scores: Scores,
    floor: Threshold,
    *,
    points: int = POINTS,
) -> DetCurve | None:
    """Make the DET curve of one group, at thresholds whose FMR is spread evenly on a log axis.

    Parameters
    ----------
    group : str
        Name of the group, or ``everybody``.
    edges : ndarray of shape (n_bins + 1,), float64
        Rising edges of the histogram; a score on an edge belongs to the bin above it. The
        outer bins hold what lies beyond too, so the outer edges are no thresholds.
    non_mated_counts : ndarray of shape (n_bins,), int64
        Non-mated comparisons by score; their sum is all of them.
    mated_scores : ndarray of shape (n_mated,), float64
        All of them, in any order.
    tail_scores : ndarray of shape (n_tail,), float64
        Every non-mated score at or above the floor, in any order.
    floor : Threshold
        Where the exact part begins.
    points : int
        Thresholds at most.

    Returns
    -------
    DetCurve or None
        FMR falls and FNMR rises with the threshold; None where one kind of comparison is
        missing, so that there is no trade-off to show.

    Raises
    ------
    MeasurementError
        If more scores were kept than comparisons made, or counts do not fit their edges.

    Examples
    --------
    >>> from facegate.decision import Metric, Threshold
    >>> scores = np.array([0.1, 0.2, 0.6, 0.8])
    >>> counts = np.array([2, 2])
    >>> mated, floor = np.array([0.7, 0.9]), Threshold(0.5, Metric.COSINE)
    >>> det_curve("A", np.array([0, 0.5, 1]), counts, mated, scores[2:], floor)
    DetCurve(group='A', scores=(0.6, 0.8), fmr=(0.5, 0.25), fnmr=(0.0, 0.5))
    """
    total = int(non_mated_counts.sum())
    _require_fit(edges, non_mated_counts, tail_scores.size, total)
    if total == 0 or mated_scores.size == 0:
        return None
    scores, at_or_above = _candidates(edges, non_mated_counts, tail_scores, floor)
    if scores.size == 0:
        return None
    wanted = np.geomspace(at_or_above[0], at_or_above[-1], points)
    chosen = np.unique(np.searchsorted(-at_or_above, -wanted, side="left"))  # at most the wanted count
    scores, at_or_above = scores[chosen], at_or_above[chosen]
    fnmr = np.searchsorted(np.sort(mated_scores), scores, side="left") / mated_scores.size
    return DetCurve(
        group=group,
        scores=tuple(scores.tolist()),
        fmr=tuple((at_or_above / total).tolist()),
        fnmr=tuple(fnmr.tolist()),
    )


def distribution(
    group: str, edges: Edges, non_mated_counts: Counts, mated_scores: Scores, *, bins: int = BINS
) -> Distribution:
    """Coarsen the histogram of one group to what a figure can show.

    Parameters
    ----------
    group : str
        Name of the group, or ``everybody``.
    edges : ndarray of shape (n_bins + 1,), float64
        Rising edges of the histogram; a score on an edge belongs to the bin above it. The
        outer bins hold what lies beyond too.
    non_mated_counts : ndarray of shape (n_bins,), int64
        Non-mated comparisons by score.
    mated_scores : ndarray of shape (n_mated,), float64
        All of them, in any order.
    bins : int
        Bins at most, at least 1.

    Returns
    -------
    Distribution
        From the first bin that holds anything to the last; edges are some of ``edges``, and
        no comparison is lost. A group without any comparison has zeros over all edges.

    Raises
    ------
    MeasurementError
        If counts do not fit their edges, or there shall be no bin.

    Examples
    --------
    >>> counts = np.array([0, 5, 3, 1, 0, 0])
    >>> distribution("A", np.arange(7.0), counts, np.array([3.0, 4.5]), bins=2)
    Distribution(group='A', edges=(1.0, 3.0, 5.0), non_mated=(8, 1), mated=(0, 2))
    """
    _require_fit(edges, non_mated_counts, 0, int(non_mated_counts.sum()))
    if bins < 1:
        msg = f"a distribution needs at least 1 bin, got {bins}"
        raise MeasurementError(msg)
    n_fine = non_mated_counts.size
    place = np.clip(np.searchsorted(edges, mated_scores, side="right") - 1, 0, n_fine - 1)
    mated = np.bincount(place, minlength=n_fine)
    filled = np.flatnonzero(non_mated_counts + mated)
    start, stop = (int(filled[0]), int(filled[-1]) + 1) if filled.size else (0, n_fine)
    cuts = np.unique(np.round(np.linspace(start, stop, bins + 1)).astype(np.int64))
    return Distribution(
        group=group,
        edges=tuple(edges[cuts].tolist()),
        non_mated=tuple(np.add.reduceat(non_mated_counts, cuts[:-1]).tolist()),
        mated=tuple(np.add.reduceat(mated, cuts[:-1]).tolist()),
    )


def _candidates(
    edges: Edges, non_mated_counts: Counts, tail_scores: Scores, floor: Threshold
) -> tuple[Scores, Counts]:
    """List thresholds, rising, with the comparisons at or above each; counts fall strictly, none is 0."""
    observed, times = np.unique(tail_scores, return_counts=True)
    in_tail = np.cumsum(times[::-1])[::-1]
    inner, above = edges[1:-1], np.cumsum(non_mated_counts[::-1])[::-1][1:]
    below = inner < (min(floor.score, observed[0]) if observed.size else floor.score)
    # The histogram is binned in less precise scores: near the floor it must not contradict the tail.
    counts = np.concatenate((np.maximum(above[below], tail_scores.size), in_tail))
    scores = np.concatenate((inner[below], observed))
    kept = np.append(counts[1:] != counts[:-1], np.ones(min(1, counts.size), dtype=bool)) & (counts > 0)
    return scores[kept], counts[kept]


def _require_fit(edges: Edges, counts: Counts, n_tail: int, total: int) -> None:
    """Refuse counts that do not belong to these edges, or to this tail."""
    if edges.size != counts.size + 1 or counts.size == 0 or not bool((np.diff(edges) > 0).all()):
        msg = f"{counts.size} counts need {counts.size + 1} rising edges, got {edges.size} edges"
        raise MeasurementError(msg)
    if n_tail > total:
        msg = f"{n_tail:,} scores were kept of only {total:,} comparisons; wanted no more"
        raise MeasurementError(msg)


def curves_of(
    population: Population, comparisons: Comparisons
) -> tuple[tuple[DetCurve, ...], tuple[Distribution, ...]]:
    """Make the DET curve and the score distribution of everybody and of each group.

    Parameters
    ----------
    population : Population
        Who was compared.
    comparisons : Comparisons
        What comparing them found; without histograms nothing below the floor is known, and
        there are no curves.

    Returns
    -------
    det : tuple of DetCurve
        Everybody first; only those with both kinds of comparison.
    distributions : tuple of Distribution
        Everybody first.
    """
    histograms, tail, mated = comparisons.histograms, comparisons.tail, comparisons.mated
    if histograms is None:
        return (), ()
    group = population.group_of_template
    inside = np.where(group[tail.first] == group[tail.second], group[tail.first], -1)
    parts = [(EVERYBODY, histograms.whole(), mated.scores, tail.scores)]
    for place, name in enumerate(population.names):
        own = mated.scores[group[mated.first] == place]
        parts.append((name, histograms.between(place, place), own, tail.scores[inside == place]))
    curves = [
        det_curve(name, histograms.edges, counts, own, kept, comparisons.floor)
        for name, counts, own, kept in parts
    ]
    spread = [distribution(name, histograms.edges, counts, own) for name, counts, own, _ in parts]
    return tuple(curve for curve in curves if curve is not None), tuple(spread)

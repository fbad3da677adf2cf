"""Curves: both errors over thresholds (DET), spread of scores, and how few people carry false matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.numbers import percent, rounded
from facegate.reporting.report.blocks import Figure, Grid
from facegate.reporting.report.drawing import (
    BLACK,
    COLORS,
    DASHES,
    GRAY,
    MARKERS,
    PALE,
    drawing,
    short_name,
)
from facegate.reporting.report.rate_figures import log_ticks
from facegate.reporting.sentences import concentration_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from facegate.evaluation.group_rates import AtThreshold
    from facegate.evaluation.result import DetCurve, Distribution, Measurement

TALL = 4.4
NAMED_CURVES = 7
DET_ROWS = 12


def det_by_group(measured: Measurement, at: AtThreshold, *, name: str) -> Figure:
    """Draw FNMR against FMR for everybody and the groups with most people.

    Parameters
    ----------
    measured : Measurement
        Whose curves.
    at : AtThreshold
        Its worst group is always among the named curves.
    name : str
        Name of the figure.
    """
    title = "Both errors over all thresholds, by group (DET)"
    curves = [curve for curve in measured.det if any(_points(curve)[0])]
    if not curves:
        why = (
            "Not drawn: the data hold no threshold at which both errors were seen (no comparisons of one "
            "person, or none of them scored as low as any of two people)."
        )
        return Figure(name, title, why, "", None)
    named = _named_groups(measured, at)
    others = sum(curve.group not in named for curve in curves)
    reading = (
        "A curve nearer the lower left makes fewer of both errors; where curves lie apart, one threshold "
        "means different error rates for different groups. No ranges are drawn here: see the tables at "
        f"each threshold.{f' {others} more groups are drawn thin and gray.' if others else ''}"
    )
    with drawing(name=name, title=title, described=reading, height=TALL) as made:
        _det_lines(made.axes, curves, named)
    return Figure(name, title, reading, made.svg, _det_grid(curves, title))


def score_spread(measured: Measurement, at: AtThreshold, *, name: str) -> Figure:
    """Draw how scores of mated and non-mated comparisons are spread, everybody together."""
    title = "How comparison scores are spread"
    if not measured.distributions:
        return Figure(name, title, "Not drawn: the result holds no distribution of scores.", "", None)
    one = measured.distributions[0]
    reading = (
        f"Share of the comparisons of {one.group} in each bin of scores (log scale); the dashed line is "
        f"threshold {at.threshold.name}: two people to its right are false matches, one person to its left "
        "is a miss."
    )
    with drawing(name=name, title=title, described=reading, height=3.4) as made:
        _spread_lines(made.axes, one, at)
    return Figure(name, title, reading, made.svg, _spread_grid(one, title))


def concentration_curve(measured: Measurement, *, name: str) -> Figure:
    """Draw what share of false matches involves the most involved people, at each threshold."""
    title = "How few people carry the false matches"
    known = [at for at in measured.at if at.overall.concentration is not None]
    if not known:
        return Figure(name, title, "Not drawn: no false match was seen, or people are not named.", "", None)
    reading = concentration_sentence(known[0].overall)
    with drawing(name=name, title=title, described=reading, height=3.4) as made:
        for place, at in enumerate(known[: len(COLORS)]):
            _concentration_line(made.axes, at, place)
        made.axes.set_xlabel("most involved people, %")
        made.axes.set_ylabel("false matches they take part in, %")
        made.axes.set(xlim=(0, 100), ylim=(0, 102))
        made.axes.grid()
        made.axes.legend(loc="lower right", title="threshold")
    rows = tuple((at.threshold.name, *(_share_at(at, step) for step in (1, 2, 4, 10))) for at in known)
    columns = ("threshold", "top 5 % of people", "top 10 %", "top 20 %", "top 50 %")
    grid = Grid(f"{title}: share of false matches", columns, rows, file="concentration", folded=True)
    return Figure(name, title, reading, made.svg, grid)


def _concentration_line(axes: Axes, at: AtThreshold, place: int) -> None:
    """Draw the curve of one threshold."""
    if at.overall.concentration is None:
        return
    shares = [100 * share for share in at.overall.concentration.curve]
    steps = [100 * step / (len(shares) - 1) for step in range(len(shares))]
    axes.plot(
        steps, shares, color=COLORS[place], linestyle=DASHES[place], marker=MARKERS[place], markersize=3.5,
        label=at.threshold.name,
    )  # fmt: skip


def _share_at(at: AtThreshold, step: int) -> str:
    few = at.overall.concentration
    return percent(few.curve[step]) if few is not None and step < len(few.curve) else ""


def _named_groups(measured: Measurement, at: AtThreshold) -> tuple[str, ...]:
    """Choose the curves that get a name: everybody, the worst group, and those with most people."""
    sizes = {counts.name: counts.people_enrolled for counts in measured.groups}
    by_size = sorted(sizes, key=lambda group: (-sizes[group], group))
    first = [at.worst_group] if at.worst_group in sizes else []
    wanted = ["everybody", *first, *by_size]
    drawn = {curve.group for curve in measured.det}
    return tuple(dict.fromkeys(group for group in wanted if group in drawn))[: NAMED_CURVES + 1]


def _det_lines(axes: Axes, curves: Sequence[DetCurve], named: tuple[str, ...]) -> None:
    """Draw the curves, unnamed ones beneath."""
    for curve in curves:
        if curve.group not in named:
            axes.plot(*_points(curve), color=PALE, linewidth=0.8)
    by_group = {curve.group: curve for curve in curves}
    for place, group in enumerate(one for one in named if one in by_group):
        color = BLACK if group == "everybody" else COLORS[(place - 1) % (len(COLORS) - 1)]
        fmr, fnmr = _points(by_group[group])
        axes.plot(
            fmr, fnmr, color=color, linestyle=DASHES[place % len(DASHES)], label=short_name(group),
            linewidth=2.2 if group == "everybody" else 1.4, marker=MARKERS[place % len(MARKERS)],
            markersize=4, markevery=max(1, len(fmr) // 8),
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    log_ticks(axes, "x")
    log_ticks(axes, "y")
    axes.set_xlabel("false match rate, % of comparisons of two people (log scale)")
    axes.set_ylabel("false non-match rate, %\nof comparisons of one person (log scale)")
    axes.grid()
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _points(curve: DetCurve) -> tuple[list[float], list[float]]:
    """Keep the points that a log axis can hold, in percent."""
    kept = [(100 * x, 100 * y) for x, y in zip(curve.fmr, curve.fnmr, strict=True) if x > 0 and y > 0]
    return [x for x, _ in kept], [y for _, y in kept]


def _det_grid(curves: Sequence[DetCurve], title: str) -> Grid:
    """List at most a dozen points of each curve; the file holds them all."""
    rows = []
    for curve in curves:
        step = max(1, -(-len(curve.scores) // DET_ROWS))
        for score, fmr, fnmr in list(zip(curve.scores, curve.fmr, curve.fnmr, strict=True))[::step]:
            rows.append((curve.group, f"{score:.4g}", percent(fmr), percent(fnmr)))
    columns = ("group", "threshold (score)", "FMR per comparison", "FNMR per comparison")
    return Grid(f"{title}: every so many points", columns, tuple(rows), file="det", folded=True)


def _spread_lines(axes: Axes, one: Distribution, at: AtThreshold) -> None:
    """Draw both histograms as shares."""
    kinds = (("two different people", one.non_mated, 0), ("one person", one.mated, 1))
    for label, counts, place in kinds:
        total = sum(counts)
        if not total:
            continue
        shares = [100 * count / total if count else float("nan") for count in counts]
        axes.stairs(
            shares, one.edges, color=COLORS[place], linestyle=DASHES[place], linewidth=1.6,
            label=f"{label} ({total:,})", baseline=None,
        )  # fmt: skip
    axes.axvline(at.threshold.score, color=BLACK, linestyle="--", linewidth=1.2)
    axes.annotate(
        short_name(at.threshold.name), (at.threshold.score, 0.98), xycoords=("data", "axes fraction"),
        xytext=(4, 0), textcoords="offset points", va="top", fontsize=8, color=GRAY,
    )  # fmt: skip
    axes.set_yscale("log")
    log_ticks(axes, "y")
    axes.set_xlabel("comparison score (higher: more alike)")
    axes.set_ylabel("% of comparisons (log scale)")
    axes.grid(axis="y")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def _spread_grid(one: Distribution, title: str) -> Grid:
    bins = zip(one.edges[:-1], one.edges[1:], one.non_mated, one.mated, strict=True)
    rows = tuple(
        (f"{rounded(low)} to {rounded(high)}", f"{non_mated:,}", f"{mated:,}")
        for low, high, non_mated, mated in bins
        if non_mated or mated
    )
    columns = ("score", "comparisons of two people", "comparisons of one person")
    return Grid(f"{title}: counts ({one.group})", columns, rows, file="distributions", folded=True)

"""FPIR as the gallery grows: what was measured, and what a model makes of the rest.

The two are told apart three times: dots against a dashed line, a label, and the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.numbers import percent, rounded
from facegate.reporting.report.blocks import Figure, Grid
from facegate.reporting.report.drawing import BLACK, COLORS, GRAY, MARKERS, drawing, short_name
from facegate.reporting.report.rate_figures import log_ticks
from facegate.reporting.report.wording import per_search_cell, percent_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from facegate.evaluation.group_rates import AtThreshold
    from facegate.evaluation.identification.result import GrowthPoint, Identification, ModelPoint

TITLE = "False positive searches (FPIR) as the gallery grows"
NAMED = 5
MODEL = "model, not measurement"
READING = (
    "Dots: the share of searches for people who are not enrolled that returned anybody, measured by real "
    "searches, with 95 % ranges; hollow where that rests on too little for a rate. Dashed: a model, not a "
    "measurement; it takes comparisons to be independent, which they are not: it is too high where few "
    "people collect the false positives, and where dots lie above it, too low."
)


def growth_figure(found: Identification | None, at: AtThreshold, *, name: str) -> Figure:
    """Draw FPIR against gallery size, and the model up to its largest size.

    Parameters
    ----------
    found : Identification or None
        Searches, if any were made.
    at : AtThreshold
        Which threshold; its worst group is drawn.
    name : str
        Name of the figure.
    """
    if found is None:
        return Figure(name, TITLE, "Not drawn: the input has no templates to search with.", "", None)
    points = growth_of(found, at.threshold.name)
    model = [one for one in found.model if one.threshold == at.threshold.name]
    grid = growth_grid(points, model, at.threshold.name)
    if not any(one.fpir for one in points) and not model:
        why = f"Not drawn: no search was measured at threshold {at.threshold.name}."
        return Figure(name, TITLE, why, "", None)
    groups = _groups(points, model, at)
    reading = f"{READING}{_largest(model)}"
    with drawing(name=name, title=TITLE, described=reading, height=4.2) as made:
        for place, group in enumerate(groups):
            _one_group(made.axes, place, group, points, model)
        _finish(made.axes, labeled=bool(model))
    return Figure(name, TITLE, reading, made.svg, grid)


def growth_of(found: Identification, threshold: str) -> list[GrowthPoint]:
    """Choose the points of the operational gallery (or the first) at one threshold."""
    mixes = sorted(found.mixes, key=lambda mix: not mix.operational)
    wanted = mixes[0].name if mixes else None
    return [point for point in found.growth if (point.mix, point.threshold) == (wanted, threshold)]


def growth_grid(points: Sequence[GrowthPoint], model: Sequence[ModelPoint], threshold: str) -> Grid:
    """List what was measured, then what the model says, each marked."""
    rows = [
        (
            one.group,
            f"{one.gallery_size:,}",
            "measured",
            percent_cell(one.fpir),
            per_search_cell(one.sel),
        )
        for one in points
    ]
    rows += [
        (one.group, f"{one.gallery_size:,}", MODEL, percent(one.fpir), rounded(one.sel)) for one in model
    ]
    return Grid(
        f"{TITLE} at threshold {threshold}: numbers (95 % ranges)",
        ("group", "people in the gallery", "kind", "FPIR, % of searches", "wrong people per search"),
        tuple(rows),
        file="growth",
        folded=True,
    )


def _groups(points: Sequence[GrowthPoint], model: Sequence[ModelPoint], at: AtThreshold) -> list[str]:
    """Choose who is drawn: everybody, the worst group, the next ones."""
    known = list(dict.fromkeys([one.group for one in points] + [one.group for one in model]))
    first = [group for group in ("everybody", at.worst_group) if group in known]
    return list(dict.fromkeys([group for group in first if group] + known))[:NAMED]


def _one_group(
    axes: Axes, place: int, group: str, points: Sequence[GrowthPoint], model: Sequence[ModelPoint]
) -> None:
    """Draw what was measured as dots with ranges, the model as a dashed line."""
    color = BLACK if group == "everybody" else COLORS[place - 1]
    shift = 1 + 0.03 * (place - NAMED // 2)  # so that ranges of one gallery size do not hide each other
    label: str | None = short_name(group)
    for point in points:
        if point.group != group or point.fpir is None or point.fpir.high <= 0:
            continue
        rate = point.fpir
        middle = rate.estimate if rate.estimate > 0 else rate.high
        down = 0.0 if rate.estimate == 0 else middle - max(rate.low, middle / 100)
        axes.errorbar(
            [point.gallery_size * shift], [100 * middle], yerr=[[100 * down], [100 * (rate.high - middle)]],
            fmt=MARKERS[place], color=color, markersize=5, linewidth=1.4, label=label,
            markerfacecolor=color if rate.supported else "white",
        )  # fmt: skip
        label = None
    line = sorted((one.gallery_size, 100 * one.fpir) for one in model if one.group == group and one.fpir > 0)
    if line:
        axes.plot(
            [size for size, _ in line], [rate for _, rate in line], linestyle="--", color=color,
            linewidth=1.1, label=None if label is None else f"{label} ({MODEL})",
        )  # fmt: skip


def _finish(axes: Axes, *, labeled: bool) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    log_ticks(axes, "x")
    log_ticks(axes, "y")
    axes.set_xlabel("people in the gallery (log scale)")
    axes.set_ylabel("FPIR, % of searches (log scale)")
    axes.set_ylim(top=150)
    axes.grid()
    axes.legend(loc="lower right")
    if labeled:
        axes.annotate(
            f"dashed: {MODEL}", (0.02, 0.97), xycoords="axes fraction", va="top", color=GRAY, fontsize=9,
            fontweight="bold",
        )  # fmt: skip


def _largest(model: Sequence[ModelPoint]) -> str:
    """Say what the model makes of its largest gallery."""
    everybody = [one for one in model if one.group == "everybody"]
    if not everybody:
        return ""
    last = max(everybody, key=lambda one: one.gallery_size)
    return (
        f" In a gallery of {last.gallery_size:,} people the model says that {percent(last.fpir)} of such "
        f"searches would return somebody, {rounded(last.sel)} wrong people on average."
    )

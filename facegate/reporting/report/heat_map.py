"""Who is confused with whom: a square for every pair of groups, with the count in it.

Color is the rate on a log scale (cividis, which color-blind readers see alike), the number
is the count of false matches. Hatched squares have too little data for a rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facegate.reporting.numbers import MILLION, per_million
from facegate.reporting.report.blocks import Figure, Grid
from facegate.reporting.report.drawing import GRAY, WIDTH, drawing, short_name
from facegate.reporting.report.rate_figures import log_ticks
from facegate.reporting.report.wording import counts_cell, range_cell, rate_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.collections import Collection

    from facegate.evaluation.group_rates import AtThreshold, PairRate
    from facegate.evaluation.rates import Estimate

CELL = 0.4  # inches: three digits in 7 points
MARGIN = 2.4
DARK_BELOW = 0.55


def group_heat_map(at: AtThreshold, *, name: str) -> Figure:
    """Draw the false match rate of every pair of groups, with counts.

    Parameters
    ----------
    at : AtThreshold
        One threshold.
    name : str
        Name of the figure.
    """
    title = f"False matches between groups at threshold {at.threshold.name}"
    numbers = pair_grid(at.pairs, f"{title}: numbers, per million comparisons")
    known = [pair.fmr for pair in at.pairs if pair.fmr is not None and pair.fmr.supported]
    if not known:
        return Figure(name, title, "Not drawn: no pair of groups has data enough for a rate.", "", numbers)
    reading = _reading(at)
    names = [rates.group for rates in at.groups]
    side = CELL * len(names) + MARGIN
    with drawing(
        name=name, title=title, described=reading, width=max(WIDTH, side + 1.0), height=side
    ) as made:
        mesh = _squares(made.axes, names, at.pairs, known)
        bar = made.canvas.colorbar(mesh, ax=made.axes, shrink=0.6, aspect=30, pad=0.02)
        for solid in bar.ax.collections:
            solid.set_rasterized(False)  # else it is a picture, which the page's policy forbids
        log_ticks(bar.ax, "y")
        bar.set_label("per million comparisons (log scale)")
    return Figure(name, title, reading, made.svg, numbers)


def pair_grid(pairs: Sequence[PairRate], caption: str, *, folded: bool = True) -> Grid:
    """List every pair of groups."""
    return Grid(
        caption,
        ("group", "with group", "false matches of comparisons", "per million", "95 % range"),
        tuple(
            (pair.first, pair.second, counts_cell(pair.fmr), rate_cell(pair.fmr), range_cell(pair.fmr))
            for pair in pairs
        ),
        file="group_pairs",
        folded=folded,
    )


def _squares(
    axes: Axes, names: list[str], pairs: Sequence[PairRate], known: Sequence[Estimate]
) -> Collection:
    """Draw the squares and write the counts."""
    from matplotlib.colors import LogNorm  # noqa: PLC0415  slow to load, and only reports draw

    place = {group: row for row, group in enumerate(names)}
    values = np.full((len(names), len(names)), np.nan)
    cells = {(place[pair.first], place[pair.second]): pair.fmr for pair in pairs}
    cells |= {(second, first): fmr for (first, second), fmr in cells.items()}
    for where, fmr in cells.items():
        if fmr is not None and fmr.supported:
            values[where] = fmr.estimate * MILLION
    low, high = (end(one.estimate for one in known) * MILLION for end in (min, max))
    norm = LogNorm(low, high if high > low else low * 10)
    mesh = axes.pcolor(np.ma.masked_invalid(values), cmap="cividis", norm=norm, edgecolor="white")
    _hatch(axes, [where for where, fmr in cells.items() if fmr is None or not fmr.supported])
    for (row, column), fmr in cells.items():
        supported = fmr is not None and fmr.supported
        shade = float(norm(values[row, column])) if supported else 1.0
        _write(axes, row, column, fmr, color="white" if shade < DARK_BELOW else "black")
    _name_axes(axes, names)
    return mesh


def _hatch(axes: Axes, places: Sequence[tuple[int, int]]) -> None:
    """Hatch the squares with too little for a rate; all are one path, for there can be thousands."""
    from matplotlib.patches import PathPatch  # noqa: PLC0415  slow to load, and only reports draw
    from matplotlib.path import Path  # noqa: PLC0415  the same

    if not places:
        return
    unit = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)])
    corners = np.array([(column, row) for row, column in places])
    squares = Path.make_compound_path(*(Path(unit + corner, closed=True) for corner in corners))
    patch = PathPatch(squares, facecolor="white", edgecolor="#cfcfcf", hatch="////", linewidth=0.4)
    axes.add_patch(patch).set_in_layout(False)


def _write(axes: Axes, row: int, column: int, fmr: Estimate | None, *, color: str) -> None:
    """Write the count into a square."""
    text = axes.text(
        column + 0.5, row + 0.5, "?" if fmr is None else _brief(fmr.events), ha="center", va="center",
        fontsize=7, color=color,
    )  # fmt: skip
    text.set_in_layout(False)  # it lies inside its square: measuring thousands takes half a minute


def _name_axes(axes: Axes, names: list[str]) -> None:
    middles = [place + 0.5 for place in range(len(names))]
    shown = [short_name(group) for group in names]
    axes.set_yticks(middles, shown)
    axes.set_xticks(middles, shown, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_ylim(len(names), 0)
    axes.set_xlim(0, len(names))
    axes.set_aspect("equal")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_edgecolor(GRAY)


def _brief(count: int) -> str:
    """Write a count in at most four characters or so."""
    thousand = 1_000
    if count < 10 * thousand:
        return str(count)
    return (
        f"{count / thousand:.0f}k" if count < thousand * thousand else f"{count / thousand / thousand:.1f}M"
    )


def _reading(at: AtThreshold) -> str:
    """Name the pair with the highest rate."""
    known = [pair for pair in at.pairs if pair.fmr is not None and pair.fmr.supported]
    worst = max(known, key=lambda pair: pair.fmr.estimate if pair.fmr else 0.0)
    rate = per_million(worst.fmr.estimate) if worst.fmr else ""
    whom = "itself" if worst.first == worst.second else worst.second
    return (
        f"Most often confused, where data are enough: {worst.first} with {whom}, {rate} in a million "
        f"({range_cell(worst.fmr)}, 95 %). "
        "Each number is a count of false matches; the color is their rate; hatched: too little data for a "
        "rate; a question mark: nobody to compare."
    )

"""Rates with intervals on a log axis: by group, and up the matching ladder.

A rate that the data can speak to is a filled dot with its interval. One that they cannot is
hollow and stands at the upper end of its range: all that is known is that it lies below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.reporting.numbers import MILLION, named, per_million, rounded
from facegate.reporting.report.blocks import Figure, Grid
from facegate.reporting.report.drawing import BLACK, COLORS, GRAY, drawing, short_name
from facegate.reporting.report.wording import counts_cell, range_cell, rate_cell, smallest_cell
from facegate.reporting.sentences import worst_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from facegate.evaluation.group_rates import AtThreshold
    from facegate.evaluation.rates import Estimate

AXIS = "false matches in a million comparisons (log scale)"
ROW = 0.27
FEW_DECADES = 1000.0
MOST_TICKS = 6
HOW = (
    "Filled: the rate with its 95 % range. Hollow: too few people or false matches for a rate; the mark is "
    "the upper end of the range, which goes on as a dotted line or, with an arrow, down to none."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the drawing."""

    name: str
    found: Estimate | None
    marked: bool = False


def fmr_by_group(at: AtThreshold, *, name: str) -> Figure:
    """Draw the false match rate of every group and of everybody.

    Parameters
    ----------
    at : AtThreshold
        One threshold.
    name : str
        Name of the figure.
    """
    lines = [
        Line("everybody", at.overall.fmr),
        *(Line(one.group, one.fmr, one.group == at.worst_group) for one in at.groups),
    ]
    title = f"False match rate by group at threshold {at.threshold.name}"
    return _rates(lines, name=name, title=title, reading=worst_sentence(at), heading="group")


def ladder(at: AtThreshold, *, name: str) -> Figure:
    """Draw how the false match rate changes as strangers are alike in more labels."""
    lines = [Line(_alike(rung.same), rung.fmr) for rung in at.ladder]
    title = f"Matching ladder at threshold {at.threshold.name}: strangers alike in more and more labels"
    if len(lines) < 2:  # noqa: PLR2004  a first and a last
        why = "Not drawn: no label is recorded in which strangers could be alike."
        return Figure(name, title, why, "", None)
    return _rates(lines, name=name, title=title, reading=_ladder_reading(at), heading="strangers")


def _rates(lines: Sequence[Line], *, name: str, title: str, reading: str, heading: str) -> Figure:
    """Draw rows of rates, and list the same numbers."""
    numbers = Grid(
        f"{title}: numbers, per million comparisons",
        (
            heading,
            "false matches of comparisons",
            "per million",
            "95 % range",
            "people",
            "can measure down to",
        ),
        tuple(_row(line) for line in lines),
        file="rates" if heading == "group" else "ladder",
        folded=True,
    )
    drawn = [line for line in lines if line.found is not None and line.found.high > 0]
    if not drawn:
        why = "Not drawn: no two people could be compared, so no rate is known."
        return Figure(name, title, why, "", numbers if lines else None)
    described = f"{reading} {HOW}"
    with drawing(name=name, title=title, described=described, height=1.1 + ROW * len(lines)) as made:
        for place, line in enumerate(lines):
            _draw(made.axes, place, line)
        _finish(made.axes, lines, drawn)
    return Figure(name, title, described, made.svg, numbers)


def _draw(axes: Axes, place: int, line: Line) -> None:
    """Draw one row."""
    found = line.found
    if found is None or found.high <= 0:
        axes.annotate(
            "nobody to compare: unknown", (0.01, place), xycoords=("axes fraction", "data"), va="center",
            color=GRAY, fontsize=8,
        )  # fmt: skip
        return
    color = COLORS[1] if line.marked else COLORS[0] if place else BLACK
    low, middle, high = (value * MILLION for value in (found.low, found.estimate, found.high))
    if found.supported:
        axes.plot([max(low, middle / 100), high], [place, place], color=color, linewidth=2)
        axes.plot([middle], [place], "D" if line.marked else "o", color=color, markersize=6)
        return
    if low > 0:
        axes.plot([low, high], [place, place], color=color, linewidth=1.2, linestyle=":")
    axes.plot([high], [place], "o", markerfacecolor="white", markeredgecolor=color, markersize=6)
    if low > 0:
        return
    axes.annotate(
        "", (high, place), xytext=(-26, 0), textcoords="offset points",
        arrowprops={"arrowstyle": "<-", "color": color, "shrinkB": 4, "linestyle": "-"},
    )  # fmt: skip


def _finish(axes: Axes, lines: Sequence[Line], drawn: Sequence[Line]) -> None:
    """Name rows and axes."""
    names = [short_name(line.name) + ("  (highest)" if line.marked else "") for line in lines]
    axes.set_yticks(range(len(lines)), names)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    supported = [line.found for line in drawn if line.found and line.found.supported]
    lowest = min(
        [one.estimate / 3 for one in supported] + [line.found.high / 8 for line in drawn if line.found]
    )
    lowest = min([lowest, *(one.low for one in supported if one.low > one.estimate / 100)])
    highest = max(line.found.high for line in drawn if line.found)
    axes.set_xscale("log")
    axes.set_xlim(lowest * MILLION / 1.5, highest * MILLION * 1.8)
    log_ticks(axes, "x")
    axes.set_xlabel(AXIS)
    axes.grid(axis="x")
    first = lines[0].found
    if first is not None and first.supported:
        axes.axvline(first.estimate * MILLION, color=GRAY, linestyle=":", linewidth=1)


def log_ticks(axes: Axes, which: str) -> None:
    """Write plain numbers along a log axis; where it is short, at 2 and 5 too."""
    from matplotlib import ticker  # noqa: PLC0415  slow to load, and only reports draw

    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = sorted(axis.get_view_interval())
    if low > 0 and high / low < FEW_DECADES:
        axis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    elif which == "x":
        axis.set_major_locator(ticker.LogLocator(numticks=MOST_TICKS))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: rounded(value)))
    axis.set_minor_formatter(ticker.NullFormatter())


def _row(line: Line) -> tuple[str, ...]:
    """List the numbers of one row."""
    found = line.found
    return (
        line.name,
        counts_cell(found),
        rate_cell(found),
        range_cell(found),
        named(found.people) if found else "",
        smallest_cell(found),
    )


def _alike(same: tuple[str, ...]) -> str:
    """Name a rung, such as ``same sex and race``."""
    labels = [label.replace("_class", "") for label in same]
    return f"same {' and '.join(labels)}" if labels else "any two people"


def _ladder_reading(at: AtThreshold) -> str:
    """Say the first and the last rung."""
    known = [rung for rung in at.ladder if rung.fmr is not None and rung.fmr.supported]
    if len(known) < 2:  # noqa: PLR2004  a first and a last
        return "Too few rungs have data enough to say how matching changes the rate."
    first, last = known[0].fmr, known[-1].fmr
    if first is None or last is None:
        return ""
    start = f"Strangers of the {_alike(known[0].same)}" if known[0].same else "Any two people"
    return (
        f"{start}: {per_million(first.estimate)} in a million ({range_cell(first)}, 95 %); of the "
        f"{_alike(known[-1].same)}: {per_million(last.estimate)} in a million ({range_cell(last)}, 95 %)."
    )

"""Two runs side by side, and bounds with their verdicts: tables for the terminal, rows for CSV."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from facegate.evaluation.side_by_side.bound_checks import Verdict
from facegate.evaluation.side_by_side.differences import Direction
from facegate.evaluation.side_by_side.runs import RATES
from facegate.reporting.numbers import UNKNOWN, per_million, percent, rounded
from facegate.reporting.sentences import SYNTHETIC, threshold_sentence
from facegate.reporting.terminal import DAGGER, plain_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from facegate.evaluation.side_by_side.bound_checks import Judged
    from facegate.evaluation.side_by_side.differences import Change, Known
    from facegate.evaluation.side_by_side.runs import Contrast, SideBySide, SideOfRun, Which
    from facegate.reporting.tables import Row

TITLES = {
    "fmr": "False matches (FMR), per million comparisons of two different people",
    "fnmr": "Missed (FNMR), of two photos of one person, in percent",
    "fpir": "Searches for people not enrolled that return anybody (FPIR), in percent",
    "fnir": "Searches for enrolled people that do not return them (FNIR), in percent",
    "sel": "People wrongly returned per search (SEL)",
    "fte": "Photos without a template (FTE), in percent; at any threshold",
}
UNITS = {
    "fmr": "per comparison", "fnmr": "per comparison", "fpir": "per search",
    "fnir": "per search", "sel": "people per search", "fte": "per photo",
}  # fmt: skip
COLUMNS = ("group", "A", "B", "B - A", "B / A", "B is")
NARROWEST_GROUP = 14
NARROWEST_NUMBER = 10
MINUS = "\N{MINUS SIGN}"
HOW_TO_READ = (
    "Second lines are 95 % ranges. B - A and B / A come from the two ranges as if the runs had nothing to do "
    "with each other."
)
SAME_DATA = (
    "Both runs are of the same photos. Who is confused by one system is often confused by the other, so the "
    "ranges of B - A and B / A are wider than need be: a difference they show is there, and one they do not "
    "show may be there too."
)
MANY = (
    "With {n} comparisons of groups and rates, about {expected} would seem to differ if nothing did: each "
    "range misses its truth one time in twenty."
)
FEW = f"{DAGGER} too few people or events to give a rate; what is said of it is a hint, no finding."
MISS_RATE = 0.05


def show_comparison(compared: SideBySide) -> Group:
    """Lay two runs out side by side.

    Parameters
    ----------
    compared : SideBySide
        Both runs.

    Returns
    -------
    Group
        Something rich can print, at 80 columns or more.
    """
    parts: list[RenderableType] = [*_head(compared)]
    for which in _tables(compared):
        parts += [Text(""), _table(compared, which)]
    return Group(*parts, *_foot(compared))


@dataclass(frozen=True, slots=True)
class ComparedTable:
    """One rate of two runs, group by group, as text.

    Parameters
    ----------
    title : str
        Which rate, and of which gallery.
    rows : tuple of tuple of str
        Cells under `COLUMNS`; second lines of a cell are 95 % ranges. Empty where neither run knows the rate.
    """

    title: str
    rows: tuple[tuple[str, ...], ...]


def comparison_tables(compared: SideBySide) -> tuple[ComparedTable, ...]:
    """Give what `show_comparison` lays out, table by table, for other pages than a terminal."""
    found = []
    for head in _tables(compared):
        shown = _of_table(compared, head)
        known = any(one.first is not None or one.second is not None for one in shown)
        found.append(ComparedTable(_title(head), tuple(map(_cells, shown)) if known else ()))
    return tuple(found)


def comparison_head(compared: SideBySide) -> tuple[str, str]:
    """Say what A and B are, one sentence each."""
    return _about(compared.first), _about(compared.second)


def comparison_notes(compared: SideBySide) -> tuple[str, ...]:
    """Say how the tables are to be read."""
    return tuple(_notes(compared))


def comparison_rows(compared: SideBySide) -> list[Row]:
    """List every rate of both runs with its change, for CSV.

    Texts that a spreadsheet would run as a formula are marked when the rows become CSV.
    """
    return [_csv_row(compared, contrast) for contrast in compared.contrasts]


def show_judged(judged: Sequence[Judged]) -> Group:
    """Lay out bounds with their verdicts, then say how many a build must stop for."""
    table = plain_table("Bounds: fail if", "bound", "group", "measured", "95 % range", "verdict")
    for column in (table.columns[1], table.columns[-1]):
        column.justify = "left"
    for one in judged:
        write = _writer(one)
        measured = UNKNOWN if one.value is None else write(one.value)
        table.add_row(
            Text(str(one.bound)), Text(f"{one.group}\n{one.where}"), measured,
            _range(one.low, one.high, write), one.verdict.value, style="bold" if one.stops else "",
        )  # fmt: skip
    reasons = [
        Text(f"- {one.bound}, {one.group}: unknown counts as broken. {one.why[:1].upper()}{one.why[1:]}.")
        for one in judged
        if one.verdict is Verdict.UNKNOWN
    ]
    return Group(table, *reasons, Text(verdict_sentence(judged), style="bold"))


def verdict_sentence(judged: Sequence[Judged]) -> str:
    """Say how many checks hold, are broken, and are unknown; ``*`` makes one for each group."""
    broken = sum(one.verdict is Verdict.BROKEN for one in judged)
    unknown = sum(one.verdict is Verdict.UNKNOWN for one in judged)
    checked = "1 check" if len(judged) == 1 else f"{len(judged):,} checks"
    if not broken and not unknown:
        return f"{checked} of bounds: all hold."
    return (
        f"{checked} of bounds: {broken:,} broken, {unknown:,} unknown (counts as broken), "
        f"{len(judged) - broken - unknown:,} hold."
    )


def judged_rows(judged: Sequence[Judged]) -> list[Row]:
    """List bounds with their verdicts, for CSV."""
    return [
        {
            "fail_if": str(one.bound),
            "group": one.group,
            "where": one.where,
            "value": one.value,
            "low_95": one.low,
            "high_95": one.high,
            "limit": one.bound.limit,
            "verdict": one.verdict.value,
            "stops_the_build": one.stops,
            "why": one.why,
        }
        for one in judged
    ]


def _head(compared: SideBySide) -> Iterator[RenderableType]:
    if compared.first.result.provenance.synthetic:
        yield Panel(Text(SYNTHETIC, style="bold"), border_style="bold red")
    yield Text("Two runs side by side", style="bold")
    for letter, side in (("A", compared.first), ("B", compared.second)):
        yield Text(f"{letter}: {_about(side)}")
    for warning in compared.warnings:
        yield Text(f"! {warning}", style="bold")


def _about(side: SideOfRun) -> str:
    origin = side.result.provenance
    native = origin.metric.native_name
    model = f" ({origin.embedder_digest[:12]})" if origin.embedder_digest else ""
    return (
        f"{side.name}: {origin.embedder}{model} on {origin.dataset}, measured {origin.measured_on}. "
        f"{threshold_sentence(side.used, native)}"
    )


def _tables(compared: SideBySide) -> list[Which]:
    """Name one rate of each table: a table for each rate, and for each gallery searched."""
    heads: dict[tuple[str, str, int, int], Which] = {}
    for contrast in compared.contrasts:
        which = contrast.which
        heads.setdefault((which.rate, which.mix, which.gallery_size, which.limit), which)
    return sorted(heads.values(), key=lambda which: RATES.index(which.rate))


def _table(compared: SideBySide, head: Which) -> RenderableType:
    """Lay out one rate of every group; one line of words where neither run knows it of anybody."""
    shown = _of_table(compared, head)
    title = escape(_title(head))
    if all(one.first is None and one.second is None for one in shown):
        return Text(f"{_title(head)}: unknown in both runs.")
    table = plain_table(title, *COLUMNS)
    table.columns[-1].justify = "left"
    table.columns[0].min_width = NARROWEST_GROUP
    for column in table.columns[1:5]:
        column.min_width = NARROWEST_NUMBER  # a narrow screen parts a range at "to", never a number
    for one in shown:
        _add(table, one)
    return table


def _of_table(compared: SideBySide, head: Which) -> list[Contrast]:
    return [one for one in compared.contrasts if one.which._replace(group=head.group) == head]


def _title(head: Which) -> str:
    title = TITLES[head.rate]
    if head.mix:
        title += f"; gallery: {head.mix}, N = {head.gallery_size:,}"
    return f"{title}, L = {head.limit:,}" if head.limit else title


def _add(table: Table, one: Contrast) -> None:
    group, *cells = _cells(one)
    decided = one.change.direction in (Direction.HIGHER, Direction.LOWER)
    table.add_row(Text(group), *cells, style="bold" if decided and not _few(one) else "")


def _few(one: Contrast) -> bool:
    return any(side is not None and not side.enough for side in (one.first, one.second))


def _cells(one: Contrast) -> tuple[str, ...]:
    write = _rate_writer(one.which.rate)
    decided = one.change.direction in (Direction.HIGHER, Direction.LOWER)
    told = one.change.direction.value if decided else "not told apart"
    if one.change.direction is Direction.UNKNOWN:
        told = UNKNOWN
    return (
        one.which.group,
        _side(one.first, write),
        _side(one.second, write),
        _difference(one.change, write),
        _ratio(one.change),
        told + DAGGER * (decided and _few(one)),
    )


def _side(known: Known | None, write: Callable[[float], str]) -> str:
    if known is None:
        return UNKNOWN
    mark = "" if known.enough else DAGGER
    return f"{write(known.value)}{mark}\n{_range(known.low, known.high, write)}"


def _difference(change: Change, write: Callable[[float], str]) -> str:
    if change.difference is None:
        return UNKNOWN
    ends = _range(change.difference_low, change.difference_high, lambda value: _signed(value, write))
    return f"{_signed(change.difference, write)}\n{ends}"


def _ratio(change: Change) -> str:
    if change.difference is None:
        return UNKNOWN
    value = "no ratio" if change.ratio is None else f"x {rounded(change.ratio)}"
    if change.ratio_low is None and change.ratio_high is None:
        return value
    return f"{value}\n{_range(change.ratio_low, change.ratio_high, rounded)}"


def _range(low: float | None, high: float | None, write: Callable[[float], str]) -> str:
    """Write a range; an end that is open says so."""
    if low is None and high is None:
        return "-"
    if high is None:
        return f"{write(low or 0.0)} or more"
    return f"{write(low)} to {write(high)}" if low is not None else f"{write(high)} or less"


def _signed(value: float, write: Callable[[float], str]) -> str:
    """Write a change with its sign; a plain hyphen could be read as "to"."""
    if value == 0:
        return "0"
    return ("+" if value > 0 else MINUS) + write(abs(value))


def _rate_writer(rate: str) -> Callable[[float], str]:
    if rate == "fmr":
        return per_million
    return rounded if rate == "sel" else _bare_percent


def _bare_percent(value: float) -> str:
    return percent(value).removesuffix(" %")


def _writer(one: Judged) -> Callable[[float], str]:
    """Choose how a bound's number is written: as the bound writes its limit."""
    if one.bound.part == "max_min" or one.bound.side == "ratio" or one.bound.rate == "sel":
        return _plain
    return _scientific


def _plain(value: float) -> str:
    return f"{value:.4g}"


def _scientific(value: float) -> str:
    return "0" if value == 0 else f"{value:.3g}"


def _foot(compared: SideBySide) -> Iterator[RenderableType]:
    yield Text("")
    undefined = set(_undefined(compared))
    for note in _notes(compared):
        yield Text(note) if note in undefined else Text(note, style="italic")


def _notes(compared: SideBySide) -> Iterator[str]:
    yield HOW_TO_READ
    if compared.same_data:
        yield SAME_DATA
    known = [one for one in compared.contrasts if one.change.direction is not Direction.UNKNOWN]
    if any(map(_few, known)):
        yield FEW
    if len(known) > 1:
        yield MANY.format(n=f"{len(known):,}", expected=rounded(len(known) * MISS_RATE))
    yield from _undefined(compared)


def _undefined(compared: SideBySide) -> Iterator[str]:
    """Say once for each kind of rate why a ratio is missing."""
    for one in compared.contrasts:
        if one.change.direction is not Direction.UNKNOWN and one.change.ratio is None:
            yield f"{one.which.rate.upper()}, {one.which.group}: {one.change.undefined}."


def _csv_row(compared: SideBySide, one: Contrast) -> Row:
    which, change = one.which, one.change
    return {
        "rate": which.rate,
        "unit": UNITS[which.rate],
        "group": which.group,
        "gallery": which.mix or None,
        "gallery_size": which.gallery_size or None,
        "list_limit": which.limit or None,
        "threshold_a": _threshold(which, compared.first),
        "threshold_b": _threshold(which, compared.second),
        **_csv_side("a", one.first),
        **_csv_side("b", one.second),
        "difference": change.difference,
        "difference_low_95": change.difference_low,
        "difference_high_95": change.difference_high,
        "ratio": change.ratio,
        "ratio_low_95": change.ratio_low,
        "ratio_high_95": change.ratio_high,
        "b_is": change.direction.value,
        "undefined": change.undefined or None,
    }


def _threshold(which: Which, side: SideOfRun) -> str | None:
    return None if which.rate == "fte" else side.threshold


def _csv_side(letter: str, known: Known | None) -> Row:
    return {
        f"{letter}_events": known.events if known else None,
        f"{letter}_trials": known.trials if known else None,
        f"{letter}_value": known.value if known else None,
        f"{letter}_low_95": known.low if known else None,
        f"{letter}_high_95": known.high if known else None,
        f"{letter}_enough_data": known.enough if known else None,
    }

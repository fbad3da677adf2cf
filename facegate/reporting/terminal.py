"""A result on the screen, for somebody who has never heard of a false match rate."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from facegate.reporting.key_sentences import (
    EVERYBODY,
    UNNAMED,
    findings_of,
    held_out_sentence,
    hidden_sentence,
    ratio_sentence,
    search_of,
    search_sentence,
)
from facegate.reporting.numbers import UNKNOWN, named, one_in, per_million, percent
from facegate.reporting.sentences import (
    SYNTHETIC,
    concentration_sentence,
    false_match_sentence,
    missed_sentence,
    of_photos,
    provenance_sentence,
    range_of,
    silent_groups,
    support_sentence,
    threshold_sentence,
    totals_sentence,
    worst_sentence,
)
from facegate.reporting.tables import sources_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from facegate.evaluation.group_rates import AtThreshold, GroupRates
    from facegate.evaluation.rates import Estimate
    from facegate.evaluation.result import BenchmarkResult, Measurement

DAGGER = "†"
NEVER_FOLDED = (
    "people", "photos", "false\nmatches", "comparisons", "per\nmillion", "95 % range", "missed",
    "can measure\ndown to", "one person\nin",
)  # fmt: skip
SHOWN = 10
"""Groups beyond which tables are shortened, and no table of pairs fits 80 columns."""
HOW_TO_READ = (
    "False matches: two different people called the same. Missed: one person not matched with themselves. "
    "Ranges are 95 % and count people, not comparisons: those that share a person are not "
    "independent. The row everybody also compares people of different groups, who are easier to tell "
    "apart; a group's own row compares people of that group with each other. "
    f"{DAGGER} too few people (under 30) or false matches to give a rate. One person in: the "
    "share of the group's false matches that one single person has part in."
)


def show_result(result: BenchmarkResult, *, only: str | None = None) -> Group:
    """Lay a result out for the terminal.

    Parameters
    ----------
    result : BenchmarkResult
        A finished run.
    only : str, optional
        Name of one threshold; its details are shown, and no other threshold.

    Returns
    -------
    Group
        Something rich can print, at 80 columns or more.
    """
    shown = [at for at in result.main.at if only in (None, at.threshold.name)]
    parts: list[RenderableType] = [*_head(result), _who(result)]
    for place, at in enumerate(shown):
        parts += [*_at_threshold(result, at, whole=place == 0)]
        if place == 0:
            parts += [*_details(result, at)]
    parts += [*_foot(result, detailed=shown[0].threshold.name if len(shown) > 1 else None)]
    return Group(*parts)


def show_threshold(result: BenchmarkResult, name: str) -> Group:
    """Lay out one threshold alone: what it is, the worst group, both rates of every group."""
    at = next(one for one in result.main.at if one.threshold.name == name)
    head = (
        [Panel(Text(SYNTHETIC, style="bold"), border_style="bold red")] if result.provenance.synthetic else []
    )
    return Group(*head, *_at_threshold(result, at, whole=True), Text(HOW_TO_READ, style="italic"))


def _head(result: BenchmarkResult) -> Iterator[RenderableType]:
    if result.provenance.synthetic:
        yield Panel(Text(SYNTHETIC, style="bold"), border_style="bold red")
    yield Text(result.title, style="bold")
    if result.question:
        yield Text(result.question)
    yield Text(provenance_sentence(result.provenance))
    yield Text(totals_sentence(result.main, photos=of_photos(result.input.kind)))
    for found in findings_of(result.input):
        yield Text(f"Found in the input: {found}.")
    if not result.input.people_named:
        yield Text(UNNAMED, style="bold")
    yield Text("")


def _who(result: BenchmarkResult) -> Table:
    """Lay out who was measured and, where photos were, what gave no template."""
    measured, photos = result.main, of_photos(result.input.kind)
    sources = set().union(*(counts.label_sources for counts in measured.groups))
    said = f"; labels: {next(iter(sources))}" if len(sources) == 1 else ""
    columns = (*(("photos", "no template") if photos else ()), *(() if said else ("labels from",)))
    table = plain_table(f"Who was measured: {measured.about}{said}", "group", "people", *columns)
    for counts in (measured.total, *measured.groups):
        share = f" ({percent(counts.failures / counts.photos)})" if counts.photos else ""
        about_photos = (f"{counts.photos:,}", f"{counts.failures:,}{share}") if photos else ()
        about_labels = () if said else (sources_text(counts),)
        people = f"{counts.people:,}" if result.input.people_named else named(0)
        table.add_row(counts.name, people, *about_photos, *about_labels)
    if not said:
        table.columns[-1].justify = "left"
    return table


def _at_threshold(result: BenchmarkResult, at: AtThreshold, *, whole: bool) -> Iterator[RenderableType]:
    """Say what matters at one threshold, and lay out both rates of everybody and each group."""
    yield Text("")
    yield Text(threshold_sentence(at.threshold, result.provenance.metric.native_name), style="bold")
    for said in _said(result, at):
        yield Text(said)
    yield from _rates(result.main, at, whole=whole)


def _said(result: BenchmarkResult, at: AtThreshold) -> Iterator[str]:
    """Say the rate, what it is on other people, the worst group with its ratio, and searches."""
    yield false_match_sentence(at.overall)
    if held := held_out_sentence(at):
        yield held
    yield worst_sentence(at)
    ratio = next((one for one in at.ratios if one.group == at.worst_group), None)
    if at.worst_group is not None and at.ratios:
        yield ratio_sentence(at, ratio)
    if hidden := hidden_sentence(at):
        yield hidden
    searched = search_of(result.identification, at.threshold.name, EVERYBODY)
    if searched is not None:
        yield search_sentence(searched)


def _rates(measured: Measurement, at: AtThreshold, *, whole: bool) -> Iterator[RenderableType]:
    """Lay out both rates in two tables that fit 80 columns: a folded number could be read as two."""
    groups = at.groups if whole else _highest(at)
    if len(groups) < len(at.groups):
        yield Text(
            f"The {len(groups)} groups with the highest rates that the data can speak to, of "
            f"{len(at.groups)}; for all add --threshold {at.threshold.name}, or see tables/rates.csv."
        )
    compared = {counts.name: counts.people_enrolled for counts in (measured.total, *measured.groups)}
    wrongly = plain_table(
        f"Wrongly matched ({at.threshold.name}, {measured.about})",
        "group", "people", "false\nmatches", "comparisons", "per\nmillion", "95 % range",
    )  # fmt: skip
    missed = plain_table(
        f"Missed, and how far the data reach ({at.threshold.name}, {measured.about})",
        "group", "missed", "95 % range", "can measure\ndown to", "one person\nin",
    )  # fmt: skip
    for rates in (at.overall, *groups):
        style = "bold" if rates.group == at.worst_group else ""
        unnamed = rates.fmr is not None and rates.fmr.people == 0
        people = named(0) if unnamed else f"{compared[rates.group]:,}"
        wrongly.add_row(*_wrongly_matched(rates, people), style=style)
        missed.add_row(*_missed(rates), style=style)
    yield wrongly
    yield missed


def _highest(at: AtThreshold) -> tuple[GroupRates, ...]:
    """Choose the groups with the highest rates; all of them where they are few."""
    if len(at.groups) <= SHOWN:
        return at.groups
    known = [one for one in at.groups if one.fmr is not None and one.fmr.supported]
    return tuple(sorted(known, key=lambda one: -one.fmr.estimate if one.fmr else 0.0)[:SHOWN])


def _wrongly_matched(rates: GroupRates, people: str) -> Iterator[str]:
    """Write one row of false matches; what is not known says so."""
    fmr = rates.fmr
    yield rates.group
    yield people
    yield f"{fmr.events:,}" if fmr else UNKNOWN
    yield f"{fmr.trials:,}" if fmr else "0"
    yield _count(fmr) if fmr else UNKNOWN
    yield f"{per_million(fmr.low)} to {per_million(fmr.high)}" if fmr else UNKNOWN


def _missed(rates: GroupRates) -> Iterator[str]:
    """Write one row of false non-matches, and what the group's data can say at all."""
    fmr, fnmr, few = rates.fmr, rates.fnmr, rates.concentration
    yield rates.group
    yield percent(fnmr.estimate) if fnmr else UNKNOWN
    yield range_of(fnmr) if fnmr else UNKNOWN
    yield one_in(fmr.smallest_rate) if fmr else UNKNOWN
    yield f"{percent(few.top_person)} of them" if few else "-"


def _count(fmr: Estimate) -> str:
    return per_million(fmr.estimate) + ("" if fmr.supported else DAGGER)


def _details(result: BenchmarkResult, at: AtThreshold) -> Iterator[RenderableType]:
    """Lay out what belongs to one threshold: concentration, pairs of groups, sensitivity."""
    name = at.threshold.name
    yield Text(HOW_TO_READ, style="italic")
    yield Text(missed_sentence(at.overall, photos=of_photos(result.input.kind)))
    yield Text(concentration_sentence(at.overall))
    yield Text(support_sentence(at.overall))
    if silent := silent_groups(at):
        yield Text(f"Too little data for a rate of their own: {'; '.join(silent)}.")
    yield from _pairs(at)
    for measured in result.sensitivity:
        again = next(one for one in measured.at if one.threshold.name == name)
        yield Text("")
        totals = totals_sentence(measured, photos=of_photos(result.input.kind))
        yield Text(f"The same threshold, {measured.about}. {totals}", style="bold")
        yield Text(worst_sentence(again))
        yield from _rates(measured, again, whole=False)


def _pairs(at: AtThreshold) -> Iterator[RenderableType]:
    """Lay out who is confused with whom, where that fits; else say where it is."""
    yield Text("")
    if len(at.groups) > SHOWN:
        yield Text(
            f"Who is confused with whom ({len(at.pairs):,} pairs of groups) does not fit here: see "
            "tables/group_pairs.csv, or the map of `facegate benchmark report`."
        )
        return
    yield Text(
        f"{at.threshold.name}: false matches in a million, a person of the row with one of the column."
    )
    yield Text("A dot: too few to say. A question mark: nobody to compare.")
    yield _matrix(at)


def _matrix(at: AtThreshold) -> Table:
    """Lay out who is confused with whom: false matches in a million comparisons."""
    names = [rates.group for rates in at.groups]
    letters = _letters(len(names))
    table = plain_table("", "group", *letters)
    table.padding = (0, 0, 0, 1)
    for column in table.columns[1:]:
        column.no_wrap = True
    rates = {(pair.first, pair.second): pair.fmr for pair in at.pairs}
    for row, (letter, name) in enumerate(zip(letters, names, strict=True)):
        cells = [
            _short(rates.get((name, names[column]))) if column >= row else "" for column in range(len(names))
        ]
        table.add_row(f"{letter} {name}", *cells)
    return table


def _short(fmr: Estimate | None) -> str:
    """Write a rate in very little room; a dot where the data cannot speak."""
    if fmr is None:
        return "?"
    if not fmr.supported:
        return "·"
    count = fmr.estimate * 1_000_000
    return f"{count / 1000:.0f}k" if count >= 10_000 else f"{count:.0f}"  # noqa: PLR2004  five digits and more


def _letters(n: int) -> list[str]:
    """Make column heads: A to Z, then A2 to Z2, and on."""
    rounds = [f"{place // 26 + 1}" if place >= len(ascii_uppercase) else "" for place in range(n)]
    return [ascii_uppercase[place % len(ascii_uppercase)] + rounds[place] for place in range(n)]


def _foot(result: BenchmarkResult, *, detailed: str | None) -> Iterator[RenderableType]:
    yield Text("")
    if result.notes:
        yield Text("What these data cannot show", style="bold")
    for note in result.notes:
        yield Text(f"- {note}")
    if detailed:
        names = ", ".join(at.threshold.name for at in result.main.at)
        yield Text(f"All details are shown for {detailed}; for another add --threshold with one of: {names}.")


def plain_table(title: str, *columns: str) -> Table:
    """Make an empty table: first column to the left, numbers to the right."""
    table = Table(
        title=title or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD, pad_edge=False
    )
    for place, column in enumerate(columns):
        table.add_column(
            column, justify="right" if place else "left", overflow="fold", no_wrap=column in NEVER_FOLDED
        )
    return table

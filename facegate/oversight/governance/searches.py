"""Who searched, for what, how it ended, and what was refused."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from facegate.oversight.governance.attempts import attempts, number, texts
from facegate.oversight.governance.shares import exact_percent
from facegate.oversight.made import made_by_hand
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.request import AGENCY_CLASSES, CHANNELS, PURPOSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.governance.attempts import Attempt
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

NOT_STATED: Final = "(not stated, or not of its form)"
COUNTED: Final = (
    "attempts",
    "refused",
    "searches made",
    "lists withheld",
    "lists with candidates",
    "candidates shown",
)


def searches(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Count attempts by who, for what and how they ended; refusals by rule; late entries."""
    every = tuple(events)
    found = attempts(every, period)
    tables = (
        _by(found, "agency", "the agency that asked"),
        _by(found, "agency_class", "its class", AGENCY_CLASSES),
        _by(found, "offense_class", "class of offense"),
        _by(found, "purpose", "purpose", PURPOSES),
        _by(found, "channel", "channel", CHANNELS),
        _outcomes(found),
        _refusals(found),
        _left_out(found),
        _late(every, found, period),
    )
    return SEARCHES.report(period, log, tables, NOTES)


def _by(found: Sequence[Attempt], field: str, what: str, known: Iterable[str] = ()) -> Table:
    """Count by a public field; a row for every known value, zeros included."""
    groups: dict[str, list[Attempt]] = {name: [] for name in sorted(known)}
    for one in sorted(found, key=lambda one: one.intent.text(field)):
        groups.setdefault(one.intent.text(field) or NOT_STATED, []).append(one)
    rows: tuple[tuple[Cell, ...], ...] = tuple((name, *_counts(mine)) for name, mine in groups.items())
    return Table(f"searches-by-{field.replace('_', '-')}", f"Searches by {what}", (what, *COUNTED), rows)


def _counts(mine: Sequence[Attempt]) -> tuple[int, ...]:
    return (
        len(mine),
        sum(one.refused for one in mine),
        sum(one.made for one in mine),
        sum(one.withheld for one in mine),
        sum(one.n_shown > 0 for one in mine),
        sum(one.n_shown for one in mine),
    )


def _outcomes(found: Sequence[Attempt]) -> Table:
    counts = Counter({"searched": 0, "refused": 0, "withheld": 0, "unusable probe": 0, "no result": 0})
    counts.update(one.outcome for one in found)
    rows = tuple(sorted(counts.items()))
    return Table("outcomes", "How attempts ended", ("ended as", "attempts"), rows)


def _refusals(found: Sequence[Attempt]) -> Table:
    counts = Counter(rule for one in found for rule in texts(one.intent, "rules"))
    note = "One attempt can fail several rules: the counts add up to more than the attempts refused."
    rows = tuple(sorted(counts.items()))
    return Table("refusals-by-rule", "Rules that attempts failed", ("rule", "attempts"), rows, (note,))


def _left_out(found: Sequence[Attempt]) -> Table:
    withheld = Counter(
        rule for one in found if one.result and one.withheld for rule in texts(one.result, "rules")
    )
    longer = sum(
        one.made and not one.withheld and number(one.result, "n_at_or_above") > one.n_shown
        for one in found
        if one.result is not None
    )
    rows = (
        *((f"list withheld as a whole: {rule}", count) for rule, count in sorted(withheld.items())),
        ("list cut at its limit: more people were at or above the threshold", longer),
        ("list with somebody left out because he was shown too often", None),
    )
    note = "Whether somebody was left out of a list is sealed: to publish it would say that he is near."
    return Table("incomplete-lists", "Lists that were withheld or cut", ("what", "attempts"), rows, (note,))


def _late(events: Sequence[Event], found: Sequence[Attempt], period: Period) -> Table:
    """Count searches made by hand and entered afterwards, beside those through the gate."""
    late: dict[str, list[Event]] = {one.intent.text("agency"): [] for one in found}
    for one in events:
        if made_by_hand(one, period):
            late.setdefault(one.text("agency"), []).append(one)
    made: Callable[[str], int] = Counter(
        one.intent.text("agency") for one in found if not one.refused
    ).__getitem__
    rows = []
    for agency, mine in sorted(late.items()):
        overdue = sum(one.text("in_time") != "yes" for one in mine)
        share = exact_percent(len(mine), len(mine) + made(agency))
        rows.append((agency or NOT_STATED, made(agency), len(mine), overdue, share))
    columns = (
        "agency",
        "through the gate, allowed",
        "by hand, entered later",
        "of these after 24 hours",
        "late share",
    )
    notes = (
        "A search by hand that nobody entered is in no count; how many there were, no log can tell.",
        "A search by hand belongs to the day on which it was made, whenever it was entered.",
    )
    return Table("late-share", "Searches entered afterwards", columns, tuple(rows), notes)


NOTES: Final = (
    "An attempt is an intent on the log, allowed or refused; the day is that of the attempt.",
    (
        "A search was made if the gallery was searched, be its list shown or withheld as a whole; whether a "
        "withheld list held anybody is not in these counts."
    ),
    "Purpose and offense are the requester's statements: checked against lists and registers, not for truth.",
)
SEARCHES: Final = ReportKind(
    name="searches",
    title="Searches, refusals and late entries",
    authority="practice: publish counts of use (Colorado Law clinics, report of 2020; checked)",
    due="yearly, and at any time",
    needs_openings=False,
    make=searches,
)

"""Utah, 77-23e-106: requests by type of crime, probable matches, and the image source of each match."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.searches import (
    NOT_STATED,
    Record,
    Search,
    by_hand_note,
    by_public,
    read_record,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

LAW: Final = "ut-77-23e"
ERASED: Final = "(erased)"


def ut_106(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Make the report: counts only, so that no pending case is described."""
    record = read_record(events, period, laws=LAW)
    tables = (_crimes(record), _per_request(record), _sources(record))
    return UT_106.report(period, log, tables, (*NOTES, by_hand_note(record)))


def _crimes(record: Record) -> Table:
    found = by_public(record.found, "offense_class")
    rows: list[tuple[Cell, ...]] = [(crime, *_counts(mine)) for crime, mine in found.items()]
    return Table(
        "crimes",
        "Requests and probable matches by type of crime",
        (
            "type of crime",
            "requests",
            "searches made",
            "probable matches",
            "reviews still open",
            "lists withheld",
        ),
        (*rows, ("all", *_counts(record.found))),
        (NOTE_MATCH,),
    )


def _counts(asked: Sequence[Search]) -> tuple[Cell, ...]:
    n_withheld = sum(one.withheld for one in asked)
    return len(asked), sum(one.ran for one in asked), *_matches(asked), n_withheld


def _matches(asked: Sequence[Search]) -> tuple[int | None, int]:
    """Count probable matches and open reviews; None while no review says whether there was a match."""
    agreed = [one.n_agreed for one in asked if one.ran and one.n_agreed is not None]
    n_open = sum(one.review_open for one in asked)
    return (sum(agreed) if agreed or not n_open else None), n_open


def _per_request(record: Record) -> Table:
    """Count requests by how many probable matches each gave."""
    counts = Counter(one.n_agreed for one in record.ran if one.n_agreed is not None)
    rows = tuple((str(n_matches), counts[n_matches]) for n_matches in sorted({0, *counts}))
    return Table(
        "per-request", "Probable matches per request", ("probable matches", "requests"), rows, (NOTE_MATCH,)
    )


def _sources(record: Record) -> Table:
    """Count probable matches by the image in the database and by the image that was searched with."""
    groups: dict[tuple[str, str, str], list[Search]] = {}
    for one in record.ran:
        kind = one.gallery.text("gallery_kind") if one.gallery else ""
        probe = one.stated.get("probeSource") if one.readable else ERASED
        probe = probe if isinstance(probe, str) else NOT_STATED
        key = (one.intent.text("gallery") or NOT_STATED, kind or NOT_STATED, probe)
        groups.setdefault(key, []).append(one)
    counts = [(key, _matches(mine)) for key, mine in sorted(groups.items())]
    return Table(
        "image-sources",
        "Image source of each probable match",
        ("database", "its images", "image searched with", "probable matches", "reviews still open"),
        tuple((*key, *found) for key, found in counts if any(found)),
        ("A source has a row if a match or an open review stands behind it.",),
    )


NOTE_MATCH: Final = (
    "A probable match is a candidate on whom both reviewers agreed; an open review has none yet, and a list "
    "that was withheld is not reviewed."
)
NOTES: Final = (
    "Requests are those of the period under the profile ut-77-23e. Nothing here is about a single case.",
)
UT_106: Final = ReportKind(
    name="ut-106",
    title="Utah: report on requests for facial recognition comparisons",
    authority="Utah Code 77-23e-106 (SB 34 of 2021), checked against the text",
    due="between 1 August and 15 October, and on request",
    needs_openings=True,
    make=ut_106,
)

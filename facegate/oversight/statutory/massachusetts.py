"""Massachusetts, G.L. c. 6 s. 220: documentation of each search every quarter, totals every year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.oversight.report import WITHHELD, Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.searches import (
    NOT_STATED,
    Record,
    Search,
    by_hand_note,
    by_public,
    read_record,
    sources,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

LAW: Final = "ma-6-220"
GROUNDS: Final = ("order", "exigent", "neither")
WORDS: Final = {"order": "court order", "exigent": "emergency", "neither": "none stated", None: None}


def ma_eopss(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Make the yearly totals: requests, court-ordered, exigent, to the FBI, and the database used."""
    record = read_record(events, period, laws=LAW)
    asked = record.found
    tables = (_totals(record), _by_agency(asked), _by_database(record))
    return MA_EOPSS.report(period, log, tables, (*NOTES, by_hand_note(record)))


def ma_eopss_documentation(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Make the quarterly documentation of each search; it is not a public record."""
    record = read_record(events, period, keep=("officer",), laws=LAW)
    officers: dict[tuple[str, str], list[Event]] = {}
    for one in record.kinds("officer"):
        officers.setdefault((one.text("agency"), one.sealed.get("officer", "")), []).append(one)
    rows = tuple(_documented(one, officers) for one in record.found)
    table = Table("searches", "Each search", DOCUMENTED, rows, DOCUMENTED_NOTES)
    return MA_DOCUMENTATION.report(period, log, (table,), (by_hand_note(record),))


def _totals(record: Record) -> Table:
    asked = record.found
    said = [one.grounds for one in asked]
    to_fbi = sum(one.keeper is not None and one.keeper.text("agency_class") == "fbi" for one in asked)
    order, exigent, neither, erased = (said.count(word) for word in (*GROUNDS, None))
    gap = (
        f"{order} court-ordered and {exigent} exigent make {order + exigent} of {len(asked)}: "
        f"{neither} {'has' if neither == 1 else 'have'} no stated basis, {erased} cannot be read any more."
    )
    rows = (
        ("requests", len(asked)),
        ("court-ordered", order),
        ("exigent", exigent),
        ("neither stated", neither),
        ("basis erased", erased),
        ("to the FBI", to_fbi),
    )
    return Table("requests", "Requests", ("what", "count"), rows, (gap,) if neither or erased else ())


def _by_agency(asked: Sequence[Search]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for agency, mine in by_public(asked, "agency").items():
        said = [one.grounds for one in mine]
        rows.append((agency, len(mine), *(said.count(word) for word in GROUNDS), said.count(None)))
    columns = ("agency", "requests", "court-ordered", "exigent", "neither stated", "basis erased")
    return Table("agencies", "Requests by agency", columns, tuple(rows))


def _by_database(record: Record) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (gallery, sources(mine), len(mine), sum(one.ran for one in mine))
        for gallery, mine in by_public(record.found, "gallery").items()
    ]
    columns = ("database", "source of its images", "requests", "searches made")
    return Table("databases", "Database used", columns, tuple(rows))


def _rank(search: Search, known: Sequence[Event]) -> str | None:
    """Give the requester's position as it stood when he asked."""
    before = [one.sealed.get("rank", "") for one in known if one.seq < search.intent.seq]
    return (before[-1] or None) if before else None


DOCUMENTED: Final = (
    "record", "date and time (UTC)", "agency", "requester", "position", "reason", "basis", "asked of",
    "database", "matches",
)  # fmt: skip
DOCUMENTED_NOTES: Final = (
    "The copy of the request is the record of that number: `facegate log open` gives its sealed fields.",
    (
        "Reason is the class of the suspected crime. Individual characteristics of the person searched "
        "are recorded only where somebody recorded them (`facegate oversight demographics`), and are not "
        "in this table."
    ),
    "This documentation is not a public record.",
)


def _documented(one: Search, officers: Mapping[tuple[str, str], Sequence[Event]]) -> tuple[Cell, ...]:
    intent = one.intent
    agency, requester = intent.text("agency"), intent.sealed.get("requester", "")
    found: Cell = WITHHELD if one.withheld else one.n_candidates
    return (
        intent.seq,
        f"{intent.time:%Y-%m-%d %H:%M:%S}",
        agency or NOT_STATED,
        requester or None,
        _rank(one, officers.get((agency, requester), ())),
        intent.text("offense_class") or None,
        WORDS[one.grounds],
        one.gallery.text("owner") if one.gallery else None,
        intent.text("gallery") or NOT_STATED,
        found if one.ran else "not searched",
    )


NOTES: Final = (
    (
        "Requests are those of the period under the profile ma-6-220. A court order counts if it was on "
        "file when the request came in. To the FBI: requests for a gallery whose keeper was then registered "
        "as the FBI."
    ),
)
MA_EOPSS: Final = ReportKind(
    name="ma-eopss",
    title="Massachusetts: yearly totals of facial recognition searches",
    authority="G.L. c. 6 s. 220 (chapter 253 of 2020), not checked against the text (second-hand)",
    due="yearly, to EOPSS",
    needs_openings=True,
    make=ma_eopss,
)
MA_DOCUMENTATION: Final = ReportKind(
    name="ma-eopss-documentation",
    title="Massachusetts: documentation of each facial recognition search",
    authority="G.L. c. 6 s. 220 (chapter 253 of 2020), not checked against the text (second-hand)",
    due="quarterly, to EOPSS",
    needs_openings=True,
    make=ma_eopss_documentation,
    publishable=False,
)

"""Massachusetts, G.L. c. 6 s. 220: documentation of each search every quarter, totals every year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.searches import NOT_STATED, Record, Search, by_public, read_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    return MA_EOPSS.report(period, log, (_totals(record), _by_agency(asked), _by_database(record)), NOTES)


def ma_eopss_documentation(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Make the quarterly documentation of each search; it is not a public record."""
    record = read_record(events, period, keep=("officer",), laws=LAW)
    ranks = {
        (one.text("agency"), one.sealed.get("officer", "")): one.sealed.get("rank", "")
        for one in record.kinds("officer")
    }
    rows = tuple(_documented(one, record, ranks) for one in record.found)
    table = Table("searches", "Each search", DOCUMENTED, rows, DOCUMENTED_NOTES)
    return MA_DOCUMENTATION.report(period, log, (table,))


def _totals(record: Record) -> Table:
    asked = record.found
    said = [one.grounds for one in asked]
    to_fbi = sum(_keeper_class(record, one) == "fbi" for one in asked)
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
        (gallery, _source(record, gallery), len(mine), sum(one.ran for one in mine))
        for gallery, mine in by_public(record.found, "gallery").items()
    ]
    columns = ("database", "source of its images", "requests", "searches made")
    return Table("databases", "Database used", columns, tuple(rows))


def _source(record: Record, gallery: str) -> str | None:
    known = record.galleries.get(gallery)
    provenance = known.public.get("provenance") if known else None
    source = provenance.get("source") if isinstance(provenance, dict) else None
    return source if isinstance(source, str) else None


def _keeper_class(record: Record, search: Search) -> str:
    """Give the class of the agency whose gallery was asked: the entity that searches."""
    gallery = record.galleries.get(search.intent.text("gallery"))
    keeper = record.agencies.get(gallery.text("owner")) if gallery else None
    return keeper.text("agency_class") if keeper else ""


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


def _documented(one: Search, record: Record, ranks: dict[tuple[str, str], str]) -> tuple[Cell, ...]:
    intent = one.intent
    agency, requester = intent.text("agency"), intent.sealed.get("requester", "")
    gallery = record.galleries.get(intent.text("gallery"))
    return (
        intent.seq,
        f"{intent.time:%Y-%m-%d %H:%M:%S}",
        agency or NOT_STATED,
        requester or None,
        ranks.get((agency, requester)) or None,
        intent.text("offense_class") or None,
        WORDS[one.grounds],
        gallery.text("owner") if gallery else None,
        intent.text("gallery") or NOT_STATED,
        one.n_candidates if one.ran else "not searched",
    )


NOTES: Final = (
    (
        "Requests are those of the period under the profile ma-6-220. A court order counts if it was on "
        "file when the request came in. To the FBI: requests for a gallery whose keeper is registered as "
        "the FBI."
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
)

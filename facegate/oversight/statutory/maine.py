"""Maine, 25 M.R.S. 6001: the log of all searches, which is a public record there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.searches import NOT_STATED, Record, Search, read_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

LAW: Final = "me-25-6001"


def me_6001(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Print the log of all searches: who asked, for what, and whether anybody was found; no person."""
    record = read_record(events, period, laws=LAW)
    rows = tuple(_row(one, record) for one in record.found)
    asked = {(_agency(one, record), one.intent.text("purpose")) for one in record.found}
    requesters = tuple((*agency, purpose.replace("_", " ")) for agency, purpose in sorted(asked))
    tables = (
        Table("log", "All searches", (*COLUMNS[:1], "record", *COLUMNS[1:]), rows),
        Table("requesters", "Who asked, and for what", ("agency", "state", "class", "purpose"), requesters),
    )
    return ME_6001.report(period, log, tables, NOTES)


COLUMNS: Final = (
    "day",
    "agency",
    "state",
    "class",
    "purpose",
    "offense",
    "database",
    "outcome",
    "candidates",
)


def _agency(one: Search, record: Record) -> tuple[str, str, str]:
    ori = one.intent.text("agency")
    known = record.agencies.get(ori)
    words = (ori, known.text("state") if known else "", one.intent.text("agency_class"))
    return (words[0] or NOT_STATED, words[1] or NOT_STATED, words[2] or NOT_STATED)


def _row(one: Search, record: Record) -> tuple[Cell, ...]:
    intent = one.intent
    return (
        f"{intent.time:%Y-%m-%d}",
        intent.seq,
        *_agency(one, record),
        intent.text("purpose").replace("_", " ") or None,
        intent.text("offense_class") or None,
        intent.text("gallery") or NOT_STATED,
        None if one.result is None else one.result.text("outcome"),
        one.n_candidates if one.ran else None,
    )


NOTES: Final = (
    (
        "Searches are those asked for in the period under the profile me-25-6001. Names of agencies are "
        "sealed; an ORI, its state and class are public."
    ),
)
ME_6001: Final = ReportKind(
    name="me-6001-log",
    title="Maine: log of all facial recognition searches",
    authority="25 M.R.S. 6001 (LD 1585 of 2021), not checked against the text (second-hand)",
    due="on request: a public record",
    needs_openings=False,
    make=me_6001,
)

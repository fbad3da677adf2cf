"""Maine, 25 M.R.S. 6001: the log of all searches, which is a public record there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.oversight.report import WITHHELD, Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.searches import NOT_STATED, ByHand, Record, Search, read_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

LAW: Final = "me-25-6001"


def me_6001(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Print the log of all searches: who asked, for what, and whether anybody was found; no person."""
    record = read_record(events, period, laws=LAW)
    rows = [_row(one) for one in record.found] + [_by_hand(one) for one in record.by_hand]
    asked = {(_agency(one.intent, one.asker), one.intent.text("purpose")) for one in record.found}
    asked |= {(_agency(one.entered, one.asker), one.entered.text("purpose")) for one in record.by_hand}
    requesters = tuple((*agency, purpose.replace("_", " ")) for agency, purpose in sorted(asked))
    tables = (
        Table("log", "All searches", COLUMNS, tuple(sorted(rows, key=_day_and_record))),
        Table("requesters", "Who asked, and for what", ("agency", "state", "class", "purpose"), requesters),
    )
    return ME_6001.report(period, log, tables, (*NOTES, *_hand_notes(record)))


COLUMNS: Final = (
    "day",
    "record",
    "agency",
    "state",
    "class",
    "purpose",
    "offense",
    "database",
    "outcome",
    "candidates",
)


BY_HAND: Final = "made by hand, entered afterwards"


def _agency(event: Event, asker: Event | None) -> tuple[str, str, str]:
    """Give ORI, state and class; the class as the record itself states it, if it does."""
    known = asker.text if asker else (lambda _: "")
    state, agency_class = known("state"), event.text("agency_class") or known("agency_class")
    return event.text("agency") or NOT_STATED, state or NOT_STATED, agency_class or NOT_STATED


def _row(one: Search) -> tuple[Cell, ...]:
    intent = one.intent
    return (
        f"{intent.time:%Y-%m-%d}",
        intent.seq,
        *_agency(intent, one.asker),
        intent.text("purpose").replace("_", " ") or None,
        intent.text("offense_class") or None,
        intent.text("gallery") or NOT_STATED,
        None if one.result is None else one.result.text("outcome"),
        _found(one),
    )


def _found(one: Search) -> Cell:
    if one.withheld:
        return WITHHELD
    return one.n_candidates if one.ran else None


def _by_hand(one: ByHand) -> tuple[Cell, ...]:
    """Give the row of a search past the gate: what it asked for and found, its record does not say openly."""
    entered = one.entered
    day = entered.text("searched_on") or f"{entered.time:%Y-%m-%d}"
    purpose = entered.text("purpose").replace("_", " ") or None
    return (day, entered.seq, *_agency(entered, one.asker), purpose, None, None, BY_HAND, None)


def _day_and_record(row: tuple[Cell, ...]) -> tuple[str, int]:
    return str(row[0]), int(row[1] or 0)


def _hand_notes(record: Record) -> tuple[str, ...]:
    count = len(record.by_hand)
    said = (
        f"Searches made by hand and entered afterwards are rows of their own, {count} in the period; under "
        "which law is not stated: every one on the log is listed. What they found is sealed."
    )
    return (said,)


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

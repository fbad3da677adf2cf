"""Montana, 44-15-111: local agencies, the Department of Justice, and vendors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.searches import (
    OUTCOME_NOTE,
    Record,
    Search,
    by_hand_note,
    by_public,
    known_only,
    read_record,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

LAW: Final = "mt-44-15"
ARREST: Final = frozenset({"arrest"})
CONVICTION: Final = frozenset({"conviction"})
COUNTED: Final = ("requests", "searches made", "followed by an arrest", "followed by a conviction")


def mt_111(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Make the three parts of the report: local agencies, Department of Justice, vendors."""
    record = read_record(events, period, laws=LAW)
    tables = (_local(record), *_department(record), _vendor())
    return MT_111.report(period, log, tables, (OUTCOME_NOTE, by_hand_note(record)))


def _local(record: Record) -> Table:
    rows = [
        (agency, offense, *_counts(mine))
        for agency, asked in by_public(record.found, "agency").items()
        for offense, mine in by_public(asked, "offense_class").items()
    ]
    return Table(
        "local",
        "Local agencies: searches, offenses, and what followed (due 30 June)",
        ("agency", "offense", *COUNTED),
        tuple(rows),
        ("An agency's own part are its rows.",),
    )


def _department(record: Record) -> tuple[Table, Table]:
    """Count what was asked of galleries that the Department of Justice keeps, and name who asked."""
    asked = [
        one
        for one in record.found
        if one.keeper is not None and one.keeper.text("agency_class") == "justice_department"
    ]
    by_offense: list[tuple[Cell, ...]] = [
        (offense, *_counts(mine)) for offense, mine in by_public(asked, "offense_class").items()
    ]
    by_agency: list[tuple[Cell, ...]] = [
        (agency, *_counts(mine)) for agency, mine in by_public(asked, "agency").items()
    ]
    whole: tuple[Cell, ...] = ("all", *_counts(asked))
    return (
        Table(
            "department",
            "Department of Justice: requests by offense, and what followed (due 1 September)",
            ("offense", *COUNTED),
            (*by_offense, whole),
            ("Requests for a gallery whose keeper was then registered as a department of justice.",),
        ),
        Table(
            "department-agencies",
            "Department of Justice: agencies that asked",
            ("agency (ORI)", *COUNTED),
            (*by_agency, whole),
            ("Names of agencies are sealed; an ORI is public.",),
        ),
    )


def _vendor() -> Table:
    return Table(
        "vendor",
        "Vendors: warrants and subpoenas received (due 30 June)",
        ("what", "count"),
        (("warrants", None), ("subpoenas", None)),
        ("What a vendor receives never passes through this gate: only the vendor's own filing can say.",),
    )


def _counts(asked: Sequence[Search]) -> tuple[Cell, ...]:
    return (
        len(asked),
        sum(one.ran for one in asked),
        known_only(asked, lambda one: one.came_to(ARREST)),
        known_only(asked, lambda one: one.came_to(CONVICTION)),
    )


MT_111: Final = ReportKind(
    name="mt-111",
    title="Montana: yearly reports on facial recognition (local agencies, Department of Justice, vendors)",
    authority="Montana Code 44-15-111 (SB 397 of 2023), checked against the text",
    due="30 June (local agencies, vendors), 1 September (Department of Justice)",
    needs_openings=False,
    make=mt_111,
)

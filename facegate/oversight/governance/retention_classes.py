"""How long sealed fields are kept, by class of records and with the reason; what opens, and what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.gate.registers.demands import today
from facegate.oversight.governance.attempts import number
from facegate.oversight.governance.registers_then import as_of
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.retention import CLASSES, RETENTION, class_of, expired, terms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState


def retention_classes(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Print the term of every class, and count its records, those that can be opened, and those due."""
    every = tuple(events)
    until = as_of(every, period)
    past = [one for one in every if one.time <= until]
    held, due = terms(past), set(expired(past, until))
    rows: list[tuple[Cell, ...]] = []
    for name in sorted(CLASSES):
        mine = [one for one in past if class_of(one.kind) == name]
        term = held.get(name)
        stated = (term.days, term.reason) if term else (None, None)
        opened = sum(bool(one.sealed) for one in mine)
        rows.append((name, *stated, len(mine), opened, sum(one.seq in due for one in mine)))
    columns = ("class", "days kept", "reason", "records", "with sealed fields that open", "due for erasure")
    notes = (f"As of {today(until)}. A class without a term is kept: nothing of it is due.",)
    changes: tuple[tuple[Cell, ...], ...] = tuple(
        (today(one.time), one.seq, one.text("class"), number(one, "days"), one.text("reason"))
        for one in past
        if one.kind == RETENTION
    )
    tables = (
        Table("retention", "Terms by class of records", columns, tuple(rows), notes),
        Table(
            "retention-changes",
            "Terms as they were set",
            ("day", "record", "class", "days", "reason"),
            changes,
        ),
    )
    return RETENTION_CLASSES.report(period, log, tables, NOTES)


NOTES: Final = (
    "Only sealed fields are erased. The public part of a record, and its place in the log, stay for good.",
    "Copies of what was opened before the erasure, on paper or elsewhere, are not followed.",
)
RETENTION_CLASSES: Final = ReportKind(
    name="retention",
    title="Retention of sealed fields",
    authority="practice: five years set without an assessment (state audit, news report, checked); CJIS "
    "5.9.4 AU-11, one year at least (checked in a transcription)",
    due="yearly, and on change",
    needs_openings=True,
    make=retention_classes,
)

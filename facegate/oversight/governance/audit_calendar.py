"""When the agency that keeps the gallery was last audited, by whom, and when the next audit is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.gate.registers.audits import audit_due, audit_term
from facegate.gate.registers.demands import today
from facegate.oversight.governance.attempts import number
from facegate.oversight.governance.registers_then import RegistersThen, as_of
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState


def audit_calendar(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Print every audit filed, the next one due, and whether it is overdue."""
    every = tuple(events)
    until = as_of(every, period)
    with RegistersThen(every, until) as then:
        term, due = audit_term(then), audit_due(then)
        owners = [
            row["owner"]
            for row in then.rows("SELECT DISTINCT owner FROM conditions_galleries ORDER BY owner")
        ]
    filed = [one for one in every if one.kind == "audit" and one.time <= until]
    last = filed[-1] if filed else None
    state = "overdue" if due < today(until) else "current"
    calendar = tuple(
        (owner, term, last.text("filed_on") if last else None, due or None, state if due else "never audited")
        for owner in owners
    )
    columns = ("agency that keeps the gallery", "days between audits", "last filed", "next due", "state")
    notes = (f"As of {today(until)}. Overdue or never audited, the gate refuses every search.",)
    tables = (
        Table("audit-calendar", "The calendar", columns, calendar, notes),
        Table("audits", "Audits filed", AUDITS, _audits(filed)),
    )
    return AUDIT_CALENDAR.report(period, log, tables, NOTES)


AUDITS: Final = (
    "filed on",
    "period until",
    "auditor",
    "outside policing",
    "findings open at filing",
    "next due, as stated",
)


def _audits(filed: Sequence[Event]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (
            one.text("filed_on"),
            one.text("period_end"),
            one.text("auditor"),
            one.text("outside_policing") or None,
            number(one, "findings_open"),
            one.text("next_due"),
        )
        for one in filed
    )


NOTES: Final = (
    "What an audit found is in its own report, not in the log; how good it was cannot be read from either.",
    "Whether an auditor stands outside policing is what the agency stated when it filed the audit.",
)
AUDIT_CALENDAR: Final = ReportKind(
    name="audit-calendar",
    title="Audit calendar",
    authority="practice: systems that may be audited at any time and never are (Colorado Law clinics, 2020, "
    "checked); FBI audits every three years (unchecked)",
    due="at any time",
    needs_openings=False,
    make=audit_calendar,
)

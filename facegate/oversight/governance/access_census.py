"""Who can use the system: enabled users by agency and class, and when each agency was last at work."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from facegate.gate.registers.census import census
from facegate.oversight.governance.registers_then import RegistersThen, as_of
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.request import AGENCY_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.gate.registers.census import AgencyCensus
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

DAY: Final = slice(0, 10)  # of an RFC 3339 time


def access_census(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Count users by agency and class at the end of the period."""
    every = tuple(events)
    until = as_of(every, period)
    with RegistersThen(every, until) as then:
        agencies = census(then, until)
    gone = sum(one.kind == "officer" and not one.sealed and one.time <= until for one in every)
    day = until.date().isoformat()
    notes = (
        f"As of {day}. Enabled: in good standing, and at work or registered within 90 days.",
        "Who has the password of a user, and who sits beside him, is not in the log.",
        f"Records of officers that can no longer be read, and whom they are about: {gone}.",
    )
    columns = ("agency", "class", *COUNTED, "last at work")
    by_agency = tuple(
        (one.agency, one.agency_class, *_counts([one]), one.last_use[DAY] or None) for one in agencies
    )
    tables = (
        Table("users-by-agency", "Users by agency", columns, by_agency),
        Table(
            "users-by-class", "Users by class of agency", ("class", "agencies", *COUNTED), _classes(agencies)
        ),
    )
    return ACCESS_CENSUS.report(period, log, tables, notes)


COUNTED: Final = (
    "enabled",
    "of these untrained",
    "disabled: unused for 90 days",
    "suspended",
    "gone",
)


def _counts(mine: Sequence[AgencyCensus]) -> tuple[int, ...]:
    total: Counter[str] = Counter()
    for one in mine:
        total.update(
            enabled=one.enabled,
            untrained=one.untrained,
            disabled=one.disabled,
            suspended=one.suspended,
            gone=one.gone,
        )
    return tuple(total[name] for name in ("enabled", "untrained", "disabled", "suspended", "gone"))


def _classes(agencies: Sequence[AgencyCensus]) -> tuple[tuple[Cell, ...], ...]:
    rows: list[tuple[Cell, ...]] = []
    for name in sorted(AGENCY_CLASSES):
        mine = [one for one in agencies if one.agency_class == name]
        rows.append((name, len(mine), *_counts(mine)))
    return tuple(rows)


ACCESS_CENSUS: Final = ReportKind(
    name="access-census",
    title="Access census: enabled users by agency and class",
    authority="practice: Ohio's OHLEG has thousands of users (Colorado Law clinics, 2020, checked)",
    due="yearly, and at any time",
    needs_openings=True,
    make=access_census,
)

"""The oversight docket: what is owed in the misuse register, by when, and when the body last looked.

- ``pending``: a case pending for more than 90 days.
- ``statement``: an enrolled agency whose yearly statement is missing after its day.
- ``repeat``: an officer or agency with 2 or more confirmed cases within 24 months.
- ``difference``: a filed number that is not the log's.

Reading is pure; that the body looked is a record of its own (`recording.open_docket`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from facegate.oversight.misuse.register import fold, register_events
from facegate.oversight.misuse.words import (
    ANSWER_DAYS,
    FILING_DAY,
    FILING_MONTH,
    PENDING_DAYS,
    PENDING_YEAR_DAYS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from facegate.gate.ledger.event import Event
    from facegate.oversight.misuse.case import MisuseCase
    from facegate.oversight.misuse.register import Register

_COUNTS = ("opened", "confirmed", "cleared", "pending")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing on the docket; it names no officer.

    Parameters
    ----------
    what : str
        ``pending``, ``statement``, ``repeat`` or ``difference``.
    agency : str
        Whose.
    due : date
        The last day it would have been, or is, in time, UTC.
    overdue : bool
        That day is over.
    say : str
        What it is, in a few words.
    """

    what: str
    agency: str
    due: date
    overdue: bool
    say: str


@dataclass(frozen=True, slots=True)
class Docket:
    """The docket on one day.

    Parameters
    ----------
    findings : tuple of Finding
        The longest overdue first.
    days_since_opened : int or None
        Whole days since the body last opened it; None if it never did.
    """

    findings: tuple[Finding, ...]
    days_since_opened: int | None

    @property
    def n_overdue(self) -> int:
        """How many are overdue."""
        return sum(one.overdue for one in self.findings)


def docket_of(events: Iterable[Event], now: datetime) -> Docket:
    """List what is owed at a time.

    Parameters
    ----------
    events : iterable of Event
        The log's records.
    now : datetime
        With its zone; what was recorded later does not count.

    Returns
    -------
    Docket
        Findings, and when the body last looked.
    """
    kept = tuple(register_events(events))
    register = fold(kept, before=now + timedelta(microseconds=1))
    found = [
        *_pending(register, now),
        *_statements(register, now),
        *_repeats(register, now),
        *_differences(kept, register, now),
    ]
    opened = register.docket_opened
    days = (now - opened[-1]).days if opened else None
    return Docket(tuple(sorted(found, key=lambda one: (one.due, one.what, one.agency, one.say))), days)


def year_end(year: int) -> datetime:
    """Give the moment at which a year is over, UTC."""
    return datetime(year + 1, 1, 1, tzinfo=UTC)


def filing_day(year: int) -> date:
    """Give the day by which a year's statement is to be filed."""
    return date(year + 1, FILING_MONTH, FILING_DAY)


def missing_years(register: Register, agency: str, year: int) -> int:
    """Count the years in a row, this one the last, for which an enrolled agency filed nothing."""
    first = register.enrolled[agency].year
    count = 0
    while year - count >= first and (agency, year - count) not in register.filed:
        count += 1
    return count


def _pending(register: Register, now: datetime) -> Iterator[Finding]:
    for one in register.cases.values():
        if one.overdue(now):
            yield _pending_finding(one, now)


def _pending_finding(one: MisuseCase, now: datetime) -> Finding:
    days = one.pending_for(now).days
    long = ", over a year" if one.overdue(now, PENDING_YEAR_DAYS) else ""
    followed = "followed up" if one.followed_up(now) else f"no follow-up after day {PENDING_DAYS}"
    due = (one.passed() or now).astimezone(UTC).date()
    say = f"case {one.number} pending {days} days{long}; {followed}; {len(one.notes)} notes"
    return Finding("pending", one.agency, due, overdue=True, say=say)


def _statements(register: Register, now: datetime) -> Iterator[Finding]:
    today = now.astimezone(UTC).date()
    for agency, enrolled in register.enrolled.items():
        for year in range(enrolled.year, today.year):
            if (agency, year) not in register.filed:
                due = filing_day(year)
                n = missing_years(register, agency, year)
                say = f"no statement for {year}" + (f", year {n} in a row" if n > 1 else "")
                yield Finding("statement", agency, due, overdue=due < today, say=say)


def _repeats(register: Register, now: datetime) -> Iterator[Finding]:
    today = now.astimezone(UTC).date()
    for one in register.repeats(now):
        due = one.latest.astimezone(UTC).date() + timedelta(days=ANSWER_DAYS)
        who = "one officer" if one.officer else "agency"
        cases = ", ".join(map(str, one.cases))
        say = f"{who}: {len(one.cases)} confirmed within 24 months (cases {cases})"
        yield Finding("repeat", one.agency, due, overdue=due < today, say=say)


def _differences(events: tuple[Event, ...], register: Register, now: datetime) -> Iterator[Finding]:
    today = now.astimezone(UTC).date()
    for (agency, year), filed in register.filed.items():
        then = fold(events, before=year_end(year)).figures(year, agency=agency)
        off = [
            f"{what} {getattr(filed.figures, what)} filed, {getattr(then, what)} on the log"
            for what in _COUNTS
            if getattr(filed.figures, what) != getattr(then, what)
        ]
        if off:
            due = filed.at.astimezone(UTC).date() + timedelta(days=ANSWER_DAYS)
            yield Finding("difference", agency, due, overdue=due < today, say=f"{year}: {'; '.join(off)}")

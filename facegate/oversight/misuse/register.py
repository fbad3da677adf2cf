"""The register as it stands: a fold over the log's records, with no table of its own.

The same records give the same register, for any moment in the past. A record that names a case which is not
there, or closes one that is closed, changes nothing: what may be recorded is decided before, in `recording`.
What was sealed and erased stays counted, without a name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from facegate.audit.entry import REFUSED
from facegate.errors import InputError
from facegate.oversight.misuse.case import MisuseCase
from facegate.oversight.misuse.figures import YearFigures
from facegate.oversight.misuse.words import (
    CLOSED,
    DOCKET_OPENED,
    NOTED,
    OPENED,
    OUTCOME,
    REOPENED,
    REPEAT_MONTHS,
    REPEATED,
    STATEMENT,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, datetime

    from facegate.gate.ledger.event import Event


@dataclass(frozen=True, slots=True)
class Filed:
    """One yearly statement, as an agency filed it last; and when it was filed first, and how often."""

    figures: YearFigures
    at: datetime
    first_at: datetime
    n_filed: int = 1


@dataclass(frozen=True, slots=True)
class Repeat:
    """Somebody with repeated misuse: an officer, or an agency where ``officer`` is empty.

    Parameters
    ----------
    agency, officer : str
        Who.
    cases : tuple of int
        The confirmed cases within the 24 months, oldest first.
    latest : datetime
        When the last of them was confirmed.
    """

    agency: str
    officer: str
    cases: tuple[int, ...]
    latest: datetime


@dataclass(slots=True)
class Register:
    """What the records say up to some moment; made by `fold`, then only read.

    Attributes
    ----------
    cases : dict of int to MisuseCase
        By number.
    enrolled : dict of str to date
        Every agency and the day on which it was first registered.
    filed : dict of (str, int) to Filed
        Yearly statements by agency and year.
    docket_opened : list of datetime
        When the oversight body opened its docket.
    """

    cases: dict[int, MisuseCase] = field(default_factory=dict)
    enrolled: dict[str, date] = field(default_factory=dict)
    filed: dict[tuple[str, int], Filed] = field(default_factory=dict)
    docket_opened: list[datetime] = field(default_factory=list)

    def figures(self, year: int, *, agency: str = "") -> YearFigures:
        """Count the cases opened in a year, as they stand, of one agency or of all."""
        mine = [
            one
            for one in self.cases.values()
            if one.opened.astimezone(UTC).year == year and agency in {"", one.agency}
        ]
        states = [one.state for one in mine]
        outcomes: dict[str, int] = {}
        for one in mine:
            if one.state is State.CONFIRMED and one.outcome:
                outcomes[one.outcome] = outcomes.get(one.outcome, 0) + 1
        return YearFigures(
            year=year,
            opened=len(mine),
            confirmed=states.count(State.CONFIRMED),
            pending=states.count(State.PENDING),
            cleared=states.count(State.CLEARED),
            outcomes=outcomes,
        )

    def repeats(self, now: datetime) -> tuple[Repeat, ...]:
        """List officers, then agencies, with two or more confirmed cases in the last 24 months."""
        people: dict[tuple[str, str], list[MisuseCase]] = {}
        for one in self.cases.values():
            if is_recent(one, now):
                people.setdefault((one.agency, ""), []).append(one)
                if one.officer:
                    people.setdefault((one.agency, one.officer), []).append(one)
        found = [_repeat(*who, cases) for who, cases in people.items() if len(cases) >= REPEATED]
        return tuple(sorted(found, key=lambda one: (not one.officer, one.agency, one.officer)))

    def recent_of(self, agency: str, officer: str, now: datetime) -> tuple[int, ...]:
        """List an officer's cases that were confirmed within the last 24 months.

        One that was opened again counts: else it would be opened for as long as the next one is confirmed.
        One that was cleared since does not.
        """
        mine = (one for one in self.cases.values() if (one.agency, one.officer) == (agency, officer))
        since = months_before(now)
        return tuple(
            one.number
            for one in mine
            if one.state is not State.CLEARED and any(since < at <= now for at in one.confirmations)
        )

    def unfollowed(self, agency: str, now: datetime) -> tuple[MisuseCase, ...]:
        """List an agency's findings that nobody followed up: pending over 90 days, no note after the 90th."""
        return tuple(
            one
            for one in self.cases.values()
            if one.agency == agency and one.overdue(now) and not one.followed_up(now)
        )


def fold(events: Iterable[Event], *, before: datetime | None = None) -> Register:
    """Read the register out of a log.

    Parameters
    ----------
    events : iterable of Event
        Records in the log's order; those of other kinds are passed over.
    before : datetime, optional
        Only what was recorded before it counts; everything if left out.

    Returns
    -------
    Register
        As it stood.
    """
    register = Register()
    for event in events:
        if before is not None and event.time >= before:
            continue
        step = _STEPS.get(event.kind)
        if step is not None and event.text("decision") != REFUSED:
            step(register, event)
    return register


def register_events(events: Iterable[Event]) -> Iterator[Event]:
    """Pick the records that the register is folded from."""
    return (event for event in events if event.kind in _STEPS)


def is_recent(case: MisuseCase, now: datetime) -> bool:
    """Whether a case was confirmed within the 24 months up to now."""
    closed = case.closed
    return case.state is State.CONFIRMED and closed is not None and months_before(now) < closed <= now


def months_before(now: datetime, months: int = REPEAT_MONTHS) -> datetime:
    """Give the moment a whole number of years earlier, in months; of 29 February the 28th.

    Examples
    --------
    >>> from datetime import datetime
    >>> months_before(datetime(2028, 2, 29)).date().isoformat()
    '2026-02-28'
    """
    year = now.year - months // 12
    try:
        return now.replace(year=year)
    except ValueError:
        return (now - timedelta(days=1)).replace(year=year)


def _repeat(agency: str, officer: str, cases: list[MisuseCase]) -> Repeat:
    latest = max(one.closed for one in cases if one.closed is not None)
    return Repeat(agency, officer, tuple(sorted(one.number for one in cases)), latest)


def _enroll(register: Register, event: Event) -> None:
    register.enrolled.setdefault(event.text("ori"), event.time.astimezone(UTC).date())


def _open(register: Register, event: Event) -> None:
    register.cases[event.seq] = MisuseCase(
        number=event.seq,
        agency=event.text("agency"),
        source=event.text("source"),
        misuse_class=event.text("misuse_class"),
        officer=event.text("officer"),
        searches=_list(event.text("searches")),
        opened=event.time,
        spans=((event.time, None),),
    )


def _note(register: Register, event: Event) -> None:
    if case := _named(register, event):
        register.cases[case.number] = replace(case, notes=(*case.notes, event.time))


def _close(register: Register, event: Event) -> None:
    case = _named(register, event)
    state = event.text("state")
    if case is None or case.state is not State.PENDING or state not in {State.CONFIRMED, State.CLEARED}:
        return
    start, _ = case.spans[-1]
    register.cases[case.number] = replace(
        case,
        state=State(state),
        officer=event.text("officer") or case.officer,
        spans=(*case.spans[:-1], (start, event.time)),
        closed=event.time,
        outcome=event.text("outcome"),
        outcome_at=event.time if event.text("outcome") else None,
        confirmations=(*case.confirmations, event.time) if state == State.CONFIRMED else case.confirmations,
        by_own_agency=event.public.get("by_own_agency") is True,
        suspension=event.text("suspension"),
    )


def _state_outcome(register: Register, event: Event) -> None:
    case = _named(register, event)
    if case is not None and case.state is State.CONFIRMED:
        register.cases[case.number] = replace(case, outcome=event.text("outcome"), outcome_at=event.time)


def _reopen(register: Register, event: Event) -> None:
    case = _named(register, event)
    if case is None or case.state is State.PENDING:
        return
    register.cases[case.number] = replace(
        case,
        state=State.PENDING,
        spans=(*case.spans, (event.time, None)),
        closed=None,
        outcome="",
        outcome_at=None,
        by_own_agency=None,
        suspension="",
    )


def _file(register: Register, event: Event) -> None:
    figures = figures_filed(event)
    if figures is None:
        return
    key = (event.text("agency"), figures.year)
    before = register.filed.get(key)
    first = event.time if before is None else before.first_at
    n_before = 0 if before is None else before.n_filed
    register.filed[key] = Filed(figures, event.time, first, n_before + 1)


def _open_docket(register: Register, event: Event) -> None:
    register.docket_opened.append(event.time)


def figures_filed(event: Event) -> YearFigures | None:
    """Read the figures out of a yearly statement; None if they are no figures."""
    counts = [event.public.get(name) for name in ("year", "opened", "confirmed", "pending", "cleared")]
    year, opened, confirmed, pending, cleared = (one if isinstance(one, int) else -1 for one in counts)
    stated = event.public.get("outcomes")
    outcomes = stated.items() if isinstance(stated, Mapping) else ()
    try:
        return YearFigures(
            year=year,
            opened=opened,
            confirmed=confirmed,
            pending=pending,
            cleared=cleared,
            outcomes={name: count for name, count in outcomes if isinstance(count, int)},
        )
    except InputError:
        return None


def _named(register: Register, event: Event) -> MisuseCase | None:
    number = event.public.get("misuse")
    return register.cases.get(number) if isinstance(number, int) else None


def _list(text: str) -> tuple[str, ...]:
    try:
        values = json.loads(text or "[]")
    except ValueError:
        return ()
    return tuple(one for one in values if isinstance(one, str)) if isinstance(values, list) else ()


_STEPS: dict[str, Callable[[Register, Event], None]] = {
    "agency": _enroll,
    OPENED: _open,
    NOTED: _note,
    CLOSED: _close,
    OUTCOME: _state_outcome,
    REOPENED: _reopen,
    STATEMENT: _file,
    DOCKET_OPENED: _open_docket,
}

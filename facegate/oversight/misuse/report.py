"""The yearly misuse report of a log: a pure function of its records.

- By year of opening, a case counts as it stood when that year ended: no later record changes that.
- So a case opened in November and confirmed in January is pending there for good. It stands in the tables of
  what was decided in the year, of whatever year it was opened: there no confirmed case falls out.
- Nobody is called a non-filer before the day of filing is over, by the time of the log's last record.
- Statements are filed after the year; those on the log up to its stated size are taken, of each
  agency the last.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gate.registers.demands import today
from facegate.oversight.misuse.decided import decided_in
from facegate.oversight.misuse.docket import filing_day, missing_years, year_end
from facegate.oversight.misuse.figures import Change
from facegate.oversight.misuse.register import fold, register_events
from facegate.oversight.misuse.words import (
    DECLINED,
    PENDING_YEAR_DAYS,
    SUSPENDED,
    State,
)
from facegate.oversight.misuse.yearly import (
    AgencyYear,
    MisuseYear,
    NonFiler,
    RepeatFlag,
    TwoSources,
    tables_of,
)
from facegate.oversight.report import Period, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from facegate.gate.ledger.event import Event
    from facegate.oversight.misuse.register import Register, Repeat
    from facegate.oversight.sources import LogState

TITLE = "Misuse: cases, outcomes, repeats and non-filers"
AUTHORITY = (
    "Practice of the California DOJ for CLETS (yearly summary of misuse; checked against the EFF's account "
    "of 2017, not against the DOJ's text)"
)
DUE = "yearly; statements of the agencies by 1 February (a default: the sources state no day)"
_COUNTS = ("opened", "confirmed", "cleared", "pending")


def clets_misuse(
    events: Iterable[Event], period: Period, log: LogState, *, base_year: int | None = None
) -> Report:
    """Make the yearly misuse report.

    Parameters
    ----------
    events : iterable of Event
        Every record of the log, sealed fields opened where they may be: without them officers with repeated
        misuse are not seen.
    period : Period
        A calendar year.
    log : LogState
        What the records are of.
    base_year : int, optional
        A year to compare with beside the one before.

    Returns
    -------
    Report
        Cases, outcomes, what was decided, agencies, repeats, non-filers, filed against log.

    Raises
    ------
    InputError
        If the period is no calendar year, or the base year is not before it.
    """
    if period != Period.year(period.start.year):
        msg = f"the misuse report is of a calendar year, got {period.start} to {period.end}"
        raise InputError(msg)
    year = misuse_year(events, period.start.year, base_year=base_year)
    return Report(
        name="clets-misuse",
        title=TITLE,
        authority=AUTHORITY,
        due=DUE,
        period=period,
        log=log,
        needs_openings=True,
        tables=tables_of(year),
        notes=year.notes,
    )


def misuse_year(
    events: Iterable[Event], year: int, *, base_year: int | None = None, now: datetime | None = None
) -> MisuseYear:
    """Work out one year of misuse from a log's records.

    Parameters
    ----------
    events : iterable of Event
        Every record.
    year : int
        Which.
    base_year : int, optional
        Another earlier year to compare with, from 1.
    now : datetime, optional
        By when statements are missing; the time of the last record if left out.

    Returns
    -------
    MisuseYear
        The figures.

    Raises
    ------
    InputError
        If the base year is not before the year.
    """
    if base_year is not None and not 1 <= base_year < year:
        msg = f"the year to compare with is {base_year}, wanted one from 1 to {year - 1}"
        raise InputError(msg)
    every = tuple(events)
    now_or_last = now or max((event.time for event in every), default=None)
    kept = tuple(register_events(every))
    end = year_end(year)
    then, latest = fold(kept, before=end), fold(kept)
    waiting = _waiting(latest, then, year, now_or_last)
    bases = [year - 1, *([base_year] if base_year is not None and base_year != year - 1 else [])]
    figures = then.figures(year)
    changes = []
    for base in bases:
        before = fold(kept, before=year_end(base))
        known = bool(before.enrolled)  # a year in which nobody was registered has no count, not a zero
        old = before.figures(base)
        for of in ("opened", "confirmed"):
            count = getattr(old, of) if known else None
            changes.append(Change(f"Cases {of}", year, getattr(figures, of), base, count))
    return MisuseYear(
        figures=figures,
        changes=tuple(changes),
        agencies=tuple(_agency(then, agency, year, end) for agency in sorted(then.enrolled)),
        repeats=tuple(_flag(then, one) for one in then.repeats(end)),
        non_filers=() if waiting else tuple(_non_filers(latest, then, year)),
        two_sources=tuple(_two_sources(latest, then, year)),
        notes=tuple(_notes(then, latest, year, now_or_last)),
        decided=decided_in(fold(kept, before=year_end(year - 1)), then, year),
        waiting=waiting,
    )


def _agency(register: Register, agency: str, year: int, end: datetime) -> AgencyYear:
    figures = register.figures(year, agency=agency)
    mine = [one for one in register.cases.values() if one.agency == agency]
    return AgencyYear(
        agency=agency,
        opened=figures.opened,
        confirmed=figures.confirmed,
        cleared=figures.cleared,
        pending=figures.pending,
        pending_over_year=sum(one.overdue(end, PENDING_YEAR_DAYS) for one in mine),
        closed_by_itself=sum(one.by_own_agency is True for one in mine if one.opened.year == year),
    )


def _flag(register: Register, one: Repeat) -> RepeatFlag:
    decided = [register.cases[number].suspension for number in one.cases]
    n_suspended, n_declined = decided.count(SUSPENDED), decided.count(DECLINED)
    words = f"suspended {n_suspended}, suspension declined {n_declined}"
    return RepeatFlag(one.agency, "officer" if one.officer else "agency", len(one.cases), words)


def _waiting(latest: Register, then: Register, year: int, now: datetime | None) -> str:
    """Say that the day of filing is not over; empty if it is."""
    due = filing_day(year)
    if now is None or now.astimezone(UTC).date() > due:
        return ""
    n_filed = sum((agency, year) in latest.filed for agency in then.enrolled)
    return (
        f"Statements for {year} are due by {due}, and this is of {today(now)}: nobody is listed yet; "
        f"{n_filed} of {len(then.enrolled)} agencies have filed."
    )


def _non_filers(now: Register, then: Register, year: int) -> Iterator[NonFiler]:
    for agency in sorted(then.enrolled):
        if (agency, year) not in now.filed:
            yield NonFiler(agency, missing_years(now, agency, year))


def _two_sources(now: Register, then: Register, year: int) -> Iterator[TwoSources]:
    for agency in sorted(then.enrolled):
        filed = now.filed.get((agency, year))
        if filed is None:
            continue
        derived = then.figures(year, agency=agency)
        for what in _COUNTS:
            one, other = getattr(filed.figures, what), getattr(derived, what)
            yield TwoSources(agency, f"cases {what}", one, other, "the log, at the end of the year")


def _notes(then: Register, now: Register, year: int, at: datetime | None) -> Iterator[str]:
    if at is not None and at < year_end(year):
        yield f"{year} is not over: this is how it stood on {today(at)}, and cases may still be opened."
    yield (
        "Cases by state, outcomes and agencies count in the year they were opened, as they stood when that "
        "year ended; what was decided later stands in the later year's tables of decided cases."
    )
    nameless = sum(one.state is State.CONFIRMED and not one.officer for one in then.cases.values())
    if nameless:
        yield (
            f"{nameless} confirmed cases name no officer here (erased, or read without the sealed part): "
            "repeats of an officer among them are not seen."
        )
    again = sum(one.n_filed > 1 for (_, of), one in now.filed.items() if of == year)
    if again:
        yield f"{again} statements were filed more than once; the last counts, all are on the log."
    reopened = sum(one.n_reopened > 0 for one in then.cases.values())
    if reopened:
        yield f"{reopened} cases were opened again after they had been closed."

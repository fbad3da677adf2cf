"""The public figures: what was asked, what came of it, what was refused. Nothing sealed is ever opened.

They are those of the reports that anybody can make from the public part of the log. How many candidates were
released as leads stands in no report that is made without opening; it is counted from the records of release,
whose numbers are public.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.gate.closed_law import ClosedLaw
from facegate.oversight.events import read_events
from facegate.oversight.governance.attempts import attempts
from facegate.oversight.report import Period
from facegate.oversight.site.headlines import immigration, public_headlines, refusals
from facegate.oversight.site.published_reports import (
    IMMIGRATION,
    SEARCHES,
    Figure,
    MadeReport,
    attempts_by_year,
    default_years,
    stem,
)
from facegate.server.acts.makings import Lane
from facegate.server.acts.reports import MAKINGS, make
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from pathlib import Path

    from facegate.oversight.site.headlines import Line
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

RELEASES: Final = "records of release"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the public record counts.

    Parameters
    ----------
    years : tuple of int
        The newest first; a column each.
    lines : tuple of Line
        What was asked, and what came of it.
    immigration : tuple of Line
        Requests about immigration in the newest year, zeros included.
    refusals : tuple of Line
        How often each rule refused.
    begun : date or None
        Day of the first record; None for an empty log.
    attempts : mapping of int to int
        Requests to search in every year on the log.
    """

    years: tuple[int, ...]
    lines: tuple[Line, ...]
    immigration: tuple[Line, ...]
    refusals: tuple[Line, ...]
    begun: date | None
    attempts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is counted from the records themselves: first day, requests and leads by year."""

    begun: date | None
    years: tuple[int, ...]
    attempts: Mapping[int, int]
    leads: Mapping[int, int]


def figures(service: Service, caller: Caller) -> Figures:
    """Count what the public part of the log tells, this year and the one before.

    Raises
    ------
    AuditError, VerificationError
        If the log cannot be read or does not hold: then there are no figures.
    """
    at, desk = service.desk.clock(), service.desk
    demand(caller, Operation.REPORT_READ, at=at)
    size = desk.ledger.log.size
    log, today = desk.home.log, at.replace(hour=0, minute=0, second=0, microsecond=0)
    counted = MAKINGS.get((log, size, today), lambda: _counted(log, size, today), lane=Lane.FIGURES)
    made = {
        stem(name, year): MadeReport(
            year,
            make(service, caller, name, Period.year(year), size=size, masked=True, lane=Lane.FIGURES),
        )
        for name in (SEARCHES, IMMIGRATION)
        for year in counted.years
    }
    years = counted.years
    leads = tuple(Figure(counted.leads[year], RELEASES) for year in years)
    return Figures(
        years=years,
        lines=public_headlines(made, years, leads=leads),
        immigration=immigration(made, years[0]),
        refusals=refusals(made, years, _said(service)),
        begun=counted.begun,
        attempts=counted.attempts,
    )


def _counted(log: Path, size: int, today: datetime) -> _Counted:
    """Count what no report without openings holds; the first so many records never change, so it is kept."""
    events = tuple(read_events(log, opened=False, size=size))
    begun = events[0].time if events else None
    years = default_years(events, today)
    leads = {
        year: sum(one.n_leads for one in attempts(events, Period.year(year)) if one.made) for year in years
    }
    return _Counted(begun.date() if begun else None, years, attempts_by_year(events), leads)


def _said(service: Service) -> Mapping[str, str]:
    """Give the plain sentence of every rule of the laws installed here."""
    engine = service.desk.gate.engine
    if isinstance(engine, ClosedLaw):
        return {}
    return {
        rule.rule_id: rule.say.replace("profile {profile}", "the law asked for").replace(" ({period})", "")
        for law in engine.profiles.values()
        for rule in law.rules
    }

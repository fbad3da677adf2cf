"""Reports made from the log: which there are, making one, and making one again to hold it against the log.

- A report that reads no sealed field is anybody's: whoever has the public part of the log can make it.
  It is made from that part alone, so that nothing can be opened by mistake.
- One that reads sealed fields is made for auditors and misuse officers only, masked or not. For the public it
  is published, once, by whoever answers for it. Asked for here day by day, the difference between two days
  would tell of one person what masking hides in each of them.
- The same holds for verifying: whoever may try report after report finds the one that is true.
- Each reads the whole log, so few are made at a time, and strangers have places of their own (`makings`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.errors import VerificationError
from facegate.oversight.log_reader import OwnLog
from facegate.oversight.registry import KINDS, report_kind
from facegate.oversight.report_form import parse_report
from facegate.oversight.verify_report import make_report, verify_report
from facegate.server.acts.makings import Lane, Makings
from facegate.server.acts.public_log import published_size
from facegate.server.asking import demand
from facegate.server.identity.roles import MAY, Operation
from facegate.server.problems import not_here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Period, Report
    from facegate.oversight.report_kind import ReportKind
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

WHAT: Final = "report"
KEPT: Final = 64
MAKINGS: Final = Makings(kept=KEPT)
"""Reports of the public part: the same for the same records, which never change, so they are kept. What reads
sealed fields is not."""


class PublicPart(OwnLog):
    """The log as its writer keeps it, of which nothing sealed is ever opened."""

    @property
    def opened(self) -> bool:
        """Never."""
        return False

    def events(self, size: int) -> Iterator[Event]:
        """Read the first so many records as the public does."""
        return super().events(size)


@dataclass(frozen=True, slots=True)
class Held:
    """What came of holding a report against the log.

    Parameters
    ----------
    holds : bool
        Every byte of it follows from the log.
    say : str
        If not, the first difference, in one sentence; empty if it holds.
    report : Report or None
        The report, if it holds.
    """

    holds: bool
    say: str
    report: Report | None


def list_kinds(service: Service, caller: Caller) -> tuple[ReportKind, ...]:
    """List every kind of report there is, by name."""
    demand(caller, Operation.REPORT_READ, at=service.desk.clock())
    return tuple(sorted(KINDS, key=lambda one: one.name))


def make(
    service: Service,
    caller: Caller,
    name: str,
    period: Period,
    *,
    size: int | None = None,
    masked: bool = False,
    lane: Lane | None = None,
) -> Report:
    """Make a report.

    Parameters
    ----------
    service : Service
        The log.
    caller : Caller
        Anybody for a report of the public part; an auditor or misuse officer for any other.
    name : str
        Of the report.
    period : Period
        About which days.
    size : int, optional
        From how many records of the log, the first ones. If left out, all of them; for somebody who is not
        known all that are published, so that he can make it again from what he can read.
    masked : bool
        In the form for publication. Everybody but auditors and misuse officers has no other.
    lane : Lane, optional
        Whose place it takes to make it; the caller's if left out.

    Raises
    ------
    Problem
        401 or 403; 404 if there is none of that name; 503 if as many are being made as may be.
    InputError
        As `facegate.oversight.verify_report.make_report`.
    """
    kind = _demand_kind(service, caller, name)
    opened = bool(caller.roles & MAY[Operation.REPORT_READ_OPENED])
    folder, places = service.desk.home.log, lane or _lane_of(caller)
    if kind.needs_openings:
        with MAKINGS.place(places):
            return make_report(kind, OwnLog(folder), period, size=size, public=masked)
    wanted = _size_for(service, caller) if size is None else size
    public = masked or not opened
    return MAKINGS.get(
        (folder, kind.name, period, wanted, public),
        lambda: make_report(kind, PublicPart(folder), period, size=wanted, public=public),
        lane=places,
    )


def verify(service: Service, caller: Caller, data: bytes) -> Held:
    """Make a filed report again from the log it names, and compare every byte.

    Parameters
    ----------
    service : Service
        The log.
    caller : Caller
        As for making it.
    data : bytes
        The report's file.

    Raises
    ------
    Problem
        401 or 403; 503 if as many are being made as may be.
    InputError
        If it cannot be made again: something it read was erased, or there is no report of its name.
    """
    try:
        kind = report_kind(parse_report(data).name)
    except VerificationError as error:
        demand(caller, Operation.REPORT_READ, at=service.desk.clock())
        return Held(holds=False, say=str(error), report=None)
    _demand_kind(service, caller, kind.name)
    reader = OwnLog if kind.needs_openings else PublicPart
    try:
        with MAKINGS.place(_lane_of(caller)):
            return Held(holds=True, say="", report=verify_report(data, reader(service.desk.home.log)))
    except VerificationError as error:
        return Held(holds=False, say=str(error), report=None)


def _demand_kind(service: Service, caller: Caller, name: str) -> ReportKind:
    """Find a kind of report, and demand what it asks of whoever wants it."""
    at = service.desk.clock()
    demand(caller, Operation.REPORT_READ, at=at)
    kind = next((one for one in KINDS if one.name == name), None)
    if kind is None:
        raise not_here(WHAT)
    if kind.needs_openings:
        demand(caller, Operation.REPORT_READ_OPENED, at=at)
    return kind


def _size_for(service: Service, caller: Caller) -> int:
    whole = service.desk.ledger.log.size
    published = None if caller.known else published_size(service)
    return whole if published is None else min(published, whole)


def _lane_of(caller: Caller) -> Lane:
    return Lane.STAFF if caller.known else Lane.PUBLIC

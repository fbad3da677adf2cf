"""Everything that is owed by a day: reviews, notices, disclosures, the register of misuse, the conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.gate.registers.demands import today
from facegate.server.acts.misuse import read_docket as read_misuse
from facegate.server.acts.standing import audit_calendar, certificate_in_force, read_docket
from facegate.server.asking import demand
from facegate.server.identity.roles import MAY, Operation
from facegate.server.readiness import LEAVES_OPEN, SAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.server.acts.standing import AuditCalendar
    from facegate.server.identity.caller import Caller
    from facegate.server.readiness import Readiness
    from facegate.server.service import Service

WHO: Final = {
    "review": Operation.REVIEW_OPEN,
    "closing": Operation.REVIEW_OPEN,
    "notice": Operation.LEAD_NOTIFY,
    "disclosure": Operation.CASE_DISCLOSE,
}
"""Who does what is owed."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing that is owed.

    Parameters
    ----------
    what : str
        ``review``, ``closing``, ``notice``, ``disclosure``, ``misuse``, ``audit`` or ``certificate``.
    due : str
        The last day in time, ISO 8601; empty where no day was ever set.
    overdue : bool
        That day is over, or nothing was ever done.
    say : str
        What has to be done; names nobody.
    search_id : str
        Of which search; empty where it is of none.
    mine : bool
        The caller's roles may do it.
    """

    what: str
    due: str
    overdue: bool
    say: str
    search_id: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is owed, the longest overdue first.

    Parameters
    ----------
    owed : tuple of Owed
        Of searches that are the caller's to see; of misuse, for whoever reads that register.
    closed : tuple of str
        Why every search is refused at this moment, as anybody may know it; none if it is not.
    audits : AuditCalendar
        Term, next day and what was filed.
    """

    owed: tuple[Owed, ...]
    closed: tuple[str, ...]
    audits: AuditCalendar


def read_calendar(service: Service, caller: Caller, readiness: Readiness) -> Calendar:
    """Give what is owed and is the caller's to see.

    Parameters
    ----------
    service : Service
        Registers, reviews and the register of misuse.
    caller : Caller
        One of the staff who works with searches, or looks in.
    readiness : Readiness
        Says whether the gate is open.

    Raises
    ------
    Problem
        401 or 403.
    """
    demand(caller, Operation.DOCKET_READ, at=service.desk.clock())
    audits = audit_calendar(service, caller)
    found = [
        *_searches(service, caller),
        *_misuse(service, caller),
        _audit(audits),
        *_certificate(service, caller),
    ]
    # What never had a day stands first: its text is empty.
    ordered = sorted(found, key=lambda one: (not one.overdue, one.due, one.what, one.search_id))
    closed = dict.fromkeys(one.code for one in readiness.reasons() if one.code not in LEAVES_OPEN)
    return Calendar(tuple(ordered), tuple(SAYS[code] for code in closed), audits)


def _searches(service: Service, caller: Caller) -> Iterator[Owed]:
    for one in read_docket(service, caller):
        mine = bool(caller.roles & MAY[WHO[one.what]])
        yield Owed(one.what, one.due.isoformat(), one.overdue, one.say, one.search_id, mine)


def _misuse(service: Service, caller: Caller) -> Iterator[Owed]:
    if not caller.roles & MAY[Operation.MISUSE_READ]:
        return
    mine = bool(caller.roles & MAY[Operation.MISUSE_ACT])
    for one in read_misuse(service, caller).findings:
        yield Owed("misuse", one.due.isoformat(), one.overdue, f"{one.agency}: {one.say}", mine=mine)


def _audit(audits: AuditCalendar) -> Owed:
    say = "the next audit is to be filed" if audits.next_due else "no audit was ever filed"
    return Owed("audit", audits.next_due, audits.state != "current", say)


def _certificate(service: Service, caller: Caller) -> Iterator[Owed]:
    held = certificate_in_force(service, caller).certificate
    if held is None:
        yield Owed("certificate", "", overdue=True, say="no accuracy certificate is in force")
        return
    over = held.valid_until < today(service.desk.clock())
    yield Owed("certificate", held.valid_until, over, "the accuracy certificate is to be renewed")

"""How the agency stands: its certificate in force, what is owed by when, and its audits."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.errors import FacegateError
from facegate.evaluation.certificates.file import open_certificate, read_bytes
from facegate.gate.in_force import trusted_issuers
from facegate.gate.registers.audits import audit_current, audit_due, audit_term
from facegate.gate.review.docket import docket
from facegate.gate.review.state import read
from facegate.gate.standing_facts import Standing
from facegate.server.acts.whose import sees_search
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import Problem, not_here

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.evaluation.certificates.certificate import Certificate
    from facegate.gate.in_force import InForce
    from facegate.gate.review.docket import Due
    from facegate.server.desk import Desk
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

CERTIFICATE: Final = "certificate"


@dataclass(frozen=True, slots=True)
class CertificateHere:
    """The certificate in force.

    Parameters
    ----------
    certificate : Certificate or None
        None keeps the gate closed.
    objections : tuple of str
        Why it does not hold for this gallery today, one sentence each; none if it does.
    """

    certificate: Certificate | None
    objections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditFiled:
    """One audit, as it was filed; ``record`` is its place on the log."""

    record: int
    period_end: str
    filed_on: str
    auditor: str
    next_due: str
    findings_open: int


@dataclass(frozen=True, slots=True)
class AuditCalendar:
    """When the agency was audited, and when it must be again.

    Parameters
    ----------
    every_days : int
        Most days from one audit to the next.
    next_due : str
        Last day before it is overdue, ISO 8601; empty if none was ever filed.
    state : str
        ``current``, ``overdue`` or ``never audited``: then every search is refused.
    audits : tuple of AuditFiled
        The newest first.
    """

    every_days: int
    next_due: str
    state: str
    audits: tuple[AuditFiled, ...]


def certificate_in_force(service: Service, caller: Caller) -> CertificateHere:
    """Give the certificate in force, and whether it holds for this gallery now."""
    at = service.desk.clock()
    demand(caller, Operation.CERTIFICATE_READ, at=at)
    held = service.desk.gate.in_force.now()
    return CertificateHere(held.certificate, _objections(service.desk, held, at))


def certificate_file(service: Service, caller: Caller) -> bytes:
    """Give the certificate in force as the signed file that anybody can check with the issuer's key.

    Raises
    ------
    Problem
        404 if none is in force; 503 if another is being put in its place at this moment.
    """
    demand(caller, Operation.CERTIFICATE_READ, at=service.desk.clock())
    held, home = service.desk.gate.in_force.certificate, service.desk.home
    if held is None:
        raise not_here(CERTIFICATE)
    try:
        data = read_bytes(home.certificate)
        same = open_certificate(data, trusted_issuers(home), name=home.certificate.name).serial == held.serial
    except (FacegateError, OSError):
        same, data = False, b""
    if not same:
        detail = "another certificate is being put in force at this moment; ask again"
        again = {"Retry-After": "1"}
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "certificate-replaced", detail, headers=again)
    return data


def certificate_objections(desk: Desk, at: datetime) -> tuple[str, ...]:
    """Say why the certificate does not hold for this gallery now; nothing if it does."""
    return _objections(desk, desk.gate.in_force.now(), at)


def _objections(desk: Desk, held: InForce, at: datetime) -> tuple[str, ...]:
    gate = desk.gate
    place = Standing(gate.gallery, gate.engine, gate.ledger, gate.limits, held, gate.usage_policy)
    return place.certificate_objections(at)


def read_docket(service: Service, caller: Caller) -> tuple[Due, ...]:
    """List what is owed of reviews, notices and disclosures, of searches that are the caller's to see."""
    at = service.desk.clock()
    demand(caller, Operation.DOCKET_READ, at=at)
    ledger = service.desk.ledger
    with ledger.reading():
        every = docket(ledger, now=at)
        return tuple(one for one in every if sees_search(service, caller, read(ledger, one.search_id)))


def audit_calendar(service: Service, caller: Caller) -> AuditCalendar:
    """Give the calendar of audits; it is public."""
    at = service.desk.clock()
    demand(caller, Operation.REPORT_READ, at=at)
    ledger = service.desk.ledger
    with ledger.reading():
        due = audit_due(ledger)
        state = "current" if audit_current(ledger, at) else "overdue" if due else "never audited"
        rows = ledger.rows(
            "SELECT seq, period_end, filed_on, auditor, next_due, findings_open FROM conditions_audits "
            "ORDER BY seq DESC"
        )
        return AuditCalendar(audit_term(ledger), due, state, tuple(AuditFiled(*row) for row in rows))

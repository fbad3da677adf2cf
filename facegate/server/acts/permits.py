"""Permits: a supervisor approves one search of one photo, before it is made."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.gate.permits import issue, permits_issued, refuse
from facegate.server.acts.opened import opened
from facegate.server.acts.refusals import by_rules, refused
from facegate.server.acts.whose import demand_officer, in_his_name
from facegate.server.asking import demand
from facegate.server.identity.roles import SEES_ALL, Operation, Role

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.permits import Permit, PermitState
    from facegate.records import FailedRule
    from facegate.request import SearchRequest
    from facegate.server.identity.caller import Caller
    from facegate.server.problems import Problem
    from facegate.server.service import Service


def issue_permit(service: Service, caller: Caller, request: SearchRequest, probe: bytes) -> Permit:
    """Issue a permit, if the law and every register would let the search through.

    Parameters
    ----------
    service : Service
        The gate.
    caller : Caller
        A supervisor who proved himself lately; approver and agency are his own.
    request : SearchRequest
        What the requester will state.
    probe : bytes
        The photo as it was sent; the permit binds it as it is written anew, like the search's.

    Raises
    ------
    Problem
        401 or 403; 403 with every rule that failed if the search would be refused, recorded.
    InputError
        If the request is in another's name, or the photo cannot be opened.
    AuditError
        If it cannot be recorded.
    """
    asked = _approved_by(service, caller, request)
    clean = opened(service, caller, probe)
    return _issued(service, asked, clean.data)


def issue_for_kept(service: Service, caller: Caller, request: SearchRequest, png: bytes) -> Permit:
    """Issue a permit for a photo that was written anew before, and is searched with as it is.

    Parameters
    ----------
    service, caller, request
        As `issue_permit`.
    png : bytes
        The clean photo; raises as `issue_permit`.
    """
    return _issued(service, _approved_by(service, caller, request), png)


def _approved_by(service: Service, caller: Caller, request: SearchRequest) -> SearchRequest:
    demand(caller, Operation.PERMIT_ISSUE, at=service.desk.clock())
    by = demand_officer(caller)
    return in_his_name(request, approver=by.officer, agency=by.agency)


def _issued(service: Service, asked: SearchRequest, png: bytes) -> Permit:
    gate = service.desk.gate
    with gate.ledger.turn:
        at = gate.clock()
        if failed := gate.may(asked, png):
            raise refused_permit(service, asked, failed, at)
        return issue(
            gate.ledger,
            asked,
            probe_digest=hashlib.sha256(png).hexdigest(),
            at=at,
            random_bytes=gate.random_bytes,
            life=timedelta(hours=gate.limits.permit_hours),
        )


def refused_permit(
    service: Service, asked: SearchRequest, failed: tuple[FailedRule, ...], at: datetime
) -> Problem:
    """Record that no permit is issued, and give what is told of it."""
    record = refuse(service.desk.ledger, asked, failed, at=at)
    return refused(failed, by_rules(failed, "the permit", asked.profile), {"index": record})


def list_permits(service: Service, caller: Caller) -> tuple[PermitState, ...]:
    """List the permits that are the caller's to see, oldest first.

    A searcher sees those that were issued to him, a supervisor those of his agency, an auditor all.

    Raises
    ------
    Problem
        401 or 403.
    """
    demand(caller, Operation.PERMIT_READ, at=service.desk.clock())
    if caller.roles & SEES_ALL:
        return permits_issued(service.desk.ledger)
    by = demand_officer(caller)
    every = permits_issued(service.desk.ledger, by.agency)
    if Role.SUPERVISOR in caller.roles:
        return every
    return tuple(one for one in every if one.requester.casefold() == by.officer.casefold())

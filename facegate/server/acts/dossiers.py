"""Dossiers: listed fields of the record of a released lead, approved by one, asked for by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.gate.dossier_desk import Asked, desk_of
from facegate.gate.records_file import RECORDS, RecordsFile
from facegate.server.acts.permits import refused_permit
from facegate.server.acts.refusals import refusals_told
from facegate.server.acts.whose import demand_officer, demand_sees_search, in_his_name
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation

if TYPE_CHECKING:
    from facegate.gate.dossier_desk import DossierDesk
    from facegate.gate.permits import Permit
    from facegate.gate.review.dossier import Dossier
    from facegate.request import SearchRequest
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service


def approve(service: Service, caller: Caller, request: SearchRequest, *, search_id: str, rank: int) -> Permit:
    """Issue a permit for one dossier about one candidate, if the law would let it through.

    Parameters
    ----------
    service : Service
        The gate.
    caller : Caller
        A supervisor who proved himself lately; approver and agency are his own.
    request : SearchRequest
        What the requester will state, with its ``dossier_fields``.
    search_id : str
        The search it rests on.
    rank : int
        Which candidate of its list, from 1.

    Raises
    ------
    Problem
        401, 403, 404; 403 with every rule that failed, recorded.
    InputError
        If the request is in another's name.
    """
    demand(caller, Operation.DOSSIER_APPROVE, at=service.desk.clock())
    by = demand_officer(caller)
    asked = Asked(in_his_name(request, approver=by.officer, agency=by.agency), search_id, rank)
    demand_sees_search(service, caller, search_id)
    desk = _desk(service)
    with service.desk.ledger.turn:
        at = service.desk.clock()
        if failed := desk.may(asked, at=at):
            raise refused_permit(service, asked.dossier, failed, at)
        return desk.approve(asked, at=at, random_bytes=service.desk.random_bytes)


def ask(
    service: Service, caller: Caller, request: SearchRequest, *, search_id: str, rank: int, permit: str = ""
) -> Dossier:
    """Ask for listed fields of the record of one released lead.

    The records are read from ``HOME/records.json``, and only after the request is on the log.

    Parameters
    ----------
    service : Service
        The gate.
    caller : Caller
        A searcher; requester and agency are his own.
    request : SearchRequest
        What he states, with its ``dossier_fields``.
    search_id : str
        The search it rests on.
    rank : int
        Which candidate of its list, from 1.
    permit : str
        The permit issued for it; may be anything.

    Raises
    ------
    Problem
        401, 403, 404; 403 with every rule that failed, recorded.
    InputError
        If the request is in another's name, or the records have no such person with every field.
    PolicyRefusal
        If the records gave an image that cannot carry the mark of this copy; recorded, nothing leaves.
    """
    demand(caller, Operation.DOSSIER_ASK, at=service.desk.clock())
    by = demand_officer(caller)
    asked = Asked(in_his_name(request, requester=by.officer, agency=by.agency), search_id, rank)
    demand_sees_search(service, caller, search_id)
    source = RecordsFile(service.desk.home.folder / RECORDS)
    with service.desk.ledger.turn, refusals_told():
        return _desk(service).ask(asked, source, permit=permit, at=service.desk.clock())


def _desk(service: Service) -> DossierDesk:
    return desk_of(service.desk.gate, service.desk.reference_key())

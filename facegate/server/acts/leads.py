"""Leads after their release: evidence, disclosure to the defense, correction, and notices of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.gate.review.correction import correct, notify, owed_notices, search_corrected
from facegate.gate.review.corroboration import corroborate
from facegate.gate.review.disclosure import disclose
from facegate.server.acts.refusals import refusals_told
from facegate.server.acts.whose import demand_officer, demand_sees_search
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import not_here

if TYPE_CHECKING:
    from facegate.gate.review.correction import OwedNotice
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

CORRECTION: Final = "correction"


def record_evidence(
    service: Service, caller: Caller, search_id: str, *, rank: int, evidence: str, reference: str, day: str
) -> int:
    """Record independent evidence about one released lead.

    Parameters
    ----------
    service : Service
        The reviews.
    caller : Caller
        A searcher or supervisor to whom the search is known.
    search_id : str
        Which search.
    rank, evidence, reference, day
        As in `facegate.gate.review.corroboration.corroborate`.

    Returns
    -------
    int
        Position in the log.

    Raises
    ------
    Problem
        401, 403, 404; 403 with the rule, 409 if the same is on the log; recorded.
    InputError
        If a field is not of its form, or there is no such kind of evidence.
    """
    demand(caller, Operation.LEAD_CORROBORATE, at=service.desk.clock())
    by, desk = demand_officer(caller), service.desk
    demand_sees_search(service, caller, search_id)
    with desk.ledger.turn, refusals_told():
        at = desk.clock()
        return corroborate(
            desk.ledger,
            desk.registry,
            search_id,
            rank=rank,
            evidence=evidence,
            reference=reference,
            day=day,
            by=by,
            at=at,
        )


def record_disclosure(
    service: Service, caller: Caller, search_id: str, *, state: str, day: str, reference: str
) -> int:
    """Record that the defense was told of every search of the case, or for what day that is set.

    Parameters
    ----------
    service : Service
        The reviews.
    caller : Caller
        A searcher or supervisor to whom the search is known.
    search_id : str
        A search of the case.
    state, day, reference
        As in `facegate.gate.review.disclosure.disclose`.

    Returns
    -------
    int
        Position in the log.

    Raises
    ------
    Problem
        401, 403, 404; 403 with the rule, 409 if it is on the log; recorded.
    InputError
        If a field is not of its form.
    """
    demand(caller, Operation.CASE_DISCLOSE, at=service.desk.clock())
    by, desk = demand_officer(caller), service.desk
    demand_sees_search(service, caller, search_id)
    with desk.ledger.turn, refusals_told():
        at = desk.clock()
        return disclose(
            desk.ledger, desk.registry, search_id, state=state, day=day, reference=reference, by=by, at=at
        )


def record_correction(
    service: Service, caller: Caller, search_id: str, *, rank: int, reason: str, reference: str
) -> int:
    """Record that a released lead was proved wrong: everybody who received it is owed a notice.

    Parameters
    ----------
    service : Service
        The reviews.
    caller : Caller
        A supervisor who proved himself lately.
    search_id : str
        Which search.
    rank, reason, reference
        As in `facegate.gate.review.correction.correct`.

    Returns
    -------
    int
        Position in the log; notices name it.

    Raises
    ------
    Problem
        401, 403, 404; 403 with the rule, 409 if it was corrected; recorded.
    InputError
        If a field is not of its form.
    """
    demand(caller, Operation.LEAD_CORRECT, at=service.desk.clock())
    by, desk = demand_officer(caller), service.desk
    demand_sees_search(service, caller, search_id)
    with desk.ledger.turn, refusals_told():
        at = desk.clock()
        return correct(
            desk.ledger, desk.registry, search_id, rank=rank, reason=reason, reference=reference, by=by, at=at
        )


def list_notices(service: Service, caller: Caller, search_id: str) -> tuple[OwedNotice, ...]:
    """List the notices that are owed because a lead of this search was proved wrong.

    Raises
    ------
    Problem
        401, 403, 404.
    """
    demand(caller, Operation.LEAD_NOTIFY, at=service.desk.clock())
    demand_sees_search(service, caller, search_id)
    return owed_notices(service.desk.ledger, search_id)


def record_notice(service: Service, caller: Caller, correction: int, *, mark: str, day: str) -> int:
    """Record that somebody who received a wrong lead was told.

    Parameters
    ----------
    service : Service
        The reviews.
    caller : Caller
        A supervisor.
    correction : int
        Record of the correction.
    mark, day
        As in `facegate.gate.review.correction.notify`.

    Returns
    -------
    int
        Position in the log.

    Raises
    ------
    Problem
        401, 403, 404; 403 with the rule if no notice is owed to that mark, recorded.
    InputError
        If the day is not of its form.
    """
    demand(caller, Operation.LEAD_NOTIFY, at=service.desk.clock())
    by, desk = demand_officer(caller), service.desk
    search_id = search_corrected(desk.ledger, correction)
    if search_id is None:
        raise not_here(CORRECTION)
    demand_sees_search(service, caller, search_id, what=CORRECTION)
    with desk.ledger.turn, refusals_told():
        at = desk.clock()
        return notify(desk.ledger, desk.registry, correction=correction, mark=mark, day=day, by=by, at=at)

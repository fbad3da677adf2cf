"""What waits for somebody: reviews, lists to be released, cases to be confirmed, what is overdue, his own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.gate.registers.cases import cases_of
from facegate.gate.review.state import read
from facegate.server.acts.permit_asks import list_own, list_waiting
from facegate.server.acts.reviews import list_open
from facegate.server.acts.standing import read_docket
from facegate.server.acts.whose import sees_search
from facegate.server.asked_permits import State
from facegate.server.identity.roles import MAY, Operation

if TYPE_CHECKING:
    from facegate.gate.registers.cases import Case
    from facegate.gate.review.docket import Due
    from facegate.gate.review.state import Reviewed
    from facegate.server.asked_permits import Asked
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

LATEST: Final = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one caller; None where it is not his to do.

    Parameters
    ----------
    reviews : tuple of Reviewed or None
        Searches to be reviewed.
    releases : tuple of Reviewed or None
        Reviewed lists that nobody received yet.
    confirmations : tuple of Case or None
        Cases that no second person confirmed; not those he stated himself.
    due : tuple of Due or None
        What is owed, the longest overdue first.
    own : tuple of Reviewed or None
        The last searches he asked for, the newest first.
    approvals : tuple of Asked or None
        Searches that wait to be approved; not those he asked for himself.
    asked : tuple of Asked or None
        What he asked approval for, and somebody decided.
    """

    reviews: tuple[Reviewed, ...] | None
    releases: tuple[Reviewed, ...] | None
    confirmations: tuple[Case, ...] | None
    due: tuple[Due, ...] | None
    own: tuple[Reviewed, ...] | None
    approvals: tuple[Asked, ...] | None
    asked: tuple[Asked, ...] | None


def waiting_for(service: Service, caller: Caller) -> Waiting:
    """Say what waits for the caller; nothing is shown that he may not ask for one by one."""

    def may(operation: Operation) -> bool:
        return bool(caller.roles & MAY[operation])

    officer = bool(caller.officer and caller.agency)
    return Waiting(
        reviews=list_open(service, caller) if officer and may(Operation.REVIEW_OPEN) else None,
        releases=_to_release(service, caller) if officer and may(Operation.LIST_RELEASE) else None,
        confirmations=_to_confirm(service, caller) if officer and may(Operation.CASE_CONFIRM) else None,
        due=read_docket(service, caller) if may(Operation.DOCKET_READ) else None,
        own=_own(service, caller) if officer and may(Operation.SEARCH_ASK) else None,
        approvals=_to_approve(service, caller) if officer and may(Operation.PERMIT_ISSUE) else None,
        asked=_decided(service, caller) if officer and may(Operation.PERMIT_ASK) else None,
    )


def _to_release(service: Service, caller: Caller) -> tuple[Reviewed, ...]:
    query = (
        "SELECT search_id FROM review_searches s WHERE closed = 'reviewed' AND NOT EXISTS "
        "(SELECT 1 FROM review_releases r WHERE r.search_id = s.search_id) ORDER BY searched_at"
    )
    ledger = service.desk.ledger
    with ledger.reading():
        found = (read(ledger, row["search_id"]) for row in ledger.rows(query))
        return tuple(one for one in found if sees_search(service, caller, one))


def _to_approve(service: Service, caller: Caller) -> tuple[Asked, ...]:
    return tuple(one for one in list_waiting(service, caller) if one.account != caller.account)


def _decided(service: Service, caller: Caller) -> tuple[Asked, ...]:
    return tuple(one for one in list_own(service, caller) if one.state in {State.APPROVED, State.SENT_BACK})


def _to_confirm(service: Service, caller: Caller) -> tuple[Case, ...]:
    me = caller.officer.casefold()
    return tuple(
        one
        for one in cases_of(service.desk.ledger, caller.agency)
        if not one.confirmed_by and me not in {one.registered_by.casefold(), one.offense_by.casefold()}
    )


def _own(service: Service, caller: Caller) -> tuple[Reviewed, ...]:
    query = (
        "SELECT search_id FROM review_searches WHERE agency = ? AND lower(requester) = ? "
        "ORDER BY intent DESC LIMIT ?"
    )
    ledger = service.desk.ledger
    with ledger.reading():
        rows = ledger.rows(query, caller.agency, caller.officer.lower(), LATEST)
        return tuple(read(ledger, row["search_id"]) for row in rows)

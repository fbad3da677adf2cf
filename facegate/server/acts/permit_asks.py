"""Asking for a permit: the searcher states his request once, and a supervisor approves what was kept of it.

Asking searches nothing and compares nothing, and is not put on the log: it reveals nothing and changes
nothing that anybody could rely on. What follows from it is recorded as ever: the permit, that the law refused
one, and the search. What is kept waits sealed (see `facegate.server.asked_permits`), for as many hours as a
permit lives; once approved, until the permit runs out or is used.

Nobody decides about his own: that the approver is another than the requester is a rule of the gate, and its
refusal is recorded like any other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.gate.search_id import RANDOM_BYTES, new_search_id
from facegate.server.acts.opened import opened
from facegate.server.acts.permits import issue_for_kept
from facegate.server.acts.searches import Made, ask_with_kept
from facegate.server.acts.whose import demand_officer, in_his_name
from facegate.server.asked_permits import Asked, State
from facegate.server.asked_sweeping import book_of
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation, Role
from facegate.server.problems import Problem, not_here

if TYPE_CHECKING:
    from facegate.gate.permits import Permit
    from facegate.request import SearchRequest
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

WHAT: Final = "request for a permit"
MOST_OPEN: Final = 20
"""Of one account: each keeps a photo."""
LONGEST_REASON: Final = 200


def ask(service: Service, caller: Caller, request: SearchRequest, probe: bytes) -> Asked:
    """Keep a request and its photo for a supervisor of the caller's agency.

    Parameters
    ----------
    service : Service
        The service.
    caller : Caller
        A searcher; requester and agency are his own.
    request : SearchRequest
        What he will state. Without an approver any supervisor of the agency may approve it, else that one.
    probe : bytes
        The photo as it was sent; kept is what the intake made of it.

    Raises
    ------
    Problem
        401 or 403; 409 if he has `MOST_OPEN` open ones.
    InputError
        If the request is in another's name.
    UnusablePhoto
        If the photo cannot be opened; then nothing is kept.
    """
    demand(caller, Operation.PERMIT_ASK, at=service.desk.clock())
    by = demand_officer(caller)
    stated = in_his_name(request, requester=by.officer, agency=by.agency)
    clean = opened(service, caller, probe)
    at = service.desk.clock()
    asked = Asked(
        ask_id=str(new_search_id(at, service.desk.random_bytes(RANDOM_BYTES))),
        account=caller.account,
        agency=by.agency,
        state=State.WAITING,
        permit="",
        created=at,
        expires=at + timedelta(hours=service.desk.gate.limits.permit_hours),
        request=stated,
        original_digest=clean.original_digest,
        width=clean.width,
        height=clean.height,
    )
    if not book_of(service).keep(asked, clean.data, most=MOST_OPEN):
        detail = f"{MOST_OPEN} of your requests are kept already; search with one or withdraw one first"
        raise Problem(HTTPStatus.CONFLICT, "too-many-open", detail)
    return asked


def list_asked(service: Service, caller: Caller) -> tuple[Asked, ...]:
    """List what permits are asked for, oldest first: a searcher's own, for supervisors those of the agency.

    Raises
    ------
    Problem
        401 or 403.
    """
    at = service.desk.clock()
    demand(caller, Operation.PERMIT_READ_ASKED, at=at)
    by, book = demand_officer(caller), book_of(service)
    if Role.SUPERVISOR in caller.roles:
        return book.of_agency(by.agency, at)
    return book.of_account(caller.account, at)


def list_own(service: Service, caller: Caller) -> tuple[Asked, ...]:
    """List what the caller himself asked for, oldest first; nothing where the account is no officer's.

    Raises
    ------
    Problem
        401 or 403.
    """
    if not (caller.officer and caller.agency):
        return ()
    return tuple(one for one in list_asked(service, caller) if one.account == caller.account)


def list_waiting(service: Service, caller: Caller) -> tuple[Asked, ...]:
    """List what waits for a supervisor of the caller's agency, oldest first.

    Raises
    ------
    Problem
        401 or 403.
    """
    return tuple(one for one in list_asked(service, caller) if one.state is State.WAITING)


def get_asked(service: Service, caller: Caller, ask_id: str) -> Asked:
    """Give one: to whoever asked, and to supervisors of his agency.

    Raises
    ------
    Problem
        401, 403; 404 if there is none (any more), or it is not his to see.
    """
    demand(caller, Operation.PERMIT_READ_ASKED, at=service.desk.clock())
    return _seen(service, caller, ask_id)


def photo_of(service: Service, caller: Caller, ask_id: str) -> bytes:
    """Give the photo of one as PNG, to the same people.

    Raises
    ------
    Problem
        As `get_asked`; 404 as well if it is not kept any more.
    """
    png = book_of(service).photo(get_asked(service, caller, ask_id).ask_id)
    if png is None:
        raise not_here(WHAT)
    return png


def approve_asked(service: Service, caller: Caller, ask_id: str) -> Permit:
    """Issue the permit that was asked for, for exactly what was kept.

    If it is withdrawn or runs out while the law is asked, the permit stands, as one does that was issued
    before; nothing of what was kept for it is left.

    Parameters
    ----------
    service : Service
        The gate.
    caller : Caller
        A supervisor who proved himself lately, of the agency that asked; he is its approver.
    ask_id : str
        What was asked for.

    Raises
    ------
    Problem
        401, 403, 404; 403 with every rule that failed if the law refuses, recorded: then it still waits; 409
        if it was decided already.
    InputError
        If the request names another approver.
    """
    demand(caller, Operation.PERMIT_ISSUE, at=service.desk.clock())
    by, book = demand_officer(caller), book_of(service)
    found = _seen(service, caller, ask_id)
    png = book.photo(ask_id) if found.state is State.WAITING else None
    if png is None or not book.move(ask_id, State.WAITING, State.DECIDING):
        raise _decided()
    try:
        permit = issue_for_kept(service, caller, found.request, png)
    except (
        Problem,
        InputError,
    ):  # refused: it still waits. After any other error a permit may be on the log,
        # so nobody decides it again: a second permit would be a second search. It can be withdrawn.
        book.move(ask_id, State.DECIDING, State.WAITING)
        raise
    book.approved(found, by=by.officer, permit=permit.permit_id, expires=permit.expires)
    return permit


def send_back(service: Service, caller: Caller, ask_id: str, *, reason: str) -> None:
    """Send back what was asked for, unapproved; its photo is destroyed, its words stay to be mended.

    Parameters
    ----------
    service, caller, ask_id
        As `approve_asked`; without a proof of his, for nothing is approved.
    reason : str
        One line, 1 to `LONGEST_REASON` characters, for whoever asked. Sealed.

    Raises
    ------
    Problem
        401, 403, 404; 409 if it was decided already.
    InputError
        If the reason is missing or cannot be shown.
    """
    demand(caller, Operation.PERMIT_SEND_BACK, at=service.desk.clock())
    by = demand_officer(caller)
    found, said = _seen(service, caller, ask_id), reason.strip()
    if not (0 < len(said) <= LONGEST_REASON and said.isprintable()):
        msg = f"the reason has {len(said)} characters; wanted one line of 1 to {LONGEST_REASON} to be read"
        raise InputError(msg)
    if found.state is not State.WAITING or not book_of(service).sent_back(found, by=by.officer, reason=said):
        raise _decided()


def withdraw(service: Service, caller: Caller, ask_id: str) -> None:
    """Take back what was asked for: it is destroyed. A permit that was issued stands until it runs out.

    Raises
    ------
    Problem
        401, 403; 404 if there is none (any more), or it is another's.
    """
    demand(caller, Operation.PERMIT_ASK, at=service.desk.clock())
    book_of(service).destroy(_own(service, caller, ask_id).ask_id)


def search_asked(service: Service, caller: Caller, ask_id: str, *, source_address: str | None = None) -> Made:
    """Search with what was approved: the very bytes and words that the permit binds.

    Afterward all that was kept for it is destroyed.

    Parameters
    ----------
    service : Service
        The gate.
    caller : Caller
        Whoever asked.
    ask_id : str
        What was asked for, and approved.
    source_address : str or None
        Where he sits now: the one field that a permit leaves open; as it was stated if None.

    Raises
    ------
    Problem
        As `facegate.server.acts.searches.ask`; 404; 409 if it is not approved.
    """
    demand(caller, Operation.SEARCH_ASK, at=service.desk.clock())
    found = _own(service, caller, ask_id)
    png = book_of(service).photo(ask_id)
    if found.state is not State.APPROVED or png is None:
        detail = "nothing was searched: no supervisor has approved this yet"
        raise Problem(HTTPStatus.CONFLICT, "not-approved", detail)
    request = found.request
    if source_address is not None:
        request = replace(request, source_address=source_address)
    digest = found.original_digest
    return ask_with_kept(service, caller, request, png, original_digest=digest, permit=found.permit)


def _seen(service: Service, caller: Caller, ask_id: str) -> Asked:
    found = book_of(service).get(ask_id, service.desk.clock())
    if found is None or caller.agency != found.agency:
        raise not_here(WHAT)
    if caller.account != found.account and Role.SUPERVISOR not in caller.roles:
        raise not_here(WHAT)
    return found


def _own(service: Service, caller: Caller, ask_id: str) -> Asked:
    found = _seen(service, caller, ask_id)
    if caller.account != found.account:
        raise not_here(WHAT)
    return found


def _decided() -> Problem:
    detail = "this was decided already, or is being decided now; look at it anew"
    return Problem(HTTPStatus.CONFLICT, "taken-already", detail)

"""Whose a request is, and whose a search: nobody acts in another's name, or sees what is not his.

What is not the caller's to see is answered as what is not there.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from facegate.errors import InputError
from facegate.gate.review.showing import COMPARES_FOR_OTHERS, same_officer
from facegate.gate.review.state import read
from facegate.server.desk import person
from facegate.server.identity.roles import SEES_ALL, Role
from facegate.server.problems import Problem, not_here

if TYPE_CHECKING:
    from facegate.gate.review.registry import Person
    from facegate.gate.review.state import Release, Reviewed
    from facegate.request import SearchRequest
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

SEARCH = "search"
DESK = frozenset({Role.REVIEWER, Role.SUPERVISOR})
"""Roles to whom every search of their agency is known."""


def demand_officer(caller: Caller) -> Person:
    """Give the officer whom a caller is in the registers.

    Raises
    ------
    Problem
        403 if the account is no officer's: a record must name who did it.
    """
    if not (caller.officer and caller.agency):
        detail = "this asks for an officer of a registered agency; the account is no officer's"
        raise Problem(HTTPStatus.FORBIDDEN, "no-officer", detail)
    return person(caller)


def in_his_name(request: SearchRequest, **own: str) -> SearchRequest:
    """Fill in who asks; a request in another's name is refused.

    Parameters
    ----------
    request : SearchRequest
        As stated.
    **own : str
        Fields that are the caller's own, such as ``requester`` and ``agency``.

    Raises
    ------
    InputError
        Naming the field that is stated otherwise.
    """
    for name, value in own.items():
        if getattr(request, name) not in {None, value}:
            msg = f"{name} is filled in with the caller's own; the request states another, leave it out"
            raise InputError(msg)
    filled: dict[str, Any] = dict(own)
    return replace(request, **filled)


def demand_sees_search(service: Service, caller: Caller, search_id: str, *, what: str = SEARCH) -> Reviewed:
    """Give a search that is the caller's to see.

    Seen by whoever asked for it or received its list; by reviewers and supervisors of the agency that asked,
    or that it was asked for; by reviewers of an image desk, which compares for any agency; by those who look
    in.

    Parameters
    ----------
    service, caller, search_id
        As everywhere.
    what : str
        What was asked for, if that is something about the search: it is told to be missing in the same words,
        whether there is none or it is not his.

    Raises
    ------
    Problem
        404: there is none, or it is not his.
    """
    try:
        search = read(service.desk.ledger, search_id)
    except InputError as error:
        raise not_here(what) from error
    if not sees_search(service, caller, search):
        raise not_here(what)
    return search


def received_by(search: Reviewed, caller: Caller) -> Release | None:
    """Give the last release of a search's list to the caller; None if he did not receive it."""
    mine = [
        one
        for one in search.releases
        if one.agency == caller.agency and same_officer(one.recipient, caller.officer)
    ]
    return mine[-1] if mine and caller.officer else None


def sees_search(service: Service, caller: Caller, search: Reviewed) -> bool:
    """Tell whether a search is the caller's to see; see `demand_sees_search`."""
    if caller.roles & SEES_ALL:
        return True
    if not (caller.agency and caller.officer):
        return False
    if caller.agency in {search.agency, search.beneficiary} and caller.roles & DESK:
        return True
    if caller.agency == search.agency and same_officer(caller.officer, search.requester):
        return True
    return received_by(search, caller) is not None or _compares_for_others(service, caller)


def _compares_for_others(service: Service, caller: Caller) -> bool:
    if Role.REVIEWER not in caller.roles:
        return False
    known = service.desk.registry.officer(caller.officer, caller.agency, service.desk.clock())
    return known.agency_class in COMPARES_FOR_OTHERS

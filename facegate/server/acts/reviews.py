"""Reviews: two people compare, without each other's word; then a list is released to one person.

Each check and the record that follows from it are one turn of the ledger: two reviewers who send at once are
not both the first. The clock is read in that turn: whoever waited for it would else stand before the log's
latest record, and be refused for a wrong clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.photos.viewing import released_images, review_images
from facegate.gate.reply import certificate_seen
from facegate.gate.review.findings import record_finding
from facegate.gate.review.own_search import requester_may_review
from facegate.gate.review.registry import Person
from facegate.gate.review.release import release
from facegate.gate.review.showing import findings_shown, open_for_review
from facegate.gate.review.state import still_open
from facegate.server.acts.refusals import refusals_told
from facegate.server.acts.whose import demand_officer, demand_sees_search, received_by, sees_search
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import not_here

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from facegate.gate.review.release import ReleasedList
    from facegate.gate.review.showing import ReviewerSheet
    from facegate.gate.review.state import Finding, Reviewed
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service


@dataclass(frozen=True, slots=True)
class OpenedSheet:
    """A candidate list as one reviewer sees it.

    Parameters
    ----------
    sheet : ReviewerSheet
        Rank, band and reference of each candidate.
    findings : tuple of Finding
        Those he may read: his own; both once both are recorded.
    """

    sheet: ReviewerSheet
    findings: tuple[Finding, ...]


def list_open(service: Service, caller: Caller) -> tuple[Reviewed, ...]:
    """List the searches that wait for their review and are the caller's to see, oldest first.

    Raises
    ------
    Problem
        401 or 403.
    """
    demand(caller, Operation.REVIEW_OPEN, at=service.desk.clock())
    demand_officer(caller)
    return tuple(one for one in still_open(service.desk.ledger) if sees_search(service, caller, one))


def open_sheet(service: Service, caller: Caller, search_id: str) -> OpenedSheet:
    """Show a candidate list to one of its reviewers; that he looked is on the log before.

    Raises
    ------
    Problem
        401, 403, 404; 403 with the rule if he may not review it, recorded.
    """
    demand(caller, Operation.REVIEW_OPEN, at=service.desk.clock())
    reviewer, desk = demand_officer(caller), service.desk
    demand_sees_search(service, caller, search_id)
    with desk.ledger.turn, refusals_told():
        at = desk.clock()
        sheet = open_for_review(
            desk.ledger,
            desk.registry,
            search_id,
            reviewer=reviewer,
            key=desk.reference_key(),
            at=at,
            requester_may_review=may_review_own(service, search_id, reviewer, at),
        )
        return OpenedSheet(sheet, findings_shown(desk.ledger, search_id, reader=reviewer))


def image(service: Service, caller: Caller, search_id: str, place: int) -> bytes:
    """Give one photo of a search, under the caller's mark.

    Parameters
    ----------
    service : Service
        Photos and reviews.
    caller : Caller
        One of the reviewers, or whoever received the list.
    search_id : str
        Which search.
    place : int
        0 for the probe, from 1 for the candidate of that rank.

    Returns
    -------
    bytes
        PNG.

    Raises
    ------
    Problem
        401, 403, 404: no such photo is kept, or it is not his to see; 403 with the rule, recorded.
    GalleryError
        If the photo was changed.
    """
    demand(caller, Operation.SEARCH_READ, at=service.desk.clock())
    who, desk = demand_officer(caller), service.desk
    search = demand_sees_search(service, caller, search_id)
    key = desk.reference_key()
    with desk.ledger.turn, refusals_told():
        at = desk.clock()
        if received_by(search, caller) is not None:
            seen = released_images(
                desk.ledger,
                desk.registry,
                service.photos,
                search_id,
                recipient=who,
                key=key,
                at=at,
                only=place,
            )
        else:
            demand(caller, Operation.REVIEW_OPEN, at=at)
            seen = review_images(
                desk.ledger,
                desk.registry,
                service.photos,
                search_id,
                reviewer=who,
                key=key,
                at=at,
                requester_may_review=may_review_own(service, search_id, who, at),
                only=place,
            )
    found = {0: seen.probe, **{one.rank: one.image for one in seen.candidates}}.get(place)
    if found is None:
        what = "photo"
        raise not_here(what)
    return found


def find(service: Service, caller: Caller, search_id: str, opinions: Mapping[int, str]) -> int:
    """Record what one reviewer finds of every candidate; it is never changed.

    Parameters
    ----------
    service : Service
        The reviews.
    caller : Caller
        A reviewer who opened the list.
    search_id : str
        Which search.
    opinions : mapping of int to str
        ``agree``, ``disagree`` or ``inconclusive`` for every rank, from 1.

    Returns
    -------
    int
        Position of the finding in the log.

    Raises
    ------
    Problem
        401, 403, 404; 403 with the rule if he may not, 409 if he has spoken; recorded.
    InputError
        If a candidate is left out or unknown.
    """
    demand(caller, Operation.REVIEW_FIND, at=service.desk.clock())
    reviewer, desk = demand_officer(caller), service.desk
    demand_sees_search(service, caller, search_id)
    with desk.ledger.turn, refusals_told():
        at = desk.clock()
        return record_finding(
            desk.ledger,
            desk.registry,
            search_id,
            reviewer=reviewer,
            opinions=opinions,
            at=at,
            requester_may_review=may_review_own(service, search_id, reviewer, at),
        )


def release_to(
    service: Service, caller: Caller, search_id: str, *, to: str, to_agency: str = ""
) -> ReleasedList:
    """Release a reviewed list to one person, under a mark of his own.

    Parameters
    ----------
    service : Service
        The reviews.
    caller : Caller
        A supervisor or reviewer who proved himself lately; the register must have him in a releasing role.
    search_id : str
        Which search.
    to : str
        Officer id of whoever receives it.
    to_agency : str
        ORI of his agency; empty for the one that asked.

    Returns
    -------
    ReleasedList
        The recipient's copy: what of it whoever releases is shown, its reader decides.

    Raises
    ------
    Problem
        401, 403, 404; 403 with the rule, 409 if this person has it; recorded.
    InputError
        If the recipient's id is not of its form.
    """
    demand(caller, Operation.LIST_RELEASE, at=service.desk.clock())
    by, desk = demand_officer(caller), service.desk
    search = demand_sees_search(service, caller, search_id)
    recipient = Person(to, to_agency or search.agency)
    with desk.ledger.turn, refusals_told():
        at = desk.clock()
        return release(
            desk.ledger,
            desk.registry,
            search_id,
            by=by,
            recipient=recipient,
            certificate=certificate_seen(desk.gate.in_force.certificate),
            key=desk.reference_key(),
            at=at,
        )


def may_review_own(service: Service, search_id: str, reviewer: Person, at: datetime) -> bool:
    """Ask the law in force, and only where somebody would review his own search."""
    gate = service.desk.gate
    return requester_may_review(gate.ledger, search_id, reviewer=reviewer, law=lambda: gate.engine, at=at)

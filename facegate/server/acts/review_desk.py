"""The review desk: what waits for one reviewer, and one search as he may see it at every stage.

Nothing here is a second way to a list: it is opened by `facegate.server.acts.reviews.open_sheet`, and only
where there is something to compare, so that looking at a page never makes a record of a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from facegate.gate.review.docket import docket
from facegate.gate.review.showing import readers, same_officer
from facegate.gate.review.state import Stage
from facegate.server.acts.reviews import list_open, may_review_own, open_sheet
from facegate.server.acts.searches import photos_kept
from facegate.server.acts.whose import demand_officer, demand_sees_search
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation

if TYPE_CHECKING:
    from datetime import date, datetime

    from facegate.gate.review.registry import Person
    from facegate.gate.review.showing import ReviewerSheet
    from facegate.gate.review.state import Finding, Reviewed
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service


class Yours(StrEnum):
    """What a search that waits is to one reviewer."""

    TO_COMPARE = "to compare"
    COMPARED = "compared"
    """He recorded his finding; the other reviewer's is missing."""
    OWN_SEARCH = "own search"
    """He asked for it himself, and the law leaves it to two others."""
    NOBODY_FOUND = "nobody found"


@dataclass(frozen=True, slots=True)
class OnDesk:
    """A search that waits.

    Parameters
    ----------
    search : Reviewed
        Which.
    yours : Yours
        What there is to do for this reviewer.
    due : date
        The last day it is in time, UTC.
    overdue : bool
        That day is over.
    """

    search: Reviewed
    yours: Yours
    due: date
    overdue: bool


@dataclass(frozen=True, slots=True)
class ForReview:
    """One search on a reviewer's desk.

    Parameters
    ----------
    search : Reviewed
        As the book has it; of its findings only `findings` are his to read.
    sheet : ReviewerSheet or None
        None where there is nothing for him to compare.
    findings : tuple of Finding
        His own; both once both are recorded, if he is one of the two.
    mine : Finding or None
        His own.
    photos : frozenset of int
        Of which places a photo is kept: 0 the probe, from 1 the candidate of that rank.
    """

    search: Reviewed
    sheet: ReviewerSheet | None
    findings: tuple[Finding, ...]
    mine: Finding | None
    photos: frozenset[int]


def list_desk(service: Service, caller: Caller) -> tuple[OnDesk, ...]:
    """List what waits, oldest first, each with what it is to this reviewer.

    Raises
    ------
    Problem
        401 or 403.
    """
    at = service.desk.clock()
    waits = list_open(service, caller)
    who = demand_officer(caller)
    due = {one.search_id: one for one in docket(service.desk.ledger, now=at)[::-1]}
    return tuple(
        OnDesk(one, _yours(service, one, who, at), due[one.search_id].due, due[one.search_id].overdue)
        for one in waits
        if one.search_id in due
    )


def open_desk(service: Service, caller: Caller, search_id: str) -> ForReview:
    """Show one search to a reviewer; where there is a list to compare, that he looked is on the log before.

    Raises
    ------
    Problem
        401, 403, 404; 403 with the rule if he may not review it, recorded.
    """
    demand(caller, Operation.REVIEW_OPEN, at=service.desk.clock())
    who, ledger = demand_officer(caller), service.desk.ledger
    search = demand_sees_search(service, caller, search_id)
    with ledger.turn:
        looked = (who.officer, who.agency) in readers(ledger, search.search_id)
        if search.stage is not Stage.WAITING and not looked:
            return ForReview(search, None, (), None, frozenset())
        opened = open_sheet(service, caller, search.search_id)
    mine = next((one for one in opened.findings if _is_his(one, who)), None)
    return ForReview(search, opened.sheet, opened.findings, mine, photos_kept(service, search))


def _yours(service: Service, search: Reviewed, who: Person, at: datetime) -> Yours:
    if search.stage is not Stage.WAITING:
        return Yours.NOBODY_FOUND
    if any(same_officer(one.reviewer, who.officer) for one in search.findings):
        return Yours.COMPARED
    own = same_officer(search.requester, who.officer)
    if own and not may_review_own(service, search.search_id, who, at):
        return Yours.OWN_SEARCH
    return Yours.TO_COMPARE


def _is_his(finding: Finding, who: Person) -> bool:
    return (finding.reviewer, finding.agency) == (who.officer, who.agency)

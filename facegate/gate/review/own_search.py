"""Whether whoever asked for a search may be one of its two reviewers: only where the law in force says so.

- A law says so with ``@allows("requester_reviews")`` on its permit; no shipped one does, as no source of
  theirs does.
- The law that decides is the text in force now, signed by two and under the digest they signed: whoever
  swaps the text in the folder opens nothing.
- The other reviewer is another person in any case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.gate.registers.activation import policy_activated
from facegate.gate.registers.overlays import overlays_in_force
from facegate.gate.review.showing import same_officer
from facegate.gate.review.state import find

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.registry import Person
    from facegate.policy.engine import PolicyEngine

REQUESTER_REVIEWS = "requester_reviews"


def requester_may_review(
    ledger: Ledger, search_id: str, *, reviewer: Person, law: Callable[[], PolicyEngine], at: datetime
) -> bool:
    """Tell whether somebody may review the search he asked for himself.

    Parameters
    ----------
    ledger : Ledger
        Holds the book of reviews, and what is in force.
    search_id : str
        Which search.
    reviewer : Person
        Who wants to review.
    law : callable
        Loads the laws kept here; called only for a search that is the reviewer's own.
    at : datetime
        Now, with its zone.

    Returns
    -------
    bool
        False for anybody else's search, too: nothing has to be opened for that.

    Raises
    ------
    InputError
        If there is no such search, or the time has no zone.
    """
    search = find(ledger, search_id, at=at)
    if not same_officer(reviewer.officer, search.requester):
        return False
    profile = search.profile.partition("+")[0]  # the law without the overlays that lay over it that day
    overlays, engine = overlays_in_force(ledger, profile, at), law()
    digest = engine.digest(profile, overlays)
    if not (digest and policy_activated(ledger, profile, overlays, digest, at)):
        return False
    return REQUESTER_REVIEWS in engine.profile("+".join((profile, *overlays))).allows

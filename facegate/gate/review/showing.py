"""What may be seen of a candidate list before it is released, and by whom.

- Whoever asked for the search sees that it was made and how many candidates wait; no rank, no band, no
  reference: a list that is out before its review cannot be called back.
- A reviewer sees rank, band and reference, never a name, an id or a score. That he looked is a record.
- Nobody sees a finding before both are recorded, but his own: two people who read each other are one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from facegate.gate.reply import LIST_NOTICE, ShownCandidate, shown
from facegate.gate.review.rules import Step
from facegate.gate.review.state import REVIEWERS, Finding, Stage, read

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.registry import Person, Registry
    from facegate.gate.review.state import Reviewed
    from facegate.records import SearchId

COMPARES_FOR_OTHERS = frozenset({"license_authority", "justice_department", "state_police"})
"""Classes of agencies whose examiners review for any agency: image desks, such as Colorado's MVIU."""

SAYS = {
    Stage.NOT_SEARCHED: "nothing was searched, so there is nothing to review",
    Stage.NOBODY_FOUND: "no candidate: nobody enrolled is at or above the threshold",
    Stage.WAITING: "waiting for two reviewers",
    Stage.REVIEWED: "reviewed by two people, not released yet",
    Stage.RELEASED: "released",
}


@dataclass(frozen=True, slots=True)
class WaitingReply:
    """What whoever asked for a search sees of it until the list is released.

    Parameters
    ----------
    search_id : SearchId
        Which search.
    n_candidates : int
        How many wait for review.
    status : str
        One sentence: where the review stands.
    notice : str
        The lead-only sentence.
    """

    search_id: SearchId
    n_candidates: int
    status: str
    notice: str = LIST_NOTICE

    def to_json(self) -> dict[str, Any]:
        """Give it as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ReviewerSheet:
    """What a reviewer sees: the candidates, and nothing of what the other reviewer found.

    Parameters
    ----------
    search_id : SearchId
        Which search.
    candidates : tuple of ShownCandidate
        Rank, band and case-bound reference, best first.
    n_at_or_above : int
        Before the list was cut.
    notice : str
        The lead-only sentence.
    """

    search_id: SearchId
    candidates: tuple[ShownCandidate, ...]
    n_at_or_above: int
    notice: str = LIST_NOTICE

    def to_json(self) -> dict[str, Any]:
        """Give it as plain JSON values."""
        return asdict(self)


def waiting_reply(ledger: Ledger, search_id: str) -> WaitingReply:
    """Show whoever asked how his search stands, and nobody on the list.

    Parameters
    ----------
    ledger : Ledger
        Holds the book of reviews.
    search_id : str
        Which search.

    Raises
    ------
    InputError
        If there is no such search.
    """
    search = read(ledger, search_id)
    return WaitingReply(search.search_id, search.n_candidates, SAYS[search.stage])


def open_for_review(
    ledger: Ledger,
    registry: Registry,
    search_id: str,
    *,
    reviewer: Person,
    key: bytes,
    at: datetime,
    requester_may_review: bool = False,
) -> ReviewerSheet:
    """Show a candidate list to one of its reviewers; the record that he looked is durable before.

    Parameters
    ----------
    ledger : Ledger
        Holds the book of reviews.
    registry : Registry
        Who is registered and trained.
    search_id : str
        Which search.
    reviewer : Person
        Who wants to look.
    key : bytes
        32 secret bytes behind the subject references.
    at : datetime
        When, with its zone.
    requester_may_review : bool
        The profile lets whoever asked be one of the two.

    Returns
    -------
    ReviewerSheet
        The same each time; a second look of the same reviewer is not a second record.

    Raises
    ------
    InputError
        If there is no such search.
    PolicyRefusal
        If he may not review it, or there is nothing to review (any more); recorded.
    """
    step = Step.begin(ledger, "review-opened", search_id, by=reviewer, at=at)
    search = step.search
    has_opened = (reviewer.officer, reviewer.agency) in readers(ledger, search_id)
    demand_reviewer(step, registry, search, reviewer, requester_may_review=requester_may_review)
    if search.stage is not Stage.WAITING and not has_opened:
        step.refuse("RV-NOTHING-TO-REVIEW", f"nothing to review: {SAYS[search.stage]}")
    demand_readable(step, search)
    if not has_opened:
        step.record({})
    return ReviewerSheet(search.search_id, candidates_shown(search, key), search.n_at_or_above)


def findings_shown(ledger: Ledger, search_id: str, *, reader: Person) -> tuple[Finding, ...]:
    """Show the findings that somebody may read: his own; all of them once both are recorded.

    Parameters
    ----------
    ledger : Ledger
        Holds the book of reviews.
    search_id : str
        Which search.
    reader : Person
        Who wants to read.

    Raises
    ------
    InputError
        If there is no such search.
    """
    found = read(ledger, search_id).findings
    if len(found) >= REVIEWERS:
        return found
    return tuple(one for one in found if (one.reviewer, one.agency) == (reader.officer, reader.agency))


def candidates_shown(search: Reviewed, key: bytes) -> tuple[ShownCandidate, ...]:
    """Give rank, band and case-bound reference of each candidate."""
    # The agency belongs to the case: two agencies that number alike must not share references. An ORI has
    # nine characters, so no other pair of agency and number reads the same.
    return shown(search.candidates, key=key, case_number=f"{search.agency} {search.case_number}")


def readers(ledger: Ledger, search_id: str) -> set[tuple[str, str]]:
    """Give officer id and agency of everybody who opened a list for review."""
    query = (
        "SELECT by_officer, by_agency FROM review_steps"
        " WHERE search_id = ? AND kind = 'review-opened' AND rule = ''"
    )
    return {(row[0], row[1]) for row in ledger.rows(query, search_id)}


def demand_reviewer(
    step: Step, registry: Registry, search: Reviewed, reviewer: Person, *, requester_may_review: bool
) -> None:
    """Demand a registered, trained person who is not the one whose search it is."""
    known = step.demand_officer(registry)
    if not known.trained:
        step.refuse("RV-TRAINED", "the reviewer's training has lapsed, or none is recorded")
    if known.agency_class == "immigration":
        step.refuse("RV-IMMIGRATION", "nobody of an immigration agency reviews a candidate list")
    if reviewer.agency != search.agency and known.agency_class not in COMPARES_FOR_OTHERS:
        say = "a reviewer belongs to the agency that asked, or to one that compares images for others"
        step.refuse("RV-REVIEWER-AGENCY", say)
    if requester_may_review:
        return
    if not search.requester:  # erased: whoever asked can no longer be told from anybody else
        step.refuse("RV-ERASED", "who asked for this search was erased, so nobody can be shown to be another")
    if same_officer(reviewer.officer, search.requester):
        step.refuse("RV-OWN-SEARCH", "nobody reviews his own search")


def demand_readable(step: Step, search: Reviewed) -> None:
    """Demand that the sealed candidates are there, every one of them, and the case they are bound to."""
    if len(search.candidates.candidates) != search.n_candidates or not search.case_number:
        step.refuse("RV-ERASED", "the candidates or the case of this search were erased from the sealed part")


def same_officer(one: str, other: str) -> bool:
    """Tell whether two ids may be one person: equal, whatever the agency and the capitals.

    One person registered at two agencies must not count as two; two people who share a number at two
    agencies are refused together, which costs a third colleague and no safety.
    """
    return one.casefold() == other.casefold()

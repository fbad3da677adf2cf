"""What two reviewers find: each compares every candidate with the probe by eye, without the other's word.

- Two people, registered, trained, different from each other and, unless the profile says otherwise, from
  whoever asked.
- Each says agree, disagree or inconclusive of **every** candidate: a list judged in part is a list whose
  rest nobody looked at.
- A finding is recorded once and never changed. There is no third one: nobody asks around until it fits.
- A search that found nobody needs no reviewers. It is closed as a record: a nil result counts.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gate.review.rules import Step, taken_step
from facegate.gate.review.showing import SAYS, demand_readable, demand_reviewer, readers, same_officer
from facegate.gate.review.state import REVIEWERS, Opinion, Reviewed, Stage, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.registry import Person, Registry

CLOSED = "review-closed"


def record_finding(
    ledger: Ledger,
    registry: Registry,
    search_id: str,
    *,
    reviewer: Person,
    opinions: Mapping[int, str],
    at: datetime,
    requester_may_review: bool = False,
) -> int:
    """Record what one reviewer finds; with the second finding the review is closed.

    Parameters
    ----------
    ledger : Ledger
        Where it is recorded.
    registry : Registry
        Who is registered and trained.
    search_id : str
        Which search.
    reviewer : Person
        Who compared.
    opinions : mapping of int to str
        ``agree``, ``disagree`` or ``inconclusive`` for every rank, from 1.
    at : datetime
        When, with its zone.
    requester_may_review : bool
        The profile lets whoever asked be one of the two.

    Returns
    -------
    int
        Position of the finding in the log.

    Raises
    ------
    InputError
        If there is no such search, or a candidate is left out, unknown, or has no such word.
    PolicyRefusal
        If this person may not, has done so, has not looked, or there is nothing to review; recorded.
    """
    step = Step.begin(ledger, "finding", search_id, by=reviewer, at=at)
    search = step.search
    demand_reviewer(step, registry, search, reviewer, requester_may_review=requester_may_review)
    _demand_first(step, search, reviewer)
    if search.stage is not Stage.WAITING:
        step.refuse("RV-NOTHING-TO-REVIEW", f"nothing to review: {SAYS[search.stage]}")
    demand_readable(step, search)
    if (reviewer.officer, reviewer.agency) not in readers(ledger, search_id):
        step.refuse("RV-NOT-OPENED", "the reviewer has not opened the candidate list, so he compared nothing")
    words = _every_candidate(opinions, search.n_candidates)
    # Even the counts stay sealed: the public log must not tell the second reviewer what the first one found.
    seq = step.record({"n_candidates": search.n_candidates}, {"findings": json.dumps(words)})
    close_review(ledger, search_id, at=at)
    return seq


def close_review(ledger: Ledger, search_id: str, *, at: datetime) -> int | None:
    """Close a review that is complete: nobody was found, or both reviewers have spoken.

    The gate puts the same record behind the result of every search without a candidate, see `close_at_once`.
    Called again, or too early, it does nothing: what a crash kept from being closed is closed by the next
    step.

    Parameters
    ----------
    ledger : Ledger
        Where it is recorded.
    search_id : str
        Which search.
    at : datetime
        When, with its zone.

    Returns
    -------
    int or None
        Position of the record; None if there was nothing to close.

    Raises
    ------
    InputError
        If there is no such search.
    PolicyRefusal
        If the clock stands before the latest record of the log; recorded.
    """
    step = Step.begin(ledger, CLOSED, search_id, by=None, at=at)
    search = step.search
    if search.closed or search.stage in {Stage.NOT_SEARCHED, Stage.WAITING}:
        return None
    counts = Counter(search.verdict(rank) for rank in range(1, search.n_candidates + 1))
    return step.record(_outcome("nil" if search.stage is Stage.NOBODY_FOUND else "reviewed", counts))


def close_at_once(ledger: Ledger, search_id: str, *, at: datetime) -> int:
    """Close the review of a search without a candidate: nobody found is a finding, too. Nothing is looked up.

    Parameters
    ----------
    ledger : Ledger
        Where it is recorded, and entered beside.
    search_id : str
        The search, whose result is on record.
    at : datetime
        When, with its zone.

    Returns
    -------
    int
        Position of the record.
    """
    public = taken_step(search_id, _outcome("nil", Counter()))
    return ledger.record(CLOSED, at=at, public=public, sealed={}, beside=True)


def _outcome(word: str, counts: Counter[Verdict]) -> dict[str, JSONValue]:
    return {
        "outcome": word,
        "n_agreed": counts[Verdict.LEAD],
        "n_differ": counts[Verdict.DIFFER],
        "n_nobody": counts[Verdict.NOT_A_LEAD],
    }


def _demand_first(step: Step, search: Reviewed, reviewer: Person) -> None:
    """Demand that this person has not spoken, and that not two others have."""
    if any(same_officer(one.reviewer, reviewer.officer) for one in search.findings):
        step.refuse("RV-TWICE", "this reviewer has recorded his finding; it is never changed")
    if len(search.findings) >= REVIEWERS:
        step.refuse("RV-THIRD", "two reviewers have recorded their findings; there is no third")


def _every_candidate(opinions: Mapping[int, str], n_candidates: int) -> list[str]:
    """Put the words in rank order, refusing a list that is judged in part."""
    wanted = set(range(1, n_candidates + 1))
    if missing := sorted(wanted - opinions.keys()):
        msg = f"a finding says something of every candidate; nothing was said of candidate {missing[0]}"
        raise InputError(msg)
    if unknown := sorted(opinions.keys() - wanted):
        msg = f"there is no candidate {unknown[0]}: the list has {n_candidates}"
        raise InputError(msg)
    if wrong := sorted(rank for rank, word in opinions.items() if word not in set(Opinion)):
        msg = f"candidate {wrong[0]} has none of the words {', '.join(Opinion)}"
        raise InputError(msg)
    return [opinions[rank] for rank in sorted(wanted)]

"""Correction: a lead proved wrong, and everybody who received it told so.

A correction is recorded once. From then on the candidate is a lead no longer: it is not released, not
corroborated and not exported. Everybody who received the list is owed a notice, and so is the defense where
the case was disclosed; the docket lists each until its own record says that it was given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import InputError, about
from facegate.gate.review.corroboration import demand_past_day, demand_reference
from facegate.gate.review.rules import Step, is_corrected

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.registry import Person, Registry

REASONS = frozenset({
    "another_person",
    "was_elsewhere",
    "excluded_by_evidence",
    "charges_dropped",
    "acquitted",
    "enrolled_under_a_wrong_name",
})  # fmt: skip
"""Why a lead is known to be wrong."""

DEFENSE = "defense"
"""Stands in place of a mark where the notice is owed to the defense."""


@dataclass(frozen=True, slots=True)
class OwedNotice:
    """A notice that is owed: somebody relies on a lead that was proved wrong.

    Parameters
    ----------
    correction : int
        Position of the correction in the log.
    search_id : str
        Which search.
    rank : int
        Which candidate.
    mark : str
        The recipient's mark, or ``defense``.
    recipient, agency : str
        Who it is; empty for the defense, and after an erasure.
    since : str
        Time of the correction, RFC 3339.
    """

    correction: int
    search_id: str
    rank: int
    mark: str
    recipient: str
    agency: str
    since: str


def correct(
    ledger: Ledger,
    registry: Registry,
    search_id: str,
    *,
    rank: int,
    reason: str,
    reference: str,
    by: Person,
    at: datetime,
) -> int:
    """Record that a released lead was proved wrong.

    Parameters
    ----------
    ledger : Ledger
        Where it is recorded.
    registry : Registry
        Who is registered.
    search_id : str
        Which search.
    rank : int
        Which candidate of its list, from 1.
    reason : str
        One of `REASONS`.
    reference : str
        Where the proof is found; 1 to 100 plain characters.
    by : Person
        Anybody registered, of any agency: whoever finds a wrong lead can say so.
    at : datetime
        When, with its zone.

    Returns
    -------
    int
        Position in the log; the notices name it.

    Raises
    ------
    InputError
        If there is no such search or reason, or the reference is not of its form.
    PolicyRefusal
        If the candidate is no released lead, or was corrected already; recorded.
    """
    step = Step.begin(ledger, "correction", search_id, by=by, at=at)
    with about("reason"):
        if reason not in REASONS:
            msg = f"there is no such reason; there are {', '.join(sorted(REASONS))}"
            raise InputError(msg)
    demand_reference(reference)
    step.demand_officer(registry)
    step.demand_released_lead(rank)
    if is_corrected(ledger, search_id, rank):
        step.refuse("RV-TWICE", f"candidate {rank} was corrected already")
    return step.record({"rank": rank, "reason": reason}, {"reference": reference})


def notify(
    ledger: Ledger, registry: Registry, *, correction: int, mark: str, day: str, by: Person, at: datetime
) -> int:
    """Record that somebody who received a wrong lead was told.

    Parameters
    ----------
    ledger : Ledger
        Where it is recorded.
    registry : Registry
        Who is registered.
    correction : int
        Position of the correction in the log.
    mark : str
        The recipient's mark, or ``defense``.
    day : str
        When, ISO 8601, not in the future.
    by : Person
        Who told him: anybody registered.
    at : datetime
        When it is recorded, with its zone.

    Returns
    -------
    int
        Position in the log.

    Raises
    ------
    InputError
        If there is no such correction, or no such day.
    PolicyRefusal
        If no notice is owed to that mark (any more), or this person may not; recorded.
    """
    search_id = search_corrected(ledger, correction)
    if search_id is None:
        msg = f"record {correction} of the log is no correction; `facegate review docket` lists what is owed"
        raise InputError(msg)
    step = Step.begin(ledger, "correction-notice", search_id, by=by, at=at)
    demand_past_day(day, at)
    step.demand_officer(registry)
    if not any(one.correction == correction and one.mark == mark for one in owed_notices(ledger, search_id)):
        step.refuse("RV-NO-NOTICE-OWED", "no notice is owed to that mark: none was released, or he was told")
    return step.record({"correction": correction, "mark": mark, "day": day})


def search_corrected(ledger: Ledger, correction: int) -> str | None:
    """Give the search whose lead a record of the log proved wrong; None if it is no such record."""
    query = "SELECT search_id FROM review_steps WHERE seq = ? AND kind = 'correction' AND rule = ''"
    found: str | None = ledger.value(query, correction)
    return found


def owed_notices(ledger: Ledger, search_id: str = "") -> tuple[OwedNotice, ...]:
    """List the notices that are owed, oldest correction first.

    Parameters
    ----------
    ledger : Ledger
        Holds the book of reviews.
    search_id : str
        Of one search only; of all if empty.
    """
    which = "" if not search_id else " AND c.search_id = ?"
    values = (search_id,) if search_id else ()
    return tuple(OwedNotice(*tuple(row)) for row in ledger.rows(_OWED.format(which=which), *values * 2))


# Where a case number was erased, only the search itself counts as its case.
# A list released after a correction withholds the candidate: its recipient got nothing to take back.
_OWED = """
WITH owed AS (
    SELECT c.seq AS correction, c.search_id, c.rank, r.mark, r.recipient, r.recipient_agency, c.at
    FROM review_steps c JOIN review_releases r ON r.search_id = c.search_id AND r.seq < c.seq
    WHERE c.kind = 'correction' AND c.rule = ''{which}
    UNION ALL
    SELECT c.seq, c.search_id, c.rank, 'defense', '', '', c.at
    FROM review_steps c
    WHERE c.kind = 'correction' AND c.rule = ''{which} AND EXISTS (
        SELECT 1 FROM review_searches s CROSS JOIN review_searches o CROSS JOIN review_steps d
        WHERE s.search_id = c.search_id AND o.agency = s.agency AND o.case_number = s.case_number
        AND (s.case_number != '' OR o.search_id = s.search_id)
        AND d.search_id = o.search_id AND d.kind = 'disclosure' AND d.rule = '' AND d.what = 'made'
    )
)
SELECT correction, search_id, rank, mark, recipient, recipient_agency, at FROM owed
WHERE NOT EXISTS (
    SELECT 1 FROM review_steps n WHERE n.search_id = owed.search_id AND n.kind = 'correction-notice'
    AND n.rule = '' AND n.number = owed.correction AND n.what = owed.mark
)
ORDER BY correction, mark
"""

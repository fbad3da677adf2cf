"""Independent evidence about a lead: without it a lead is no ground for anything.

What counts comes from a closed list. Face recognition does not corroborate face recognition, whoever runs
it, and neither does a lineup, a photo array or a show-up made from its result: a witness who is shown the
most alike face of a million will find it alike.

References
----------
Williams v. City of Detroit, settlement of 2024 (read in a summary): no arrest on face recognition alone,
nor on it and a lineup. HB 1654: not the sole basis for probable cause.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING

from facegate.errors import InputError, about
from facegate.gate.review.rules import Step
from facegate.policy.forms import PLAIN_TEXT, day_of

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.registry import Person, Registry

EVIDENCE = frozenset({
    "dna",
    "fingerprint",
    "physical_evidence",
    "possession_of_property",
    "device_location",
    "cell_site",
    "vehicle_record",
    "transaction_record",
    "travel_record",
    "document",
    "communication",
    "witness_who_knows_the_person",
    "admission",
})  # fmt: skip
"""Kinds of evidence that stand on their own, whatever face recognition said."""

DEPENDENT = frozenset({
    "face_recognition",
    "lineup",
    "photo_array",
    "show_up",
    "examiner_comparison",
})  # fmt: skip
"""What looks like evidence and is the same face seen again."""

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def corroborate(
    ledger: Ledger,
    registry: Registry,
    search_id: str,
    *,
    rank: int,
    evidence: str,
    reference: str,
    day: str,
    by: Person,
    at: datetime,
) -> int:
    """Record independent evidence about one released lead.

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
    evidence : str
        One of `EVIDENCE`.
    reference : str
        Where the evidence is found, such as an exhibit or lab number; 1 to 100 plain characters.
    day : str
        Day of the evidence, ISO 8601, not in the future.
    by : Person
        Who records it: of the agency that asked, or of the one it asked for.
    at : datetime
        When, with its zone.

    Returns
    -------
    int
        Position in the log.

    Raises
    ------
    InputError
        If there is no such search or kind of evidence, or a field is not of its form.
    PolicyRefusal
        If it is face recognition seen again, the candidate is no released lead, the same is on the log, or
        this person may not; recorded.
    """
    step = Step.begin(ledger, "corroboration", search_id, by=by, at=at)
    with about("evidence"):
        if evidence not in EVIDENCE | DEPENDENT:
            msg = f"there is no such kind of evidence; there are {', '.join(sorted(EVIDENCE))}"
            raise InputError(msg)
    demand_reference(reference)
    demand_past_day(day, at)
    step.demand_officer(registry)
    step.demand_own_agency()
    if evidence in DEPENDENT or _names_a_search(ledger, reference):
        say = "face recognition does not corroborate itself, nor does a lineup made from its result"
        step.refuse("RV-NOT-INDEPENDENT", say)
    step.demand_released_lead(rank)
    step.demand_not_corrected(rank)
    if reference in {one[1] for one in corroborations(ledger, search_id, rank)}:
        step.refuse("RV-TWICE", "this evidence is on the log for this candidate: it counts once")
    return step.record({"rank": rank, "evidence": evidence, "day": day}, {"reference": reference})


def corroborations(ledger: Ledger, search_id: str, rank: int) -> tuple[tuple[str, str, str], ...]:
    """Read kind, reference and day of the evidence about one candidate, in the order of the log."""
    query = (
        "SELECT what, detail, day FROM review_steps"
        " WHERE search_id = ? AND kind = 'corroboration' AND rule = '' AND rank = ? ORDER BY seq"
    )
    return tuple((row[0], row[1], row[2]) for row in ledger.rows(query, search_id, rank))


def demand_reference(reference: str) -> None:
    """Demand a reference in plain characters.

    Raises
    ------
    InputError
        If it is empty, too long, or holds what looks like another character.
    """
    with about("reference"):
        if not PLAIN_TEXT.fullmatch(reference):
            msg = "a reference is 1 to 100 plain characters, no blank at either end"
            raise InputError(msg)


def demand_past_day(day: str, at: datetime) -> None:
    """Demand a day of the calendar that has come.

    Raises
    ------
    InputError
        If it is no day, or in the future.
    """
    found = day_of(day)
    with about("day"):
        if found is None:
            msg = "the day is not of the form 2026-11-22, or does not exist"
            raise InputError(msg)
        if found > at.astimezone(UTC).date():
            msg = f"the day {day} has not come yet"
            raise InputError(msg)


def _names_a_search(ledger: Ledger, reference: str) -> bool:
    """Tell whether a reference is a search id or a mark: the search's own result as its evidence."""
    query = (
        "SELECT 1 FROM review_searches WHERE search_id = ?"
        " UNION ALL SELECT 1 FROM review_releases WHERE mark = ?"
    )
    named = [*UUID.findall(reference), reference]
    return any(ledger.rows(query, one.lower(), one.lower()) for one in named)

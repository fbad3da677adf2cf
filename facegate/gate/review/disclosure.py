"""Disclosure to the defense: that faces were searched in the case, every search, not only the one that fits.

A disclosure is scheduled for a day, or made. It covers the whole case: how many searches of it were on the
log is part of the record, so a search made later shows as not disclosed.

References
----------
Williams v. City of Detroit, settlement of 2024 (read in a summary): flaws are disclosed, and also searches
that gave no suspect or others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from facegate.errors import InputError, about
from facegate.gate.review.corroboration import demand_past_day, demand_reference
from facegate.gate.review.rules import Step
from facegate.gate.review.state import of_case
from facegate.policy.forms import day_of

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.registry import Person, Registry
    from facegate.gate.review.state import Reviewed

SCHEDULED = "scheduled"
MADE = "made"
FURTHEST = timedelta(days=365)  # a harness default: a disclosure "scheduled" for some day is none


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One disclosure of a case.

    Parameters
    ----------
    state : str
        ``scheduled`` or ``made``.
    day : str
        For when, or when, ISO 8601.
    reference : str
        The court's or the defense's number of it; empty after an erasure.
    n_searches : int
        Searches of the case that were on the log.
    """

    state: str
    day: str
    reference: str
    n_searches: int


def disclose(
    ledger: Ledger,
    registry: Registry,
    search_id: str,
    *,
    state: str,
    day: str,
    reference: str,
    by: Person,
    at: datetime,
) -> int:
    """Record that the defense was told of a case's searches, or for what day that is set.

    Parameters
    ----------
    ledger : Ledger
        Where it is recorded.
    registry : Registry
        Who is registered.
    search_id : str
        A search of the case.
    state : str
        ``made`` or ``scheduled``.
    day : str
        ISO 8601: not in the future if made; if scheduled, from today to a year ahead.
    reference : str
        The court's or the defense's number; 1 to 100 plain characters.
    by : Person
        Who records it: of the agency that asked, or of the one it asked for, or a prosecutor.
    at : datetime
        When, with its zone.

    Returns
    -------
    int
        Position in the log.

    Raises
    ------
    InputError
        If there is no such search, or a field is not of its form.
    PolicyRefusal
        If it is recorded already, or this person may not; recorded.
    """
    step = Step.begin(ledger, "disclosure", search_id, by=by, at=at)
    search = step.search
    _demand_form(state, day, reference, at)
    if not search.case_number:
        step.refuse("RV-ERASED", "the case of this search was erased from the sealed part")
    if step.demand_officer(registry).role != "prosecutor":
        step.demand_own_agency()
    n_searches = len(of_case(ledger, search.agency, search.case_number))
    if any(
        one.state in {MADE, state} and one.n_searches == n_searches for one in disclosures(ledger, search)
    ):
        step.refuse("RV-TWICE", "this disclosure is on the log, and no search of the case came after it")
    return step.record({"state": state, "day": day, "n_searches": n_searches}, {"reference": reference})


def disclosures(ledger: Ledger, search: Reviewed) -> tuple[Disclosure, ...]:
    """Read the disclosures recorded for the case of a search, in the order of the log."""
    # CROSS JOIN: SQLite keeps this order, from the case to its searches to their steps.
    query = (
        "SELECT d.what, d.day, d.detail, d.number FROM review_searches s"
        " CROSS JOIN review_steps d"
        " WHERE d.search_id = s.search_id AND d.kind = 'disclosure' AND d.rule = ''"
        " AND s.agency = ? AND s.case_number = ? ORDER BY d.seq"
    )
    if not search.case_number:
        return ()
    rows = ledger.rows(query, search.agency, search.case_number)
    return tuple(Disclosure(*tuple(row)) for row in rows)


def _demand_form(state: str, day: str, reference: str, at: datetime) -> None:
    demand_reference(reference)
    with about("state"):
        if state not in {SCHEDULED, MADE}:
            msg = f"a disclosure is {SCHEDULED} or {MADE}"
            raise InputError(msg)
    if state == MADE:
        demand_past_day(day, at)
        return
    today, planned = at.astimezone(UTC).date(), day_of(day)
    with about("day"):
        if planned is None or not today <= planned <= today + FURTHEST:
            span = f"from today to {FURTHEST.days} days ahead"
            msg = f"a disclosure is scheduled for a day {span}, such as {today}"
            raise InputError(msg)

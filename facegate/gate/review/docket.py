"""What is owed and by when: reviews, notices of correction, disclosures. Pure reading of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gate.review.correction import owed_notices
from facegate.gate.review.disclosure import MADE, SCHEDULED
from facegate.gate.review.showing import SAYS
from facegate.gate.review.state import REVIEWERS, Stage, still_open

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.gate.ledger.ledger import Ledger

REVIEW_DAYS = 7  # harness defaults: no shipped profile states a term
NOTICE_DAYS = 3


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is owed.

    Parameters
    ----------
    what : str
        ``review``, ``closing``, ``notice`` or ``disclosure``.
    search_id : str
        Which search.
    due : date
        The last day it is in time, UTC.
    overdue : bool
        That day is over.
    say : str
        What has to be done, in a few words; holds no name.
    """

    what: str
    search_id: str
    due: date
    overdue: bool
    say: str


def docket(
    ledger: Ledger, *, now: datetime, review_days: int = REVIEW_DAYS, notice_days: int = NOTICE_DAYS
) -> tuple[Due, ...]:
    """List what is owed, the longest overdue first.

    Parameters
    ----------
    ledger : Ledger
        Holds the book of reviews.
    now : datetime
        With its zone.
    review_days, notice_days : int
        Days for a review after the search, and for a notice after the correction; from 0.

    Returns
    -------
    tuple of Due
        Overdue or not.

    Raises
    ------
    InputError
        If the time has no zone, or a number of days is negative.
    """
    if now.tzinfo is None or min(review_days, notice_days) < 0:
        msg = "a docket needs a time with its zone and numbers of days from 0"
        raise InputError(msg)
    today = now.astimezone(UTC).date()
    found = [
        *_reviews(ledger, today, review_days),
        *_notices(ledger, today, notice_days),
        *_disclosures(ledger, today),
    ]
    return tuple(sorted(found, key=lambda one: (one.due, one.what, one.search_id)))


def _reviews(ledger: Ledger, today: date, days: int) -> Iterator[Due]:
    for one in still_open(ledger):
        due = _day(one.searched_at) + timedelta(days=days)
        if one.stage is Stage.WAITING:
            n_missing = REVIEWERS - len(one.findings)
            yield Due(
                "review", one.search_id, due, due < today, f"{n_missing} of {REVIEWERS} findings missing"
            )
        else:  # nobody was found, or a crash came between the second finding and the closing
            yield Due("closing", one.search_id, due, due < today, f"to be closed: {SAYS[one.stage]}")


def _notices(ledger: Ledger, today: date, days: int) -> Iterator[Due]:
    for one in owed_notices(ledger):
        due = _day(one.since) + timedelta(days=days)
        say = f"tell {one.mark} that candidate {one.rank} was wrong (correction {one.correction})"
        yield Due("notice", one.search_id, due, due < today, say)


def _disclosures(ledger: Ledger, today: date) -> Iterator[Due]:
    """List what was scheduled and not made, by the case it is of."""
    for row in ledger.rows(_SCHEDULED, SCHEDULED, MADE):
        due = date.fromisoformat(row["day"])
        yield Due("disclosure", row["search_id"], due, due < today, "to be made to the defense")


# Settled by a disclosure made for any search of the case after it was scheduled; where the case number was
# erased, only for the search itself.
_SCHEDULED = """
SELECT d.search_id, d.day FROM review_steps d JOIN review_searches s ON s.search_id = d.search_id
WHERE d.kind = 'disclosure' AND d.rule = '' AND d.what = ? AND NOT EXISTS (
    SELECT 1 FROM review_searches o CROSS JOIN review_steps m
    WHERE m.search_id = o.search_id AND o.agency = s.agency AND o.case_number = s.case_number
    AND (s.case_number != '' OR o.search_id = s.search_id)
    AND m.kind = 'disclosure' AND m.rule = '' AND m.what = ? AND m.seq > d.seq
)
ORDER BY d.seq
"""


def _day(stamped: str) -> date:
    return datetime.fromisoformat(stamped).date()

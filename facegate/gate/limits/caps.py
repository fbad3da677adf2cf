"""What single counters say: one cap, one breaker, one subject, one gallery at a time."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from facegate.gate.limits.searches import DAY

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.config import Limits

BREAKER_DAYS = 30


def effective_rate(rate: float, n_variants: int) -> float:
    """Give the chance that at least one of several tries returns a wrong person.

    To be printed wherever a search was one of several variants of one probe: in the reply and in the
    report, beside the rate of a single search.

    Parameters
    ----------
    rate : float
        False positive identification rate of one search, 0 to 1.
    n_variants : int
        Searches with variants of the probe, this one included; from 1.

    Returns
    -------
    float
        1 - (1 - rate) ** n_variants: an upper estimate, as variants of one photo are not independent.

    Examples
    --------
    >>> round(effective_rate(0.02, 3), 4)
    0.0588
    """
    return 1 - (1 - rate) ** n_variants


def n_different_shown(ledger: Ledger, agency: str, since: int) -> int:
    """Count the different subjects that an agency was shown since a time."""
    query = "SELECT COUNT(*) FROM limits_last_shown WHERE agency = ? AND at > ?"
    return int(ledger.value(query, agency, since))


def subject_over(
    ledger: Ledger, limits: Limits, subject: str, agency: str, since: int, *, shown: bool
) -> bool:
    """Tell whether one more showing, or near showing, of a subject goes over what it bears.

    Each clearance of a subject permits one more showing, not a new series.
    """
    query = "SELECT agency, shown FROM limits_shown WHERE subject = ? AND at > ?"
    rows = ledger.rows(query, subject, since)
    granted = int(ledger.value(_CLEARED_SUBJECT, agency, subject, since))
    n_here = sum(row["shown"] for row in rows if row["agency"] == agency)
    n_near = sum(row["agency"] == agency for row in rows)
    if n_near >= limits.subject_agency_approaches + granted:
        return True
    n_all = sum(row["shown"] for row in rows)
    return shown and (
        n_here >= limits.subject_agency_searches + granted or n_all >= limits.subject_searches + granted
    )


def breaker_limit(ledger: Ledger, limits: Limits, agency: str, at: int) -> int:
    """Give how many searches an agency may make on a day before the breaker opens.

    Days without a search count as zero. Each clearance of the day gives as many again.
    """
    day = at // DAY
    rows = ledger.rows(
        "SELECT searches FROM limits_day WHERE agency = ? AND day >= ? AND day < ?",
        agency,
        day - BREAKER_DAYS,
        day,
    )
    of_days = [int(row["searches"]) for row in rows]
    usual = median(of_days + [0] * (BREAKER_DAYS - len(of_days)))
    cleared = int(ledger.value(_CLEARED_TODAY, agency, day * DAY, (day + 1) * DAY))
    return max(limits.breaker_floor, int(limits.breaker_factor * usual)) * (1 + cleared)


def breaker_closed(ledger: Ledger, limits: Limits, agency: str, at: int) -> bool:
    """Tell whether one more search of an agency keeps its breaker closed."""
    query = "SELECT searches FROM limits_day WHERE agency = ? AND day = ?"
    today = int(ledger.value(query, agency, at // DAY) or 0)
    return today + 1 <= breaker_limit(ledger, limits, agency, at)


_CLEARED_TODAY = (
    "SELECT COUNT(*) FROM limits_clearance WHERE agency = ? AND what = 'breaker' AND at >= ? AND at < ?"
)
_CLEARED_SUBJECT = (
    "SELECT COUNT(*) FROM limits_clearance WHERE agency = ? AND what = 'subject' AND subject = ? AND at > ?"
)


def within_cap(counted: Sequence[sqlite3.Row], cap: int, limits: Limits, *, variant: bool) -> bool:
    """Tell whether one more search stays within a cap of probes.

    A variant adds no probe; but every `Limits.variants` searches are one probe at least.
    """
    searches, probes = (counted[0]["searches"], counted[0]["probes"]) if counted else (0, 0)
    at_least = -(-(searches + 1) // limits.variants)
    return max(probes + (not variant), at_least) <= cap


def over_budget(ledger: Ledger, found: Collection[str], agency: str, since: int, *, budget: int) -> bool:
    """Tell whether showing these subjects would show an agency more different ones than its share."""
    query = "SELECT 1 FROM limits_last_shown WHERE agency = ? AND subject = ? AND at > ?"
    new = sum(ledger.value(query, agency, subject, since) is None for subject in found)
    return new > 0 and n_different_shown(ledger, agency, since) + new > budget

"""What single counters say: one cap, one breaker, one subject, one gallery at a time."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from facegate.gate.limits.searches import DAY

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from facegate.gate.ledger.event import Row
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


def n_different_shown(ledger: Ledger, agency: str, since: int, *, most: int) -> int:
    """Count the different subjects that an agency was shown since a time, up to as many as matter.

    Parameters
    ----------
    ledger : Ledger
        With the book of searches.
    agency : str
        ORI.
    since : int
        Start of the window, seconds since 1970.
    most : int
        Where the count ends: a question costs its share of the gallery, not the year.
    """
    query = (
        "SELECT COUNT(*) FROM (SELECT 1 FROM limits_last_shown WHERE agency = ? AND at > ? LIMIT ?) AS late"
    )
    return int(ledger.value(query, agency, since, most))


def gallery_share(ledger: Ledger, limits: Limits, agency: str, since: int, *, gallery_size: int) -> int:
    """Give how many different subjects an agency may be shown within the window, with what was granted.

    Each clearance of the gallery within the window grants another share of the same size.
    """
    granted = int(ledger.value(_CLEARED_GALLERY, agency, since))
    return limits.gallery_budget(gallery_size) * (1 + granted)


def subjects_over(
    ledger: Ledger, limits: Limits, subjects: Collection[str], agency: str, since: int
) -> frozenset[str]:
    """Tell who was shown, or nearly shown, so often that one more showing goes over what a subject bears.

    Each clearance of a subject permits one more showing, not a new series.

    Parameters
    ----------
    ledger, limits
        As for `n_different_shown`; caps in force.
    subjects : collection of str
        Who is asked about.
    agency : str
        ORI of whoever asks.
    since : int
        Start of the window, seconds since 1970.
    """
    rows = _of_subjects(ledger, _SHOWINGS, subjects, agency, agency, agency, since, since=since)
    return frozenset(
        row["subject"]
        for row in rows
        if row["near"] >= limits.subject_agency_approaches + row["granted"]
        or row["here"] >= limits.subject_agency_searches + row["granted"]
        or row["everywhere"] >= limits.subject_searches + row["granted"]
    )


def breaker_limit(ledger: Ledger, limits: Limits, agency: str, at: int) -> int:
    """Give how many searches an agency may make on a day before the breaker opens.

    Days without a search count as zero. Each clearance of the day gives as many again.
    """
    of_days = [searches for day, searches, _ in last_days(ledger, agency, at) if day < at // DAY]
    return breaker_opens_at(limits, of_days, int(ledger.value(_CLEARED_TODAY, agency, *_of_day(at))))


def breaker_opens_at(limits: Limits, of_days: Sequence[int], cleared: int) -> int:
    """Give how many searches open the breaker, from those of the days before and the day's clearances."""
    usual = median([*of_days, *[0] * (BREAKER_DAYS - len(of_days))])
    return max(limits.breaker_floor, int(limits.breaker_factor * usual)) * (1 + cleared)


def breaker_closed(ledger: Ledger, limits: Limits, agency: str, at: int) -> bool:
    """Tell whether one more search of an agency keeps its breaker closed."""
    query = "SELECT searches FROM limits_day WHERE agency = ? AND day = ?"
    today = int(ledger.value(query, agency, at // DAY) or 0)
    return today + 1 <= breaker_limit(ledger, limits, agency, at)


def last_days(ledger: Ledger, agency: str, at: int) -> list[tuple[int, int, int]]:
    """Read day, searches and probes of an agency: of today and of the days that a breaker goes by."""
    query = "SELECT day, searches, probes FROM limits_day WHERE agency = ? AND day BETWEEN ? AND ?"
    rows = ledger.rows(query, agency, at // DAY - BREAKER_DAYS, at // DAY)
    return [(row["day"], row["searches"], row["probes"]) for row in rows]


def _of_day(at: int) -> tuple[int, int]:
    """Give the first second of a UTC day, and that of the next."""
    return at // DAY * DAY, (at // DAY + 1) * DAY


_CLEARED_TODAY = (
    "SELECT COUNT(*) FROM limits_clearance WHERE agency = ? AND what = 'breaker' AND at >= ? AND at < ?"
)
_CLEARED_GALLERY = "SELECT COUNT(*) FROM limits_clearance WHERE agency = ? AND what = 'gallery' AND at > ?"
_SHOWINGS = (
    "SELECT subject, COUNT(*) FILTER (WHERE agency = ?) AS near, "
    "COUNT(*) FILTER (WHERE agency = ? AND shown = 1) AS here, "
    "COUNT(*) FILTER (WHERE shown = 1) AS everywhere, "
    "(SELECT COUNT(*) FROM limits_clearance AS given WHERE given.agency = ? AND given.what = 'subject' "
    "AND given.subject = limits_shown.subject AND given.at > ?) AS granted "
    "FROM limits_shown WHERE subject IN ({}) AND at > ? GROUP BY subject"
)
_SHOWN_ALREADY = "SELECT subject FROM limits_last_shown WHERE agency = ? AND subject IN ({}) AND at > ?"


def _of_subjects(
    ledger: Ledger, query: str, subjects: Collection[str], *before: str | int, since: int
) -> list[Row]:
    """Ask one question about several subjects; they stand where the query has braces."""
    names = sorted(set(subjects))
    if not names:
        return []
    return ledger.rows(query.format(",".join("?" * len(names))), *before, *names, since)


def within_cap(searches: int, probes: int, cap: int, limits: Limits, *, variant: bool) -> bool:
    """Tell whether one more search stays within a cap of probes.

    A variant adds no probe; but every `Limits.variants` searches are one probe at least.
    """
    at_least = -(-(searches + 1) // limits.variants)
    return max(probes + (not variant), at_least) <= cap


def over_share(ledger: Ledger, found: Collection[str], agency: str, since: int, *, share: int) -> bool:
    """Tell whether showing these subjects would show an agency more different ones than its share."""
    known = _of_subjects(ledger, _SHOWN_ALREADY, found, agency, since=since)
    new = len(set(found)) - len(known)
    return new > 0 and n_different_shown(ledger, agency, since, most=share) + new > share

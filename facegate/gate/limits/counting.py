"""What the caps say of one request, before it is searched and before anybody is shown.

Two moments, because whom a search will find is not known before it is made:

1. `limit_facts`, before: probes of case, officer and agency, the breaker, variants of one probe, the share
   of the gallery, and whatever waits for a supervisor. What is over is never searched.
2. `after_search`, when the gallery has answered and before anything is shown: would showing it go over
   what one subject, or the gallery, bears? Then the whole list is withheld, and the officer, the case and
   near-duplicates of the probe wait for a supervisor.

A withheld list still tells the asker that somebody was found, or nearly. That is one bit; blocking officer
and case at once is what keeps him from asking for it again and again. Not protected: each further officer
who colludes learns one bit more, and far out, where an approach is rare, it tells much: attack 4 of
``benchmarks/attacks.py`` has the figures.

Near-duplicates count as one probe, but never more than `Limits.variants` searches for one: otherwise a
chain of small steps, each a variant of the one before, would be one probe without end.

Not counted here: searches that other agencies make for this one (see the sharing register).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.limits.caps import breaker_closed, n_different_shown, over_budget, subject_over, within_cap
from facegate.gate.limits.near import Nearness, past_probes, rows_of
from facegate.gate.limits.searches import (
    BUDGET_RULE,
    DAY,
    IN_ANOTHER_CASE,
    SUBJECT_RULE,
    VARIANT_IN_AGENCY,
    VARIANT_IN_CASE,
    VARIANT_OF_OFFICER,
    seconds,
)
from facegate.policy.engine import CHECKED, GATE_RULE
from facegate.policy.forms import given
from facegate.records import FailedRule
from facegate.request import COMPARISONS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.config import Limits
    from facegate.gate.limits.marks import ProbeMarks
    from facegate.request import SearchRequest

MOST_FOLLOWED = 64
SHOWN_TOO_OFTEN = (
    "The list is withheld: somebody on it was shown, or nearly shown, so often that further probes could "
    "trace the edge of the list. The officer, the case and this probe wait for a supervisor."
)
OVER_BUDGET = (
    "The list is withheld: with it the agency would have been shown more different people than its share "
    "of the gallery. The officer, the case and this probe wait for a supervisor."
)


@dataclass(frozen=True, slots=True)
class LimitFacts:
    """What the counters say of one request; true is in order, false refuses.

    Parameters
    ----------
    within_case_cap, within_officer_cap, within_agency_cap, within_subject_cap, within_gallery_budget, \
breaker_closed, variants_cleared : bool
        As in `facegate.policy.facts.GateFacts`.
    flags : tuple of str
        For the intent's public ``flags``: whether the probe is a variant, and of what, and whether it was
        asked in another case. The counters read them back, so they must be recorded.
    n_variants : int
        Earlier searches with variants of this probe; with this one, m = n_variants + 1 in
        `effective_rate`.
    """

    within_case_cap: bool = False
    within_officer_cap: bool = False
    within_agency_cap: bool = False
    within_subject_cap: bool = False
    within_gallery_budget: bool = False
    breaker_closed: bool = False
    variants_cleared: bool = False
    flags: tuple[str, ...] = ()
    n_variants: int = 0

    def gate_facts(self) -> dict[str, bool]:
        """Give the facts by the names that `facegate.policy.facts.GateFacts` has for them."""
        return {
            "within_case_cap": self.within_case_cap,
            "within_officer_cap": self.within_officer_cap,
            "within_agency_cap": self.within_agency_cap,
            "within_subject_cap": self.within_subject_cap,
            "within_gallery_budget": self.within_gallery_budget,
            "breaker_closed": self.breaker_closed,
            "variants_cleared": self.variants_cleared,
        }


UNCOUNTED = LimitFacts(
    within_case_cap=True,
    within_officer_cap=True,
    within_agency_cap=True,
    within_subject_cap=True,
    within_gallery_budget=True,
    breaker_closed=True,
    variants_cleared=True,
)
"""Of a request that names no agency, no officer or no case: there is nothing to count by."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks, in which case, when; and which past searches the probe is like."""

    agency: str
    officer: str
    case_number: str
    at: int
    since: int
    own: Sequence[sqlite3.Row]
    group: Sequence[sqlite3.Row]
    everywhere: Sequence[sqlite3.Row]

    @property
    def day(self) -> int:
        return self.at // DAY


def limit_facts(  # noqa: PLR0917  the order in which the gate has them at hand
    ledger: Ledger,
    limits: Limits,
    request: SearchRequest,
    marks: ProbeMarks | None,
    now: datetime,
    gallery_size: int,
    *,
    nearness: Nearness | None = None,
) -> LimitFacts:
    """Say what the caps say of one request, before anything is searched.

    Parameters
    ----------
    ledger : Ledger
        With the book of searches.
    limits : Limits
        Caps in force.
    request : SearchRequest
        What is asked.
    marks : ProbeMarks or None
        Of the probe. With a digest alone only repeats of the same file are recognized: ask again with all
        marks before searching. None says that nobody looked, and refuses an image comparison.
    now : datetime
        The time of the request.
    gallery_size : int
        Subjects enrolled.
    nearness : Nearness or None
        How alike is a variant; None for what was measured for dlib's templates.

    Returns
    -------
    LimitFacts
        Without agency, officer or case number nobody's counters can be read, and none is used up: that the
        request leaves one of them out is what it is refused for, in every profile (FG-AGENCY,
        FG-REQUESTER, FG-CASE-NUMBER). A refusal must not say what is not so.
    """
    if not (given(request.agency) and given(request.requester) and given(request.case_number)):
        return UNCOUNTED
    asked = _asked(ledger, limits, request, marks, at=seconds(now), nearness=nearness or Nearness())
    flags = _flags(asked)
    waiting = _waiting_rules(ledger, asked)
    looked_at = marks is not None or request.action not in COMPARISONS
    return LimitFacts(
        within_case_cap=_case_cap(ledger, limits, asked, flags),
        within_officer_cap=_officer_cap(ledger, limits, asked, flags),
        within_agency_cap=_agency_cap(ledger, limits, asked, flags),
        within_subject_cap=waiting <= {BUDGET_RULE},
        within_gallery_budget=BUDGET_RULE not in waiting
        and n_different_shown(ledger, asked.agency, asked.since) < limits.gallery_budget(gallery_size),
        breaker_closed=breaker_closed(ledger, limits, asked.agency, asked.at),
        variants_cleared=looked_at and _variants_cleared(ledger, limits, asked, marks),
        flags=flags,
        n_variants=len(asked.group),
    )


def after_search(  # noqa: PLR0917  as for `limit_facts`
    ledger: Ledger,
    limits: Limits,
    request: SearchRequest,
    found_subject_ids: Collection[str],
    now: datetime,
    gallery_size: int,
    *,
    approached: Collection[str] = (),
) -> tuple[FailedRule, ...]:
    """Say what keeps a candidate list from being shown, once the gallery has answered.

    Parameters
    ----------
    ledger, limits, request, now, gallery_size
        As for `limit_facts`.
    found_subject_ids : collection of str
        Whom the list would show.
    approached : collection of str
        Who scored within `Limits.approach_margin` below the threshold, or above it and was cut off by the
        length of the list; to be sealed in the result as ``approached``, formed as ``candidates``. They are
        never shown, but an answer tells of them, too: that they are not on the list.

    Returns
    -------
    tuple of FailedRule
        Empty if the list may be shown. Otherwise nobody of it: record the result as ``withheld``, with
        these rules.
    """
    agency, since = request.agency or "", seconds(now) - limits.window_days * DAY
    found = set(found_subject_ids)
    failed = []
    if any(
        subject_over(ledger, limits, subject, agency, since, shown=subject in found)
        for subject in sorted(found | set(approached))
    ):
        failed.append(FailedRule(SUBJECT_RULE, SHOWN_TOO_OFTEN, GATE_RULE, CHECKED))
    if found and over_budget(ledger, found, agency, since, budget=limits.gallery_budget(gallery_size)):
        failed.append(FailedRule(BUDGET_RULE, OVER_BUDGET, GATE_RULE, CHECKED))
    return tuple(failed)


_CLEARED_VARIANTS = (
    "SELECT COUNT(*) FROM limits_clearance WHERE agency = ? AND what = 'variants' AND digest = ? AND at > ?"
)


def _asked(
    ledger: Ledger,
    limits: Limits,
    request: SearchRequest,
    marks: ProbeMarks | None,
    *,
    at: int,
    nearness: Nearness,
) -> _Asked:
    """Read once who asks and what the probe is like."""
    agency = request.agency or ""
    since = at - limits.window_days * DAY
    own: list[sqlite3.Row] = []
    group, everywhere = own, own
    if marks is not None:
        past = past_probes(ledger, nearness)
        near = past.near(ledger, marks, agency, since=since, enough=MOST_FOLLOWED)
        own, group, everywhere = (rows_of(ledger, some) for some in (near.own, near.group, near.everywhere))
    return _Asked(
        agency, request.requester or "", request.case_number or "", at, since, own, group, everywhere
    )


def _flags(asked: _Asked) -> tuple[str, ...]:
    """Say of what the probe is a variant, and whether it was asked in another case."""
    today = [row for row in asked.own if row["at"] // DAY == asked.day]
    case = (asked.agency, asked.case_number)
    found = {
        VARIANT_IN_CASE: any(row["case_number"] == asked.case_number for row in asked.own),
        VARIANT_OF_OFFICER: any(row["officer"] == asked.officer for row in today),
        VARIANT_IN_AGENCY: bool(today),
        IN_ANOTHER_CASE: any((row["agency"], row["case_number"]) != case for row in asked.everywhere),
    }
    return tuple(flag for flag, is_so in found.items() if is_so)


def _case_cap(ledger: Ledger, limits: Limits, asked: _Asked, flags: tuple[str, ...]) -> bool:
    query = "SELECT searches, probes FROM limits_case WHERE agency = ? AND case_number = ?"
    counted = ledger.rows(query, asked.agency, asked.case_number)
    return within_cap(counted, limits.case_probes, limits, variant=VARIANT_IN_CASE in flags)


def _officer_cap(ledger: Ledger, limits: Limits, asked: _Asked, flags: tuple[str, ...]) -> bool:
    query = "SELECT searches, probes FROM limits_officer_day WHERE agency = ? AND officer = ? AND day = ?"
    counted = ledger.rows(query, asked.agency, asked.officer, asked.day)
    return within_cap(counted, limits.officer_day_probes, limits, variant=VARIANT_OF_OFFICER in flags)


def _agency_cap(ledger: Ledger, limits: Limits, asked: _Asked, flags: tuple[str, ...]) -> bool:
    query = "SELECT searches, probes FROM limits_day WHERE agency = ? AND day = ?"
    counted = ledger.rows(query, asked.agency, asked.day)
    return within_cap(counted, limits.agency_day_probes, limits, variant=VARIANT_IN_AGENCY in flags)


def _waiting_rules(ledger: Ledger, asked: _Asked) -> set[str]:
    """Collect the rules of withheld lists that still wait for a supervisor: of officer, case or probe."""
    rows = [
        *ledger.rows(
            "SELECT rules FROM limits_withheld WHERE agency = ? AND officer = ? AND officer_blocked = 1",
            asked.agency, asked.officer,
        ),
        *ledger.rows(
            "SELECT rules FROM limits_withheld WHERE agency = ? AND case_number = ? AND case_blocked = 1",
            asked.agency, asked.case_number,
        ),
        *(
            row
            for like in {row["seq"] for row in (*asked.group, *asked.everywhere)}
            for row in ledger.rows(
                "SELECT rules FROM limits_withheld WHERE intent = ? AND case_blocked = 1", like
            )
        ),
    ]  # fmt: skip
    # A withheld result that names no rule still waits: better refused under the wrong rule than shown.
    return {rule for row in rows for rule in (row["rules"] or SUBJECT_RULE).split(",")}


def _variants_cleared(ledger: Ledger, limits: Limits, asked: _Asked, marks: ProbeMarks | None) -> bool:
    """Tell whether fewer variants were searched than a supervisor is asked at, or he cleared more."""
    digests = {row["digest"] for row in asked.group} | {marks.digest if marks else ""}
    cleared = sum(
        int(ledger.value(_CLEARED_VARIANTS, asked.agency, digest, asked.since)) for digest in digests - {""}
    )
    return len(asked.group) < limits.variants * (1 + cleared)

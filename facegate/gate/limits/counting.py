"""What the caps say of one request before it is searched; `facegate.gate.limits.listing` asks after it.

- `count` reads everything that the request alone decides: probes of case, officer and agency, the breaker,
  the share of the gallery, and what waits for a supervisor. `Counted.with_marks` adds what the probe is like,
  and may be asked several times: by the digest of the file before the photo is looked at, by all marks after.
- Near-duplicates count as one probe, but never more than `Limits.variants` searches for one: otherwise a
  chain of small steps, each a variant of the one before, would be one probe without end.
- What is over is never searched.

Not counted here: searches that other agencies make for this one (see the sharing register).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.limits.caps import breaker_opens_at, last_days, n_different_shown, within_cap
from facegate.gate.limits.likeness import Like, Who, flags_of, like_of
from facegate.gate.limits.near import Nearness
from facegate.gate.limits.searches import (
    BUDGET_RULE,
    DAY,
    SUBJECT_RULE,
    VARIANT_IN_AGENCY,
    VARIANT_IN_CASE,
    VARIANT_OF_OFFICER,
    seconds,
)
from facegate.policy.forms import given
from facegate.request import COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from facegate.gate.ledger.event import Row
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.config import Limits
    from facegate.gate.limits.marks import ProbeMarks
    from facegate.request import SearchRequest

MOST_FOLLOWED = 64


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
class _Used:
    """Searches and probes of one counter."""

    searches: int = 0
    probes: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted for one request: everything that the marks of its probe cannot change.

    It holds until something is recorded. Within one search nothing is, from `count` to the last `with_marks`:
    the gate takes turns. If something was all the same, it is counted anew: an old count must not let a
    search pass. Made by `count`.

    Parameters
    ----------
    ledger : Ledger
        Where it was read.
    limits : Limits
        Caps in force.
    nearness : Nearness
        How alike is a variant.
    request : SearchRequest
        What is asked.
    now : datetime
        The time of the request.
    gallery_size : int
        Subjects enrolled.
    who : Who or None
        None for a request that names no agency, no officer or no case.
    log_size : int
        Records on the log when it was counted.
    case, officer_day, agency_day : _Used
        Counters of this case, and of officer and agency on this UTC day.
    waiting : frozenset of str
        Rules of withheld lists of this officer or this case that wait for a supervisor.
    share_left : bool
        Whether the agency may be shown anybody new.
    breaker_closed : bool
        Whether one more search keeps the breaker closed.
    variants_cleared : int
        Clearances of variants within the window, of whatever probe.
    """

    ledger: Ledger
    limits: Limits
    nearness: Nearness
    request: SearchRequest
    now: datetime
    gallery_size: int
    who: Who | None
    log_size: int
    case: _Used = _Used()
    officer_day: _Used = _Used()
    agency_day: _Used = _Used()
    waiting: frozenset[str] = frozenset()
    share_left: bool = False
    breaker_closed: bool = False
    variants_cleared: int = 0

    def with_marks(self, marks: ProbeMarks | None) -> LimitFacts:
        """Say what the caps say of the request with this probe.

        Parameters
        ----------
        marks : ProbeMarks or None
            Of the probe. With a digest alone only repeats of the same file are recognized: ask again with
            all marks before searching. None says that nobody looked, and refuses an image comparison.
        """
        if self.ledger.log.acknowledged != self.log_size:
            return self._again().with_marks(marks)
        if self.who is None:
            return UNCOUNTED
        like = like_of(
            self.ledger,
            self.nearness,
            self.who,
            marks,
            # As many as all that supervisors cleared could let pass.
            enough=max(MOST_FOLLOWED, self.limits.variants * (1 + self.variants_cleared)),
        )
        flags = flags_of(self.who, like)
        waiting = self.waiting | _waiting_with(self.ledger, like)
        looked_at = marks is not None or self.request.action not in COMPARISONS
        return LimitFacts(
            within_case_cap=self._within(self.case, self.limits.case_probes, VARIANT_IN_CASE in flags),
            within_officer_cap=self._within(
                self.officer_day, self.limits.officer_day_probes, VARIANT_OF_OFFICER in flags
            ),
            within_agency_cap=self._within(
                self.agency_day, self.limits.agency_day_probes, VARIANT_IN_AGENCY in flags
            ),
            within_subject_cap=waiting <= {BUDGET_RULE},
            within_gallery_budget=BUDGET_RULE not in waiting and self.share_left,
            breaker_closed=self.breaker_closed,
            variants_cleared=looked_at and _variants_cleared(self, self.who, like, marks),
            flags=flags,
            n_variants=len(like.group),
        )

    def _again(self) -> Counted:
        return count(
            self.ledger, self.limits, self.request, self.now, self.gallery_size, nearness=self.nearness
        )

    def _within(self, used: _Used, cap: int, variant: bool) -> bool:  # noqa: FBT001  private, three calls above
        return within_cap(used.searches, used.probes, cap, self.limits, variant=variant)


def count(
    ledger: Ledger,
    limits: Limits,
    request: SearchRequest,
    now: datetime,
    gallery_size: int,
    *,
    nearness: Nearness | None = None,
) -> Counted:
    """Count what the request alone decides, whatever its probe is like.

    Parameters
    ----------
    ledger : Ledger
        With the book of searches.
    limits : Limits
        Caps in force.
    request : SearchRequest
        What is asked.
    now : datetime
        The time of the request.
    gallery_size : int
        Subjects enrolled.
    nearness : Nearness or None
        How alike is a variant; None for what was measured for dlib's templates.

    Returns
    -------
    Counted
        Ask it `Counted.with_marks`. Without agency, officer or case number nobody's counters can be read,
        and none is used up: that the request leaves one of them out is what it is refused for, in every
        profile (FG-AGENCY, FG-REQUESTER, FG-CASE-NUMBER). A refusal must not say what is not so.
    """
    nearness, size = nearness or Nearness(), ledger.log.acknowledged
    if not (given(request.agency) and given(request.requester) and given(request.case_number)):
        return Counted(ledger, limits, nearness, request, now, gallery_size, None, size)
    at = seconds(now)
    since = at - limits.window_days * DAY
    who = Who(request.agency or "", request.requester or "", request.case_number or "", at, since)
    [own] = ledger.rows(_OWN, who.agency, who.officer, who.case_number, who.day, since)
    days = {day: _Used(searches, probes) for day, searches, probes in last_days(ledger, who.agency, at)}
    today = days.pop(who.day, _Used())
    opens_at = breaker_opens_at(limits, [used.searches for used in days.values()], own["breakers"])
    share = limits.gallery_budget(gallery_size) * (1 + own["shares"])
    return Counted(
        ledger,
        limits,
        nearness,
        request,
        now,
        gallery_size,
        who,
        size,
        case=_Used(own["case_searches"], own["case_probes"]),
        officer_day=_Used(own["officer_searches"], own["officer_probes"]),
        agency_day=today,
        waiting=_rules(ledger.rows(_WAITING, who.agency, who.officer, who.agency, who.case_number)),
        share_left=n_different_shown(ledger, who.agency, since, most=share) < share,
        breaker_closed=today.searches + 1 <= opens_at,
        variants_cleared=own["variants"],
    )


_OWN = """
WITH asked (agency, officer, case_number, day, since)
    AS (SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT))
SELECT coalesce(of_case.searches, 0) AS case_searches, coalesce(of_case.probes, 0) AS case_probes,
    coalesce(of_officer.searches, 0) AS officer_searches, coalesce(of_officer.probes, 0) AS officer_probes,
    (SELECT COUNT(*) FROM limits_clearance AS given WHERE given.agency = asked.agency
        AND given.what = 'breaker' AND given.at >= asked.day * 86400
        AND given.at < (asked.day + 1) * 86400) AS breakers,
    (SELECT COUNT(*) FROM limits_clearance AS given WHERE given.agency = asked.agency
        AND given.what = 'gallery' AND given.at > asked.since) AS shares,
    (SELECT COUNT(*) FROM limits_clearance AS given WHERE given.agency = asked.agency
        AND given.what = 'variants' AND given.at > asked.since) AS variants
FROM asked
LEFT JOIN limits_case AS of_case
    ON of_case.agency = asked.agency AND of_case.case_number = asked.case_number
LEFT JOIN limits_officer_day AS of_officer
    ON of_officer.agency = asked.agency AND of_officer.officer = asked.officer AND of_officer.day = asked.day
"""
_WAITING = (
    "SELECT rules FROM limits_withheld WHERE agency = ? AND officer = ? AND officer_blocked = 1 UNION ALL "
    "SELECT rules FROM limits_withheld WHERE agency = ? AND case_number = ? AND case_blocked = 1"
)
_WAITING_WITH = "SELECT rules FROM limits_withheld WHERE case_blocked = 1 AND intent IN ({})"
_CLEARED_VARIANTS = (
    "SELECT COUNT(*) FROM limits_clearance "
    "WHERE agency = ? AND what = 'variants' AND at > ? AND digest IN ({})"
)


def _rules(rows: Iterable[Row]) -> frozenset[str]:
    """Collect the rules of withheld lists that still wait for a supervisor."""
    # A withheld result that names no rule still waits: better refused under the wrong rule than shown.
    return frozenset(rule for row in rows for rule in (row["rules"] or SUBJECT_RULE).split(","))


def _waiting_with(ledger: Ledger, like: Like) -> frozenset[str]:
    """Collect the rules of withheld lists of near-duplicates of the probe."""
    seqs = sorted({row["seq"] for row in (*like.group, *like.everywhere)})
    if not seqs:
        return frozenset()
    return _rules(ledger.rows(_WAITING_WITH.format(",".join("?" * len(seqs))), *seqs))


def _variants_cleared(counted: Counted, who: Who, like: Like, marks: ProbeMarks | None) -> bool:
    """Tell whether fewer variants were searched than a supervisor is asked at, or he cleared more."""
    variants = counted.limits.variants
    if len(like.group) < variants:  # whatever he cleared
        return True
    digests = sorted(({row["digest"] for row in like.group} | {marks.digest if marks else ""}) - {""})
    query = _CLEARED_VARIANTS.format(",".join("?" * len(digests)))
    cleared = int(counted.ledger.value(query, who.agency, who.since, *digests))
    return len(like.group) < variants * (1 + cleared)

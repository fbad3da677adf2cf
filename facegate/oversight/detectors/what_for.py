"""What it was for: the case behind a search, and what became of what it found.

- A case number that nobody registered, or one number under unrelated offenses, is no case (threat T8). With
  the register on, the gate refuses both; this is for logs and years without it.
- A list that somebody tried to give to another agency than was stated is a sign of a false beneficiary (P18).
- Nothing that followed, over and over, is a sign of an officer who searches for no case; once, it is nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from scipy.stats import binom

from facegate.oversight.detectors.detection import Detection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.oversight.detectors.circumstances import Known
    from facegate.oversight.detectors.seen import Logged, Seen

UNREGISTERED, UNRELATED, AFTER_AMENDMENT = 0.90, 0.80, 0.15
PASSED_ON = 0.85
NOTHING_FOLLOWED = 0.10
NO_LEAD = 0.60
RARE = 1e-4  # so seldom would his peers do as badly
ENOUGH = 30  # searches that found somebody, before an officer is compared with others
GROUP_DIGITS = 2  # of an NCIC code: 12 is robbery, 13 assault


def no_case(logged: Logged, known: Known) -> Iterator[Detection]:  # noqa: ARG001  every detector is asked alike
    """Find searches under a case number that nobody registered."""
    for one in logged.searches:
        if not logged.case_of(one).registered:
            yield _detection("no case", one, "no such case is registered", UNREGISTERED, "no_case")


def unrelated_offenses(logged: Logged, known: Known) -> Iterator[Detection]:  # noqa: ARG001  asked alike
    """Find a case number used for offenses of different groups."""
    by_case: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for one in logged.searches:
        if one.offense_code and one.case_number:
            by_case[one.agency, one.case_number].append(one)
    for mine in by_case.values():
        groups = Counter(one.offense_code[:GROUP_DIGITS] for one in mine)
        if len(groups) < 2:  # noqa: PLR2004  one group is nothing to compare
            continue
        most = groups.most_common(1)[0][0]
        amended = bool(logged.case_of(mine[0]).amended)
        score = AFTER_AMENDMENT if amended else UNRELATED
        how = "after it was amended" if amended else "with no amendment of the case"
        for one in mine:
            if one.offense_code[:GROUP_DIGITS] != most:
                why = f"the case was used for offenses {most}xx, this search states {one.offense_code}, {how}"
                yield _detection("unrelated offense", one, why, score, "no_case")


def passed_on(logged: Logged, known: Known) -> Iterator[Detection]:  # noqa: ARG001  every detector is asked alike
    """Find searches whose list somebody tried to give to an agency that the search was not stated for."""
    for one in logged.searches:
        if one.passed_on:
            why = "somebody tried to release its list to an agency it was not stated for, and was refused"
            yield _detection("passed on", one, why, PASSED_ON, "false_beneficiary")


def nothing_followed(logged: Logged, known: Known) -> Iterator[Detection]:  # noqa: ARG001  asked alike
    """Find searches whose list was released as a lead, and after which nothing was recorded."""
    for one in logged.searches:
        if one.n_leads and not one.followed:
            why = "a lead was released and nothing followed"
            yield _detection("nothing followed", one, why, NOTHING_FOLLOWED, "curiosity")


def seldom_followed(logged: Logged, known: Known) -> Iterator[Detection]:  # noqa: ARG001  asked alike
    """Find officers after whose searches evidence follows far more seldom than after anybody else's."""
    found: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for one in logged.searches:
        if one.first:
            found[one.agency, one.officer].append(one)
    n_all = sum(map(len, found.values()))
    n_followed = sum(one.followed for mine in found.values() for one in mine)
    for (agency, officer), mine in found.items():
        his = sum(one.followed for one in mine)
        if len(mine) < ENOUGH or len(mine) == n_all:
            continue
        rate = (n_followed - his) / (n_all - len(mine))
        if binom.cdf(his, len(mine), rate) < RARE:
            ids = tuple(one.search_id for one in mine if not one.followed)
            why = (
                f"evidence followed {his} of {len(mine)} searches that found somebody, {rate:.0%} for others"
            )
            yield Detection(
                "seldom followed", agency, officer, ids, why, NO_LEAD, "curiosity", whole_officer=True
            )


def _detection(name: str, one: Seen, why: str, score: float, misuse_class: str) -> Detection:
    return Detection(name, one.agency, one.officer, (one.search_id,), why, score, misuse_class)

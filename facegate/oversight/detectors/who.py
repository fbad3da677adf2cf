"""Who was found: the officer himself, his people, a colleague, or the same person again and again.

The person at rank 1 weighs most: with some thousand searches a year somebody's relative stands further down
some list by chance. Evidence or a disclosure recorded afterwards makes a search look like work.

Not seen here: a person the agency did not state, who was searched once or twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.oversight.detectors.detection import Detection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.oversight.detectors.circumstances import Known
    from facegate.oversight.detectors.seen import Logged, Seen

SELF_FIRST, SELF_LISTED = 0.95, 0.30
CLOSE_FIRST, CLOSE_LISTED = 0.90, 0.25
COLLEAGUE_FIRST, COLLEAGUE_LISTED = 0.75, 0.10
ELSEWHERE = 0.6  # a colleague of another agency weighs so much of one of his own
FOLLOWED = 0.5  # evidence followed: so much of the weight is left
OFTEN = 3  # searches of one person by one officer
WITHIN = timedelta(days=120)
STEP = 0.6  # each search beyond the second leaves so much of the doubt
OFTEN_FOLLOWED, OFTEN_SHARED, SHARED_BELOW = 0.35, 0.5, 0.67
ONE_CASE = 0.6  # a person sought in one case is more likely a fugitive than one found under several


def self_search(logged: Logged, known: Known) -> Iterator[Detection]:
    """Find searches that found the officer himself."""
    for one in logged.searches:
        own = known.of(one.agency, one.officer).own
        if one.first in own:
            why = "the first on the list is the officer himself"
            yield _detection("self", one, why, SELF_FIRST, "self_search")
        elif own.intersection(one.others):
            why = "the officer himself stands further down the list"
            yield _detection("self", one, why, SELF_LISTED, "self_search")


def close_person(logged: Logged, known: Known) -> Iterator[Detection]:
    """Find searches that found the officer's kin, household, partner or former partner."""
    for one in logged.searches:
        close = known.of(one.agency, one.officer).close
        if one.first in close:
            why = f"the first on the list, {one.first}, is of the officer's family, household or partners"
            yield _detection("close", one, why, CLOSE_FIRST, "family_or_partner")
        elif close.intersection(one.others):
            why = "somebody of the officer's family, household or partners stands further down the list"
            yield _detection("close", one, why, CLOSE_LISTED, "family_or_partner")


def colleague(logged: Logged, known: Known) -> Iterator[Detection]:
    """Find searches that found another officer."""
    homes = {subject: who for who, stated in known.officers.items() for subject in stated.own}
    for one in logged.searches:
        if _is_other(homes.get(one.first), one):
            yield _of_colleague(one, homes[one.first][0])
        elif any(_is_other(homes.get(subject), one) for subject in one.others):
            why = "another officer stands further down the list"
            yield _detection("colleague", one, why, COLLEAGUE_LISTED, "colleague")


def same_person(logged: Logged, known: Known) -> Iterator[Detection]:  # noqa: ARG001  every detector is asked alike
    """Find one officer's searches of the same person, three or more within 120 days."""
    everybody = Counter(one.first for one in logged.searches)
    by_person: dict[tuple[str, str, str], list[Seen]] = defaultdict(list)
    for one in logged.searches:
        if one.first:
            by_person[one.agency, one.officer, one.first].append(one)
    for mine in by_person.values():
        if len(mine) < OFTEN:
            continue
        close = _closest(sorted(mine, key=lambda one: one.at))
        if len(close) >= OFTEN:
            yield _often(mine, len(close), n_all=everybody[mine[0].first])


def _often(mine: list[Seen], n_close: int, *, n_all: int) -> Detection:
    """Weigh a person searched often: less where work followed, or where others searched for him, too."""
    score = 1 - STEP ** (n_close - 2)
    cases = {one.case_number for one in mine}
    why = f"{len(mine)} searches found {mine[0].first} first, {n_close} within {WITHIN.days} days, "
    why += f"under {len(cases)} case{'s' if len(cases) > 1 else ''}"
    if len(cases) == 1:
        score *= ONE_CASE
    if any(one.followed for one in mine):
        score *= OFTEN_FOLLOWED
        why += "; evidence followed at least once"
    if len(mine) < SHARED_BELOW * n_all:
        score *= OFTEN_SHARED
        why += f"; others found this person {n_all - len(mine)} times"
    ids = tuple(one.search_id for one in mine)
    return Detection("same person", mine[0].agency, mine[0].officer, ids, why, score, "stalking")


def _closest(mine: list[Seen]) -> list[Seen]:
    """Give the most searches that fit into one window."""
    best: list[Seen] = []
    start = 0
    for end in range(len(mine)):
        while mine[end].at - mine[start].at > WITHIN:
            start += 1
        if end - start + 1 > len(best):
            best = mine[start : end + 1]
    return best


def _is_other(who: tuple[str, str] | None, search: Seen) -> bool:
    return who is not None and who != (search.agency, search.officer)


def _of_colleague(one: Seen, home: str) -> Detection:
    own = home == one.agency
    where = "the same agency" if own else f"agency {home}"
    why = f"the first on the list, {one.first}, is another officer, of {where}"
    score = COLLEAGUE_FIRST if own else COLLEAGUE_FIRST * ELSEWHERE
    return _detection("colleague", one, why, score, "colleague")


def _detection(name: str, one: Seen, why: str, score: float, misuse_class: str) -> Detection:
    if one.followed:
        score *= FOLLOWED
        why += "; evidence followed"
    return Detection(name, one.agency, one.officer, (one.search_id,), why, score, misuse_class)

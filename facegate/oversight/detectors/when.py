"""When it was searched: off shift, and in a case in which nobody else did anything.

Shifts are swapped and prolonged, and nobody tells the file. So a search off shift weighs less within four
hours of a shift, and least where the officer did other recorded work at about that time: then he was at work.
A search entered afterwards counts at the time at which it was made.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.oversight.detectors.detection import Detection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from facegate.oversight.detectors.circumstances import Known
    from facegate.oversight.detectors.seen import Activity, Logged, Seen

TOLERANCE, FAR = 120, 240  # minutes before and after a shift: passed over, and no mere overtime any more
OFF_SHIFT, NEAR_SHIFT, AT_WORK = 0.50, 0.35, 0.15
AROUND = timedelta(hours=8)
IDLE, LONG_IDLE = timedelta(days=30), timedelta(days=90)
IDLE_SCORE, LONG_IDLE_SCORE = 0.30, 0.50
FOLLOWED = 0.3  # evidence followed: so much of the weight is left


def off_shift(logged: Logged, known: Known) -> Iterator[Detection]:
    """Find searches made more than two hours off the officer's shifts."""
    for one in logged.searches:
        minutes = known.minutes_off(one.agency, one.officer, one.at)
        if minutes is None or minutes <= TOLERANCE:
            continue
        why = f"made {minutes // 60} h {minutes % 60:02} min off the officer's shifts"
        score = OFF_SHIFT if minutes > FAR else NEAR_SHIFT
        if _worked_around(logged.work.get((one.agency, one.officer), ()), one):
            score, why = AT_WORK, f"{why}, at a time of other recorded work of his"
        yield _detection("off shift", one, why, score, "outside_duty")


def idle_case(logged: Logged, known: Known) -> Iterator[Detection]:  # noqa: ARG001  every detector is asked alike
    """Find searches in cases in which nobody else did anything for 30 days before and after."""
    for one in logged.searches:
        gap = _gap(logged.case_of(one).activities, one)
        if gap is None or gap <= IDLE:
            continue
        score = LONG_IDLE_SCORE if gap > LONG_IDLE else IDLE_SCORE
        why = f"nobody else did anything in the case for {gap.days} days before or after"
        yield _detection("idle case", one, why, score, "no_case")


def _gap(acts: Sequence[Activity], one: Seen) -> timedelta | None:
    """Give the time to the nearest act of anybody else in the case; None if there never was any."""
    gaps = [abs(act.at - one.at) for act in acts if act.officer != one.officer]
    return min(gaps, default=None)


def _worked_around(work: Sequence[tuple[datetime, str]], search: Seen) -> bool:
    """Tell whether anything is recorded of the officer at about that time but this search and its review."""
    place = bisect_left(work, (search.at - AROUND, ""))
    while place < len(work) and work[place][0] <= search.at + AROUND:
        if work[place][1] != search.search_id:
            return True
        place += 1
    return False


def _detection(name: str, one: Seen, why: str, score: float, misuse_class: str) -> Detection:
    if one.followed:
        score *= FOLLOWED
        why += "; evidence followed"
    return Detection(name, one.agency, one.officer, (one.search_id,), why, score, misuse_class)

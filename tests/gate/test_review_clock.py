"""A clock set back: no step of a review is taken, and that it was tried is on the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from review_room import (
    ASKER,
    CHIEF,
    FIRST,
    NOW,
    PARTNER,
    REGISTER,
    SECOND,
    TODAY,
    a_lead,
    a_ledger,
    days,
    evidence,
    found,
    last_refusal,
    opened,
    records,
    released,
    reviewed,
    searched,
    told,
)

from facegate.errors import PolicyRefusal
from facegate.gate.review.correction import correct, notify, owed_notices
from facegate.gate.review.exhibit import export
from facegate.gate.review.findings import close_review
from facegate.gate.review.state import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger

    Step = Callable[[Ledger, str, datetime], object]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as opened_ledger:
        yield opened_ledger


def proved_wrong(ledger: Ledger, search: str, at: datetime) -> int:
    return correct(ledger, REGISTER, search, rank=1, reason="acquitted", reference="26CR1", by=PARTNER, at=at)


def to_be_found(ledger: Ledger) -> str:
    search = searched(ledger, "person-1", "person-2")
    opened(ledger, search, FIRST)
    return search


def to_be_released(ledger: Ledger) -> str:
    search = searched(ledger, "person-1", "person-2")
    reviewed(ledger, search)
    return search


def to_be_exported(ledger: Ledger) -> str:
    search = a_lead(ledger)
    evidence(ledger, search)
    told(ledger, search)
    return search


def to_be_notified(ledger: Ledger) -> str:
    search = a_lead(ledger)
    proved_wrong(ledger, search, NOW)
    return search


def notified(ledger: Ledger, search: str, at: datetime) -> int:
    [owed] = owed_notices(ledger, search)
    day = "2026-11-21"  # a day that has come even by the wrong clock
    return notify(ledger, REGISTER, correction=owed.correction, mark=owed.mark, day=day, by=CHIEF, at=at)


STEPS: dict[str, tuple[Callable[[Ledger], str], Step]] = {
    "review-opened": (
        lambda ledger: searched(ledger, "person-1", "person-2"),
        lambda ledger, search, at: opened(ledger, search, SECOND, at=at),
    ),
    "finding": (to_be_found, lambda ledger, search, at: found(ledger, search, FIRST, at=at)),
    "review-closed": (
        searched,
        lambda ledger, search, at: close_review(ledger, search, at=at),
    ),
    "release": (to_be_released, lambda ledger, search, at: released(ledger, search, at=at)),
    "corroboration": (a_lead, lambda ledger, search, at: evidence(ledger, search, at=at)),
    "disclosure": (a_lead, lambda ledger, search, at: told(ledger, search, day="2026-11-21", at=at)),
    "exhibit": (
        to_be_exported,
        lambda ledger, search, at: export(ledger, REGISTER, search, rank=1, by=ASKER, at=at),
    ),
    "correction": (a_lead, proved_wrong),
    "correction-notice": (to_be_notified, notified),
}


@pytest.mark.parametrize("kind", STEPS)
def test_no_step_is_taken_by_a_clock_that_was_set_back(ledger: Ledger, kind: str) -> None:
    prepare, step = STEPS[kind]
    search = prepare(ledger)
    with pytest.raises(PolicyRefusal, match=r"the clock stands before the latest.*RV-CLOCK") as one:
        step(ledger, search, NOW - days(1))
    assert last_refusal(ledger) == (kind, "RV-CLOCK")
    assert f"record {ledger.log.size - 1} of the log" in str(one.value)


@pytest.mark.parametrize("kind", STEPS)
def test_the_same_step_is_taken_once_the_clock_is_right(ledger: Ledger, kind: str) -> None:
    prepare, step = STEPS[kind]
    search = prepare(ledger)
    with pytest.raises(PolicyRefusal, match="RV-CLOCK"):
        step(ledger, search, NOW - days(1))
    step(ledger, search, NOW)
    assert [one["decision"] for one in records(ledger, kind)][-1] == "allowed"


def test_the_refusal_itself_does_not_set_the_clock_back(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    for _ in range(3):
        with pytest.raises(PolicyRefusal, match="RV-CLOCK"):
            opened(ledger, search, FIRST, at=NOW - days(1))


def test_a_record_of_another_search_counts_as_well(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    searched(ledger, "person-1", number=2, at=NOW + days(1))
    with pytest.raises(PolicyRefusal, match="RV-CLOCK"):
        opened(ledger, search, FIRST)
    assert read(ledger, search).findings == ()


def test_a_day_that_has_not_come_by_a_slow_clock_is_told_as_the_clock(ledger: Ledger) -> None:
    search = a_lead(ledger)
    with pytest.raises(PolicyRefusal, match="RV-CLOCK"):
        evidence(ledger, search, day=TODAY, at=NOW - days(1))

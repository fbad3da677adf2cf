"""A ledger with the book of reviews, searches on its log, and people: where tests of a review start."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from certified import a_certificate

from facegate.audit.log import AuditLog
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.ledger.texts import PolicyTextBook
from facegate.gate.registers.clock import ClockBook
from facegate.gate.reply import certificate_seen
from facegate.gate.review.book import ReviewBook
from facegate.gate.review.corroboration import corroborate
from facegate.gate.review.disclosure import disclose
from facegate.gate.review.findings import record_finding
from facegate.gate.review.registry import Person
from facegate.gate.review.release import release
from facegate.gate.review.showing import open_for_review
from facegate.policy.facts import EXAMINER, INVESTIGATOR, NOBODY, SUPERVISOR, OfficerFacts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.review.release import ReleasedList

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = "2026-11-22"
KEY = bytes(range(32))
DENVER, AURORA, DESK, ICE = "CO0160000", "CO0010100", "CODMV0000", "DCICE0100"
CASE = "24-001234"
RATES = certificate_seen(a_certificate())

ASKER = Person("8841", DENVER)
FIRST, SECOND, THIRD = Person("77", DENVER), Person("91", DESK), Person("78", DENVER)
CHIEF = Person("1120", DENVER)
PARTNER = Person("8842", DENVER)
LAPSED, SUSPENDED = Person("79", DENVER), Person("80", DENVER)
STRANGER = Person("77", AURORA)
AGENT = Person("5", ICE)
PROSECUTOR = Person("31", "CODA00000")
UNKNOWN = Person("99", DENVER)
LETTERED = Person("d7a", DENVER)

OFFICERS = {
    ASKER: INVESTIGATOR,
    PARTNER: INVESTIGATOR,
    FIRST: EXAMINER,
    SECOND: replace(EXAMINER, agency_class="license_authority"),
    THIRD: EXAMINER,
    LETTERED: EXAMINER,
    CHIEF: SUPERVISOR,
    LAPSED: replace(EXAMINER, trained=False),
    SUSPENDED: replace(EXAMINER, active=False),
    STRANGER: EXAMINER,
    AGENT: replace(EXAMINER, agency_class="immigration"),
    PROSECUTOR: replace(INVESTIGATOR, role="prosecutor", agency_class="prosecutor"),
}


class Register:
    """The officers above."""

    def officer(self, officer_id: str, agency: str, now: datetime) -> OfficerFacts:
        assert now.tzinfo is not None
        return OFFICERS.get(Person(officer_id, agency), NOBODY)


REGISTER = Register()


def fresh(log: AuditLog, numbers: Iterator[int], n: int) -> bytes:
    """Give bytes that no other record of the log has."""
    return (log.size * 1000 + next(numbers)).to_bytes(n)


@contextmanager
def a_ledger(folder: Path) -> Iterator[Ledger]:
    """Open log and ledger; open again, the same log."""
    numbers = count(1)
    with (
        # That a record waits for the disk is tested with the log; here a thousand records need not.
        patch("os.fsync"),
        AuditLog.open(folder / "log", origin="facegate.example/review") as log,
        Ledger.open(
            folder / "ledger.db",
            log,
            (ReviewBook(), PolicyTextBook(), ClockBook()),
            random_bytes=partial(fresh, log, numbers),
        ) as ledger,
    ):
        yield ledger


def search_id(number: int) -> str:
    return f"01a2008d-7400-7000-8000-{number:012d}"


def searched(
    ledger: Ledger,
    *people: str,
    number: int = 1,
    at: datetime = NOW,
    outcome: str = "searched",
    **changes: str,
) -> str:
    """Put a search that found these people on the log, best first."""
    name = search_id(number)
    public = {
        "search_id": name,
        "action": "imageComparison",
        "agency": DENVER,
        "beneficiary": DENVER,
        "profile": "co-dmv-2019",
        "certificate": a_certificate().serial,
        "decision": "refused" if outcome == "refused" else "allowed",
    }
    sealed = {"case_number": CASE, "requester": ASKER.officer}
    named = {key: value for key, value in changes.items() if key in public}
    hidden = {key: value for key, value in changes.items() if key in sealed}
    assert len(named) + len(hidden) == len(changes)
    intent = ledger.record("intent", at=at, public={**public, **named}, sealed={**sealed, **hidden})
    found = [[who, repr(0.9 - place / 20)] for place, who in enumerate(people)]
    ledger.record(
        "result",
        at=at,
        public={
            "search_id": name,
            "intent": intent,
            "outcome": outcome,
            "n_candidates": len(people),
            "n_at_or_above": len(people),
        },
        sealed={"candidates": json.dumps(found)},
    )
    return name


def opened(ledger: Ledger, search: str, *reviewers: Person, at: datetime = NOW) -> None:
    for one in reviewers:
        open_for_review(ledger, REGISTER, search, reviewer=one, key=KEY, at=at)


def found(ledger: Ledger, search: str, reviewer: Person, *words: str, at: datetime = NOW) -> int:
    """Record a finding; of two candidates both agreed with, if nothing is said."""
    opinions = dict(enumerate(words or ("agree", "agree"), start=1))
    return record_finding(ledger, REGISTER, search, reviewer=reviewer, opinions=opinions, at=at)


def reviewed(ledger: Ledger, search: str, *words: str, second: tuple[str, ...] = ()) -> None:
    """Let two reviewers open a list and speak; the second as the first, if nothing is said."""
    opened(ledger, search, FIRST, SECOND)
    found(ledger, search, FIRST, *words)
    found(ledger, search, SECOND, *(second or words))


def released(ledger: Ledger, search: str, to: Person = ASKER, **changes: Any) -> ReleasedList:  # noqa: ANN401  any option
    options: dict[str, Any] = {"by": CHIEF, "certificate": RATES, "key": KEY, "at": NOW}
    return release(ledger, REGISTER, search, recipient=to, **{**options, **changes})


def a_lead(ledger: Ledger, number: int = 1) -> str:
    """Search, review and release: the first of two candidates is a lead, the second is none."""
    search = searched(ledger, "person-1", "person-2", number=number)
    reviewed(ledger, search, "agree", "disagree")
    released(ledger, search)
    return search


def evidence(ledger: Ledger, search: str, **changes: Any) -> int:  # noqa: ANN401  any option
    options: dict[str, Any] = {
        "rank": 1,
        "evidence": "cell_site",
        "reference": "E-14",
        "day": "2026-11-20",
        "by": ASKER,
        "at": NOW,
    }
    return corroborate(ledger, REGISTER, search, **{**options, **changes})


def told(ledger: Ledger, search: str, **changes: Any) -> int:  # noqa: ANN401  any option
    options: dict[str, Any] = {
        "state": "made",
        "day": TODAY,
        "reference": "26CR1",
        "by": PROSECUTOR,
        "at": NOW,
    }
    return disclose(ledger, REGISTER, search, **{**options, **changes})


def records(ledger: Ledger, kind: str = "") -> list[dict[str, Any]]:
    """Read the public parts of the records, of one kind if it is named."""
    return [dict(entry.public) for entry, _ in ledger.log.read() if kind in {"", entry.kind}]


def last_refusal(ledger: Ledger) -> tuple[str, str]:
    """Give kind and rule of the last record, which must be a refusal."""
    last = records(ledger)[-1]
    assert last["decision"] == "refused"
    return last["kind"], last["rule"]


def days(n: int) -> timedelta:
    return timedelta(days=n)

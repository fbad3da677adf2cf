"""Reviews under random orders of steps: what must never happen, and the log as the only truth."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from review_room import (
    AGENT,
    ASKER,
    CHIEF,
    FIRST,
    LAPSED,
    NOW,
    PARTNER,
    PROSECUTOR,
    REGISTER,
    SECOND,
    THIRD,
    UNKNOWN,
    a_ledger,
    evidence,
    found,
    opened,
    released,
    search_id,
    searched,
    told,
)

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.review.correction import correct, notify, owed_notices
from facegate.gate.review.docket import docket
from facegate.gate.review.exhibit import export
from facegate.gate.review.findings import close_review
from facegate.gate.review.state import read

PEOPLE = st.sampled_from([ASKER, FIRST, SECOND, THIRD, CHIEF, PARTNER, LAPSED, AGENT, PROSECUTOR, UNKNOWN])
SEARCHES = st.sampled_from([search_id(1), search_id(2), search_id(3)])
WORDS = st.sampled_from(["agree", "disagree", "inconclusive"])
RANKS = st.integers(0, 3)
REVIEWERS = {FIRST, SECOND, THIRD, CHIEF, PARTNER}


class Reviews(RuleBasedStateMachine):
    """Two searches with candidates and one without, and everybody trying everything."""

    def __init__(self) -> None:
        super().__init__()
        self.held = ExitStack()
        self.folder = Path(self.held.enter_context(tempfile.TemporaryDirectory()))
        self.opened = ExitStack()
        self.ledger = self.opened.enter_context(a_ledger(self.folder))
        searched(self.ledger, "person-1", "person-2", number=1)
        searched(self.ledger, "person-3", "person-4", number=2)
        searched(self.ledger, number=3)
        self.spoken: dict[str, list[Any]] = {}
        self.corroborated: set[tuple[str, int]] = set()
        self.told: set[str] = set()

    def teardown(self) -> None:
        self.opened.close()
        self.held.close()

    def attempt(self, step: Any, *stated: Any, **options: Any) -> bool:  # noqa: ANN401  any step
        """Take a step; one that is taken, and one that a rule forbids, is at least one more record."""
        size = self.ledger.log.size
        try:
            step(self.ledger, *stated, **options)
        except PolicyRefusal:
            assert self.ledger.log.size == size + 1
            return False
        except InputError:
            assert self.ledger.log.size == size
            return False
        return True

    @rule(search=SEARCHES, who=PEOPLE)
    def look(self, search: str, who: Any) -> None:  # noqa: ANN401  a person
        if self.attempt(opened, search, who):
            assert who in REVIEWERS

    @rule(search=SEARCHES, who=PEOPLE, words=st.tuples(WORDS, WORDS))
    def find(self, search: str, who: Any, words: tuple[str, str]) -> None:  # noqa: ANN401  a person
        if self.attempt(found, search, who, *words):
            before = self.spoken.setdefault(search, [])
            assert who in REVIEWERS
            assert who not in before
            assert len(before) < 2
            before.append(who)

    @rule(search=SEARCHES, words=st.tuples(WORDS, WORDS))
    def review(self, search: str, words: tuple[str, str]) -> None:
        """Make progress likely: two reviewers do their work."""
        for who in (FIRST, SECOND):
            self.look(search, who)
            self.find(search, who, words)

    @rule(search=SEARCHES)
    def close(self, search: str) -> None:
        self.attempt(close_review, search, at=NOW)

    @rule(search=SEARCHES, by=PEOPLE, to=PEOPLE)
    def release(self, search: str, by: Any, to: Any) -> None:  # noqa: ANN401  people
        if self.attempt(released, search, to, by=by):
            assert len(set(self.spoken[search])) == 2

    @rule(search=SEARCHES)
    def release_as_it_should_be(self, search: str) -> None:
        self.release(search, CHIEF, ASKER)

    @rule(search=SEARCHES, rank=RANKS, who=PEOPLE, kind=st.sampled_from(["dna", "lineup"]))
    def corroborate(self, search: str, rank: int, who: Any, kind: str) -> None:  # noqa: ANN401  a person
        if self.attempt(evidence, search, rank=rank, by=who, evidence=kind):
            assert kind == "dna"
            assert read(self.ledger, search).releases
            self.corroborated.add((search, rank))

    @rule(search=SEARCHES, who=PEOPLE, state=st.sampled_from(["made", "scheduled"]))
    def disclose(self, search: str, who: Any, state: str) -> None:  # noqa: ANN401  a person
        if self.attempt(told, search, by=who, state=state):
            self.told.add(search)

    @rule(search=SEARCHES, rank=RANKS, who=PEOPLE)
    def exhibit(self, search: str, rank: int, who: Any) -> None:  # noqa: ANN401  a person
        if self.attempt(export, REGISTER, search, rank=rank, by=who, at=NOW):
            assert (search, rank) in self.corroborated
            assert self.told
            assert len(set(self.spoken[search])) == 2

    @rule(search=SEARCHES, rank=RANKS, who=PEOPLE)
    def wrong(self, search: str, rank: int, who: Any) -> None:  # noqa: ANN401  a person
        about = {"rank": rank, "reason": "acquitted", "reference": "E-1", "by": who, "at": NOW}
        if self.attempt(correct, REGISTER, search, **about):
            assert read(self.ledger, search).releases

    @precondition(lambda self: bool(owed_notices(self.ledger)))
    @rule(who=PEOPLE)
    def tell(self, who: Any) -> None:  # noqa: ANN401  a person
        owed = owed_notices(self.ledger)
        about = {"correction": owed[0].correction, "mark": owed[0].mark, "day": "2026-11-22"}
        if self.attempt(notify, REGISTER, **about, by=who, at=NOW):
            assert len(owed_notices(self.ledger)) == len(owed) - 1

    @rule()
    def make_the_ledger_anew(self) -> None:
        """Throw the index away: what the log says is the same."""
        before = self.seen()
        self.opened.close()
        for one in self.folder.glob("ledger.db*"):
            one.unlink()
        self.ledger = self.opened.enter_context(a_ledger(self.folder))
        assert self.seen() == before

    @invariant()
    def nothing_is_released_before_two_people_spoke(self) -> None:
        for number in (1, 2, 3):
            one = read(self.ledger, search_id(number))
            assert not one.releases or len({finding.reviewer for finding in one.findings}) == 2

    def seen(self) -> list[Any]:
        stands: list[Any] = [read(self.ledger, search_id(number)) for number in (1, 2, 3)]
        return [*stands, owed_notices(self.ledger), docket(self.ledger, now=NOW)]


Reviews.TestCase.settings = settings(
    max_examples=5, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestReviews = Reviews.TestCase

"""What a review forbids: who may take a step, and when; a step forbidden is a record, then a refusal.

- What a rule forbids is recorded before the answer is given: trying is part of the history.
- What cannot be read at all (no such search, no such word) is an input error and no record: it touches
  nobody, and a script could fill the log with it.
- No step is taken while the clock stands before the latest record: a day of review, release or disclosure
  that was set back would be a false date in a court's file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, Self

from facegate.audit.entry import REFUSED
from facegate.errors import PolicyRefusal
from facegate.gate.registers.clock import clock_forward
from facegate.gate.review.state import find

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.registry import Person, Registry
    from facegate.gate.review.state import Reviewed
    from facegate.policy.facts import OfficerFacts


class StepRefused(PolicyRefusal):
    """A step that a rule forbids; the refusal is on the log.

    Parameters
    ----------
    message : str
        One sentence, with rule and record.
    rule : str
        The rule, such as ``RV-TWICE``.
    say : str
        The sentence alone.
    record : int
        Where the refusal stands in the log.
    """

    def __init__(self, message: str, *, rule: str, say: str, record: int) -> None:
        super().__init__(message)
        self.rule = rule
        self.say = say
        self.record = record


class Step:
    """One step somebody wants to take about one search; made by `Step.begin`.

    Parameters
    ----------
    ledger : Ledger
        Where it is recorded.
    kind : str
        Kind of its record, such as ``finding``.
    search : Reviewed
        The search, as it stands.
    by : Person or None
        Who takes it; None for a step that nobody takes in person.
    at : datetime
        When.
    """

    def __init__(
        self, ledger: Ledger, kind: str, *, search: Reviewed, by: Person | None, at: datetime
    ) -> None:
        self.search = search
        self._ledger = ledger
        self._kind = kind
        self._by = by
        self._at = at

    @classmethod
    def begin(cls, ledger: Ledger, kind: str, search_id: str, *, by: Person | None, at: datetime) -> Self:
        """Find the search, and demand that the clock goes forward: before anything else is asked.

        Raises
        ------
        InputError
            If there is no such search, or the time has no zone.
        PolicyRefusal
            If the clock stands before the latest record of the log; recorded.
        """
        step = cls(ledger, kind, search=find(ledger, search_id, at=at), by=by, at=at)
        if not clock_forward(ledger, at):
            say = "the clock stands before the latest record of the log: no step is taken until it is right"
            step.refuse("RV-CLOCK", say)
        return step

    def refuse(self, rule: str, say: str) -> NoReturn:
        """Record that the step was refused, then refuse it.

        Raises
        ------
        StepRefused
            Always, with the sentence and where the refusal stands in the log.
        """
        seq = self._ledger.record(
            self._kind,
            at=self._at,
            public={"search_id": self.search.search_id, "decision": REFUSED, "rule": rule},
            sealed=self._people,
        )
        msg = f"{say} ({rule}; record {seq} of the log)"
        raise StepRefused(msg, rule=rule, say=say, record=seq)

    def record(self, public: Mapping[str, JSONValue], sealed: dict[str, str] | None = None) -> int:
        """Record that the step was taken; it is durable when this returns."""
        return self._ledger.record(
            self._kind,
            at=self._at,
            public=taken_step(self.search.search_id, public),
            sealed={**self._people, **(sealed or {})},
        )

    def demand_officer(self, registry: Registry, person: Person | None = None) -> OfficerFacts:
        """Demand that somebody is registered and in good standing; by default whoever takes the step."""
        one = person or self._taker
        known = registry.officer(one.officer, one.agency, self._at)
        if not (known.known and known.active):
            who = "whoever takes this step" if person is None else "whoever shall receive it"
            self.refuse("RV-OFFICER", f"{who} is not registered at that agency, or is suspended or gone")
        return known

    def demand_own_agency(self, person: Person | None = None) -> None:
        """Demand that somebody belongs to the agency that asked, or to the one it asked for."""
        one = person or self._taker
        if one.agency not in {self.search.agency, self.search.beneficiary}:
            say = "the search was made for another agency: what it found is used within its own case"
            self.refuse("RV-AGENCY", say)

    def demand_released_lead(self, rank: int) -> None:
        """Demand that one candidate was released as a lead, and has not been proved wrong since."""
        if not self.search.releases:
            self.refuse("RV-NOT-RELEASED", "the candidate list has not been released: there is no lead yet")
        if not self._released_as_lead(rank):
            self.refuse("RV-NOT-A-LEAD", f"candidate {rank} was not released as a lead")

    def demand_not_corrected(self, rank: int) -> None:
        """Demand that a lead was not proved wrong."""
        if is_corrected(self._ledger, self.search.search_id, rank):
            self.refuse("RV-PROVED-WRONG", f"candidate {rank} was proved wrong: it is a lead no longer")

    def _released_as_lead(self, rank: int) -> bool:
        return any(line[0] == rank and line[2] for one in self.search.releases for line in one.lines)

    @property
    def _taker(self) -> Person:
        if self._by is None:
            msg = "a step that nobody takes has no officer to ask for"
            raise RuntimeError(msg)
        return self._by

    @property
    def _people(self) -> dict[str, str]:
        return {} if self._by is None else {"by": self._by.officer, "by_agency": self._by.agency}


def taken_step(search_id: str, public: Mapping[str, JSONValue]) -> dict[str, JSONValue]:
    """Give the public fields of a step that was taken about a search."""
    return {"search_id": search_id, "decision": "allowed", **public}


def is_corrected(ledger: Ledger, search_id: str, rank: int) -> bool:
    """Tell whether a lead was proved wrong."""
    return bool(taken(ledger, search_id, "correction", rank))


def taken(ledger: Ledger, search_id: str, kind: str, rank: int) -> int:
    """Count the steps of one kind that were taken about one candidate."""
    query = "SELECT count(*) FROM review_steps WHERE search_id = ? AND kind = ? AND rule = '' AND rank = ?"
    count: int = ledger.value(query, search_id, kind, rank)
    return count

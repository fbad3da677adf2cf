"""Every attempt to search, with what came of it and what was recorded about it later.

An attempt is an intent: the log has one whether it was allowed or not. What came later (a release, evidence,
an outcome) is counted to the attempt as far as the log has it when the report is made, whatever the period.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from facegate.audit.entry import INTENT, REFUSED, RESULT
from facegate.gate.attempt import WITHHELD
from facegate.oversight.made import MADE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Period

NO_RESULT: Final = "no result"
"""An intent without a result: the power went, or the search is under way."""
UNUSABLE: Final = "unusable probe"


@dataclass(slots=True)
class Attempt:
    """One attempt.

    Attributes
    ----------
    intent : Event
        What was asked, and how the law decided.
    result : Event or None
        What came of it; None if nothing is recorded.
    steps : list of Event
        Records about it that were not refused, in the log's order.
    """

    intent: Event
    result: Event | None = None
    steps: list[Event] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether the law refused it."""
        return self.intent.text("decision") == REFUSED

    @property
    def outcome(self) -> str:
        """Say what came of it in one of few words."""
        if self.result is None:
            return NO_RESULT
        return UNUSABLE if self.result.text("outcome").startswith(UNUSABLE) else self.result.text("outcome")

    @property
    def made(self) -> bool:
        """Whether the gallery was searched, be the list shown or withheld."""
        return self.outcome in MADE

    @property
    def withheld(self) -> bool:
        """Whether its list was withheld as a whole: whether it held anybody is not known."""
        return self.outcome == WITHHELD

    @property
    def n_shown(self) -> int:
        """How many candidates its list had; 0 if it was withheld or none was made."""
        shown = self.made and not self.withheld
        return number(self.result, "n_candidates") if shown and self.result is not None else 0

    @property
    def n_leads(self) -> int:
        """How many candidates were released as leads; a list released twice counts once."""
        return max((number(one, "n_leads") for one in self.of_kind("release")), default=0)

    def of_kind(self, kind: str) -> tuple[Event, ...]:
        """Give the records of one kind about it."""
        return tuple(one for one in self.steps if one.kind == kind)

    def has_outcome(self, what: str) -> bool:
        """Tell whether this was recorded to have come of it."""
        return any(one.text("what") == what for one in self.of_kind("outcome"))


def attempts(events: Iterable[Event], period: Period | None = None) -> tuple[Attempt, ...]:
    """Fold the log into attempts.

    Parameters
    ----------
    events : iterable of Event
        In the log's order.
    period : Period, optional
        Only attempts made in it; all of them if left out.

    Returns
    -------
    tuple of Attempt
        In the log's order.
    """
    found: dict[str, Attempt] = {}
    for event in events:
        if event.kind == INTENT:
            if period is None or period.holds(event.time):
                found[event.text("search_id")] = Attempt(event)
            continue
        attempt = found.get(event.text("search_id"))
        if attempt is None:
            continue
        if event.kind == RESULT:
            attempt.result = event
        elif event.text("decision") != REFUSED:
            attempt.steps.append(event)
    return tuple(found.values())


def galleries_searched(events: Iterable[Event]) -> dict[str, str]:
    """Give the gallery of each search by its id: requests for records name only the search they rest on."""
    return {one.text("search_id"): one.text("gallery") for one in events if one.kind == INTENT}


def number(event: Event, name: str) -> int:
    """Give a whole number of a record; 0 where a record of its kind has none."""
    value = event.public.get(name)
    return value if isinstance(value, int) else 0


def texts(event: Event, name: str) -> tuple[str, ...]:
    """Give a list of words of a record."""
    value = event.public.get(name)
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()

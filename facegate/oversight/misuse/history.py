"""One case of suspected misuse step by step: what was recorded about it, by whom, with its sealed words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from facegate.audit.entry import REFUSED
from facegate.oversight.misuse.words import CLOSED, NOTED, OPENED, OUTCOME, REOPENED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from facegate.gate.ledger.event import Event

STEPS: Final = frozenset({OPENED, NOTED, CLOSED, OUTCOME, REOPENED})
WORDS: Final = ("narrative", "text", "reason", "outcome_text", "declined")
"""Sealed fields that hold what somebody wrote; the others say who acted and whom it is about."""


@dataclass(frozen=True, slots=True)
class Step:
    """One record about a case.

    Parameters
    ----------
    record : int
        Its place on the log.
    kind : str
        Of `STEPS`.
    at : datetime
        When.
    refused : bool
        It was asked for and refused: trying is part of the history.
    by, by_agency : str or None
        Who acted; None where the record was erased.
    words : mapping of str to str
        What was written, by the name of its field, of `WORDS`; sealed on the log.
    """

    record: int
    kind: str
    at: datetime
    refused: bool
    by: str | None
    by_agency: str | None
    words: Mapping[str, str] = field(repr=False)  # must not reach a message or a trace


def history_of(events: Iterable[Event], number: int) -> tuple[Step, ...]:
    """List what was recorded about one case.

    Parameters
    ----------
    events : iterable of Event
        The log's records, with their sealed fields.
    number : int
        Of the case: the record that opened it.

    Returns
    -------
    tuple of Step
        In the log's order; none if there is no such case.
    """
    return tuple(
        Step(
            record=one.seq,
            kind=one.kind,
            at=one.time,
            refused=one.text("decision") == REFUSED,
            by=one.sealed.get("by"),
            by_agency=one.sealed.get("by_agency"),
            words={name: one.sealed[name] for name in WORDS if one.sealed.get(name)},
        )
        for one in events
        if one.kind in STEPS and number == (one.seq if one.kind == OPENED else one.public.get("misuse"))
    )

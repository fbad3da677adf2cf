"""How long the sealed part of records is kept: set by class, for a stated reason, by two people.

- Only sealed fields are ever erased; the public part and its place in the tree stay for good, so an erasure
  changes no count that anybody can make from the public log.
- Nothing is due where nothing was set: retention that nobody decided is no ground to destroy evidence.
- The reason comes from a closed list, the assessment behind it is sealed beside it, and two officers of the
  agency that keeps the gallery sign: shortening a term destroys what an inquiry would need.
- What an inquiry rests on is never due while it is pending, and what a confirmed misuse rests on is kept as
  long as its records (`holds`). Records of misuse are kept two years at least from the last closing of their
  case, as long as they count as a repeat.
- What still has an effect is never due. A search of an open case counts against its caps, and an erased one
  does not; a signature whose opening is gone counts as none, and would close the gate. So cases, their papers
  and their searches wait until the case is closed, an officer's record until a later one took its place, and
  activations, authorities, audit terms, agencies, release forms and caps (`STANDING`) are never due.

References
----------
CJIS Security Policy 5.9.4, AU-11: audit records are kept at least one year (checked in a transcription).
Under that overlay the officer who searched is part of the audit record: set no class below a year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.audits import keeper
from facegate.gate.registers.demands import demand_listed, demand_time, demand_title
from facegate.gate.registers.people_known import demand_signers
from facegate.oversight.holds import REGISTER, Holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.event import Event
    from facegate.gate.ledger.ledger import Ledger

RETENTION: Final = "retention"
LOG: Final = "log"
KINDS: Final[Mapping[str, frozenset[str]]] = {
    "search": frozenset({"intent", "result", "late", "clearance"}),
    "review": frozenset({
        "review-opened",
        "finding",
        "review-closed",
        "release",
        "corroboration",
        "disclosure",
        "exhibit",
        "correction",
        "correction-notice",
        "outcome",
        "demographics",
        "judicial",
    }),
    "dossier": frozenset({"dossier"}),
    "permit": frozenset({"permit", "permit-refused"}),
    "register": REGISTER,
}  # fmt: skip
"""Kinds of records of each class. ``misuse`` are those whose kind starts so, `LOG` is the rest."""
MISUSE: Final = "misuse"
CLASSES: Final = frozenset(KINDS) | {MISUSE, LOG}
STANDING: Final = frozenset({"activation", "authority", "audit-term", "agency", "release-form", "limits"})
"""Kinds whose openings hold the gate open, and are never due."""
REASONS: Final = frozenset({
    "statute",
    "court_rule",
    "limitation_of_actions",
    "audit_cycle",
    "privacy_assessment",
    "published_policy",
})  # fmt: skip
"""On what a term rests."""
LEAST: Final[Mapping[str, int]] = {"log": 365, "misuse": 731, "search": 366}
"""Days: AU-11 for the log's own records; misuse counts as repeated for 24 months; caps count a year back."""
LONGEST: Final = 36_525  # days: a century


@dataclass(frozen=True, slots=True)
class Term:
    """How long the sealed part of a class of records is kept.

    Parameters
    ----------
    record_class : str
        One of `CLASSES`.
    days : int
        From the record, or from the day its case was closed last if that is later.
    reason : str
        One of `REASONS`.
    seq : int
        The record that set it.
    """

    record_class: str
    days: int
    reason: str
    seq: int


def set_retention(
    ledger: Ledger,
    *,
    record_class: str,
    days: int,
    reason: str,
    assessment: str,
    signed_by: Sequence[str],
    at: datetime,
) -> int:
    """Set how long the sealed part of one class of records is kept.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    record_class : str
        One of `CLASSES`.
    days : int
        1 to `LONGEST`; at least `LEAST` for classes that have one.
    reason : str
        One of `REASONS`; public.
    assessment : str
        What was weighed, or where that is written down; sealed.
    signed_by : sequence of str
        Ids of two different officers of the agency that keeps the gallery; sealed.
    at : datetime
        When, with its zone.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If there is no such class, term or reason, or no assessment.
    PolicyRefusal
        If it is less than the least term of its class, or it is not signed by two.
    """
    demand_listed(record_class, CLASSES, "the class of records")
    if isinstance(days, bool) or not 1 <= days <= LONGEST:
        msg = f"the term of retention is {days} days, wanted 1 to {LONGEST:,}"
        raise InputError(msg)
    demand_listed(reason, REASONS, "the reason of the retention")
    if not assessment.strip():
        msg = "a term of retention needs a reason and the assessment behind it; got no assessment"
        raise InputError(msg)
    if days < (least := LEAST.get(record_class, 1)):
        msg = f"records of class {record_class} are kept at least {least} days, got {days}"
        raise PolicyRefusal(msg)
    signed = demand_signers(ledger, signed_by, at, of=keeper(ledger))
    public: dict[str, JSONValue] = {"class": record_class, "days": days, "reason": reason}
    sealed = {"assessment": demand_title(assessment, "the assessment"), **signed}
    return ledger.record(RETENTION, at=demand_time(at), public=public, sealed=sealed)


def class_of(kind: str) -> str:
    """Tell of which class a kind of record is.

    Examples
    --------
    >>> class_of("intent"), class_of("misuse-opened"), class_of("witnesses")
    ('search', 'misuse', 'log')
    """
    if kind.startswith(MISUSE):
        return MISUSE
    return next((name for name, kinds in KINDS.items() if kind in kinds), LOG)


def terms(events: Iterable[Event]) -> dict[str, Term]:
    """Give the terms in force, by class; a class for which none was set is not there."""
    found: dict[str, Term] = {}
    for event in events:
        days = event.public.get("days")
        if event.kind == RETENTION and isinstance(days, int):
            name = event.text("class")
            found[name] = Term(name, days, event.text("reason"), event.seq)
    return found


def expired(events: Iterable[Event], now: datetime) -> tuple[int, ...]:
    """Name the records whose sealed part is due for erasure.

    Parameters
    ----------
    events : iterable of Event
        Every record of the log, opened; one without sealed fields, or whose opening is gone, is not due.
    now : datetime
        With its zone.

    Returns
    -------
    tuple of int
        Positions in the log, ascending.
    """
    every = tuple(events)
    set_to, holds = terms(every), Holds(every)
    return tuple(event.seq for event in every if _is_due(event, set_to, holds, now))


def _is_due(event: Event, set_to: Mapping[str, Term], holds: Holds, now: datetime) -> bool:
    term = set_to.get(class_of(event.kind))
    if term is None or not event.sealed or event.kind in STANDING:
        return False
    since = holds.counted_from(event)
    if since is None or not _over(since, term, now):
        return False
    confirmed = holds.kept_with(event)
    return confirmed is None or _over(confirmed, set_to.get(MISUSE), now)


def _over(since: datetime, term: Term | None, now: datetime) -> bool:
    """Tell whether a term is over; where none was set it never is."""
    return term is not None and since + timedelta(days=term.days) <= now

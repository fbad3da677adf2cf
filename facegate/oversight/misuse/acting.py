"""Who may record in the misuse register, and how a refusal is put on the log.

- Whoever records is a registered officer in good standing, and never the officer the case is about.
- No step is taken while the clock stands before the latest record: days pending would be false.
- A refusal by a rule (F3, F5, one's own case) is a record first: trying is part of the history.
  What cannot be read at all is an input error and no record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from facegate.audit.entry import REFUSED
from facegate.errors import InputError, PolicyRefusal
from facegate.gate.ledger.event import Event
from facegate.gate.registers.clock import clock_forward
from facegate.gate.registers.demands import demand_time
from facegate.gate.registers.people_known import demand_agency, demand_in_standing
from facegate.oversight.misuse.register import Register, fold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger

OWN_CASE = "MU-OWN-CASE"


@dataclass(frozen=True, slots=True)
class By:
    """Who records: an officer id, and the ORI of his agency."""

    officer: str
    agency: str


def register_of(ledger: Ledger) -> Register:
    """Read the register out of the ledger's log."""
    return fold(_events(ledger))


def searcher_of(ledger: Ledger, search_id: str) -> tuple[str, str]:
    """Give agency and officer of a search on the log.

    Raises
    ------
    InputError
        If there is no such search, or its record was erased.
    """
    rows = ledger.rows("SELECT agency, officer FROM limits_search WHERE search_id = ?", search_id)
    if not rows or not rows[0]["officer"]:
        msg = f"no search {search_id[:40]!r} with a known officer is on the log"
        raise InputError(msg)
    return rows[0]["agency"], rows[0]["officer"]


def demand_actor(ledger: Ledger, by: By, at: datetime) -> None:
    """Demand that somebody is registered and in good standing, and that the clock goes forward.

    Raises
    ------
    InputError
        If his agency is not registered, or his id is not of its form.
    PolicyRefusal
        If he may not act, or the clock stands before the latest record.
    """
    demand_agency(ledger, by.agency)
    demand_in_standing(ledger, by.officer, by.agency, demand_time(at), "whoever records this")
    if not clock_forward(ledger, at):
        msg = "the clock stands before the latest record of the log: nothing is recorded until it is right"
        raise PolicyRefusal(msg)


def demand_not_self(
    ledger: Ledger,
    kind: str,
    by: By,
    *,
    about: tuple[str, str],
    public: dict[str, JSONValue],
    at: datetime,
) -> None:
    """Demand that nobody keeps the case about himself; ids that differ in capitals count as the same.

    Raises
    ------
    PolicyRefusal
        If he does; recorded.
    """
    if (by.agency, by.officer.casefold()) == (about[0], about[1].casefold()):
        refuse(
            ledger, kind, OWN_CASE, "nobody records in the case about himself", public=public, by=by, at=at
        )


def refuse(
    ledger: Ledger, kind: str, rule: str, say: str, *, public: dict[str, JSONValue], by: By, at: datetime
) -> NoReturn:
    """Record a refusal under the kind of the record that was asked for, then refuse.

    Raises
    ------
    PolicyRefusal
        Always, with the sentence and where the refusal stands in the log.
    """
    stated: dict[str, JSONValue] = {**public, "decision": REFUSED, "rule": rule}
    seq = ledger.record(kind, at=at, public=stated, sealed=people_of(by))
    msg = f"{say} ({rule}; record {seq} of the log)"
    raise PolicyRefusal(msg)


def people_of(by: By) -> dict[str, str]:
    """Give the sealed fields of whoever acts."""
    return {"by": by.officer, "by_agency": by.agency}


def _events(ledger: Ledger) -> Iterator[Event]:
    for entry, opening in ledger.log.read():
        sealed = {} if opening is None else opening.values
        yield Event(entry.seq, entry.kind, entry.time, entry.public, sealed)

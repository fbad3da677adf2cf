"""Who may record in the misuse register, and how a refusal is put on the log.

- Whoever records is a registered officer in good standing, and nobody the case is about: neither the officer
  it names nor whoever made one of the searches it names.
- A case that names neither officer nor searches is cleared by another agency only: whom it is about, nobody
  knows, and it may be whoever clears it. Not protected here: that he names somebody else and confirms it.
- No step is taken while the clock stands before the latest record: days pending would be false.
- A refusal by a rule (F3, F5, one's own case) is a record first: trying is part of the history.
  What cannot be read at all is an input error and no record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from facegate.audit.entry import REFUSED
from facegate.errors import InputError, PolicyRefusal
from facegate.gate.ledger.event import Event
from facegate.gate.registers.clock import clock_forward
from facegate.gate.registers.demands import demand_time
from facegate.gate.registers.late import LATE
from facegate.gate.registers.people_known import demand_agency, demand_in_standing
from facegate.oversight.misuse.register import Register, fold
from facegate.oversight.misuse.words import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger

OWN_CASE = "MU-OWN-CASE"
LATE_ID = re.compile(rf"{LATE}-\d{{1,18}}", re.ASCII)  # of a search entered afterwards, as `detect` prints it
AT_ONCE = 500  # ids in one query


@dataclass(frozen=True, slots=True)
class By:
    """Who records: an officer id, and the ORI of his agency."""

    officer: str
    agency: str


def register_of(ledger: Ledger) -> Register:
    """Read the register out of the ledger's log."""
    return fold(_events(ledger))


def register_before(ledger: Ledger, moment: datetime) -> Register:
    """Read the register as it stood before a moment."""
    return fold(_events(ledger), before=moment)


def searcher_of(ledger: Ledger, search_id: str) -> tuple[str, str]:
    """Give agency and officer of a search on the log; ``late-12`` is the one entered by hand as record 12.

    Raises
    ------
    InputError
        If there is no such search, or its record was erased.
    """
    found = searchers_of(ledger, (search_id,)).get(search_id)
    if found is None:
        msg = f"no search {search_id[:40]!r} with a known officer is on the log"
        raise InputError(msg)
    return found


def searchers_of(ledger: Ledger, searches: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Give agency and officer of searches by their ids; one that is not there, or was erased, is left out."""
    found: dict[str, tuple[str, str]] = {}
    wanted = {one for one in searches if LATE_ID.fullmatch(one)}
    for event in _events(ledger) if wanted else ():
        name = f"{LATE}-{event.seq}"
        if event.kind == LATE and name in wanted and event.text("searched_by"):
            found[name] = (event.text("agency"), event.text("searched_by"))
    for start in range(0, len(searches), AT_ONCE):
        some = searches[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        query = f"SELECT search_id, agency, officer FROM limits_search WHERE search_id IN ({marks})"  # noqa: S608  question marks only
        found |= {
            row["search_id"]: (row["agency"], row["officer"])
            for row in ledger.rows(query, *some)
            if row["officer"]
        }
    return found


def people_concerned(ledger: Ledger, officer: str, searches: Sequence[str]) -> frozenset[str]:
    """Give the ids of whom a case is about, in small letters: its officer, and who made its searches."""
    people = {one for _, one in searchers_of(ledger, searches).values()} | {officer}
    return frozenset(one.casefold() for one in people if one)


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
    agency: str,
    about: frozenset[str],
    public: dict[str, JSONValue],
    at: datetime,
) -> None:
    """Demand that nobody keeps the case about himself; ids that differ in capitals count as the same.

    Parameters
    ----------
    ledger, kind, by, public, at
        As in `refuse`.
    agency : str
        ORI of the agency concerned.
    about : frozenset of str
        Its officers whom the case is about, as `people_concerned` gives them.

    Raises
    ------
    PolicyRefusal
        If he does; recorded.
    """
    if by.agency == agency and by.officer.casefold() in about:
        say = "nobody records in the case about himself, nor in one about a search of his own"
        refuse(ledger, kind, OWN_CASE, say, public=public, by=by, at=at)


def demand_not_accused(
    ledger: Ledger, kind: str, by: By, *, public: dict[str, JSONValue], at: datetime
) -> None:
    """Demand that no pending case is about whoever acts.

    Raises
    ------
    PolicyRefusal
        If one is; recorded.
    """
    for case in register_of(ledger).cases.values():
        if case.state is not State.PENDING or case.agency != by.agency:
            continue
        if by.officer.casefold() in people_concerned(ledger, case.officer, case.searches):
            say = "nobody acts for the oversight body while a misuse case about him is pending"
            refuse(ledger, kind, OWN_CASE, say, public=public, by=by, at=at)


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

"""What keeps a record from being erased: an open case, an inquiry into misuse, a confirmed misuse.

- A search, its reviews and its case's papers wait until their case is closed; an officer's record until a
  later one took its place.
- While a case of misuse is pending: the searches it names and all records of their cases; every search of the
  officer it names, with the registration and papers of its case, and every record of him as an officer; the
  permits all these used. A case that names neither officer nor searches can hold nothing: name one.
- The searches named in a confirmed case of misuse, their permits and their cases' papers are kept as long as
  the misuse records are: no finding outlives what it rests on.
- Records of a case of misuse count from its last closing.

A search entered by hand is known as ``late-`` and its record's number, as the detectors name it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from facegate.gate.permits import PERMIT
from facegate.gate.registers.late import LATE
from facegate.oversight.misuse.register import fold
from facegate.oversight.misuse.words import OPENED, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from facegate.gate.ledger.event import Event
    from facegate.oversight.misuse.case import MisuseCase

OFFICER: Final = "officer"
SEARCH: Final = "search"
CASE, PAPERS = "case", "papers"  # every record of a case, or its registration and papers only
REGISTER: Final = frozenset({OFFICER, "case", "case-amended", "case-closed", "case-confirmed", "paper"})
"""Kinds of records of officers and cases."""


_Key: TypeAlias = tuple[str, str, str]  # of what sort, whose, which


@dataclass(frozen=True, slots=True)
class Search:
    """One search as far as it matters for holds: whose it is, of which case, and which permit it used."""

    agency: str
    officer: str
    case_number: str
    permit: str

    @property
    def case(self) -> tuple[str, str]:
        """Agency and case number; ("", "") if it states none, so that nothing is held with it."""
        return (self.agency, self.case_number) if self.case_number else ("", "")


def search_of(event: Event) -> str:
    """Give the id of the search a record is of; empty if it is of none."""
    return f"{LATE}-{event.seq}" if event.kind == LATE else event.text("search_id")


class Holds:
    """What waits for what, read once from all records of a log.

    Parameters
    ----------
    events : sequence of Event
        Every record, opened.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._searches: dict[str, Search] = {}
        self._closed: dict[tuple[str, str], datetime | None] = {}  # by case; None while it is open
        self._last: dict[tuple[str, str], int] = {}  # by officer, his latest record
        for event in events:
            self._read(event)
        self._of_officer: dict[tuple[str, str], list[str]] = {}
        for name, one in self._searches.items():
            if one.officer:
                self._of_officer.setdefault((one.agency, one.officer.casefold()), []).append(name)
        self._misuse = fold(events).cases
        self._inquired: set[_Key] = set()
        self._inquiry_of: dict[str, int] = {}  # by search, the pending case of misuse that holds it
        self._kept: dict[_Key, datetime] = {}  # when the last confirmed case that holds it was closed
        for case in self._misuse.values():
            self._hold(case)

    def counted_from(self, event: Event) -> datetime | None:
        """Give the moment from which a record's term runs; None while it is held."""
        if not self._inquired.isdisjoint(self._keys(event)):
            return None
        misuse = self._misuse.get(_number(event))
        if misuse is not None:
            return None if misuse.closed is None else max(misuse.closed, event.time)
        if event.kind == OFFICER:
            latest = self._last[event.text("agency"), event.text("officer")] == event.seq
            return None if latest else event.time
        case = self._case_of(event)
        if case not in self._closed:
            return event.time
        closed = self._closed[case]
        return None if closed is None else max(closed, event.time)

    def kept_with(self, event: Event) -> datetime | None:
        """Give when the last confirmed case of misuse that rests on a record was closed; None without one."""
        closings = (self._kept[key] for key in self._keys(event) if key in self._kept)
        return max(closings, default=None)

    def why_held(self, search_id: str) -> str:
        """Say why the records of a search may not go on a statute; empty if they may."""
        number = self._inquiry_of.get(search_id)
        if number is not None:
            return f"misuse case {number} is pending and rests on it"
        one = self._searches.get(search_id)
        if one is not None and one.case in self._closed and self._closed[one.case] is None:
            return "its case is open"
        return ""

    def _read(self, event: Event) -> None:
        text = event.text
        if event.kind in {"intent", LATE}:
            officer = text("requester") or text("searched_by")
            found = Search(text("agency"), officer, text("case_number"), text("permit_id"))
            self._searches[search_of(event)] = found
        elif event.kind == "case":
            self._closed[text("agency"), text("case_number")] = None
        elif event.kind == "case-closed":
            self._closed[text("agency"), text("case_number")] = event.time
        elif event.kind == OFFICER:
            self._last[text("agency"), text("officer")] = event.seq

    def _hold(self, case: MisuseCase) -> None:
        """Note what a case of misuse holds; a cleared one holds nothing."""
        if case.state is State.PENDING:
            theirs = self._of_officer.get((case.agency, case.officer.casefold()), ())
            for one in (*case.searches, *theirs):
                self._inquiry_of.setdefault(one, case.number)
            self._inquired |= {*self._keys_of(theirs, PAPERS), *self._keys_of(case.searches, CASE)}
            if case.officer:
                self._inquired.add((OFFICER, case.agency, case.officer.casefold()))
        elif case.state is State.CONFIRMED and case.closed is not None:
            for key in self._keys_of(case.searches, PAPERS):
                self._kept[key] = max(case.closed, self._kept.get(key, case.closed))

    def _keys_of(self, searches: Iterable[str], of_case: str) -> Iterator[_Key]:
        """Name what is held with searches; of their cases every record, or registration and papers only."""
        for name in filter(None, searches):
            yield (SEARCH, "", name)
            one = self._searches.get(name)
            if one is not None and one.case_number:
                yield (of_case, one.agency, one.case_number)
            if one is not None and one.permit:
                yield (PERMIT, "", one.permit)

    def _keys(self, event: Event) -> Iterator[_Key]:
        """Name by what a record may be held."""
        yield (SEARCH, "", search_of(event))
        case = self._case_of(event)
        yield (CASE, *case)
        if event.kind in REGISTER:
            yield (PAPERS, *case)
        if event.kind == PERMIT:
            yield (PERMIT, "", event.text("permit_id"))
        if event.kind == OFFICER:
            yield (OFFICER, event.text("agency"), event.text("officer").casefold())

    def _case_of(self, event: Event) -> tuple[str, str]:
        found = self._searches.get(event.text("search_id"))
        return (event.text("agency"), event.text("case_number")) if found is None else found.case


def _number(event: Event) -> int:
    """Give the number of the case of misuse a record is of; -1 if it is of none."""
    if event.kind == OPENED:
        return event.seq
    number = event.public.get("misuse")
    return number if isinstance(number, int) else -1

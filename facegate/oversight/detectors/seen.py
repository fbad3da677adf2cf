"""What the detectors look at: searches, what came of them, and what happened in their cases.

Read from the log's records alone, sealed fields opened. A search whose record was erased is left out: nobody
can say any more whose it was. A refused search is none.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from facegate.audit.entry import INTENT, REFUSED, RESULT
from facegate.gate.registers.late import LATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from facegate.gate.ledger.event import Event

PASSING_ON = "RV-AGENCY"  # the rule that keeps a list from an agency it was not stated for


@dataclass(frozen=True, slots=True)
class Seen:
    """One search.

    Parameters
    ----------
    search_id : str
        Its id; of one entered afterwards, ``late-`` and the record's number.
    at : datetime
        When it was made, UTC.
    agency, officer : str
        Who asked.
    case_number, offense_code : str
        As stated; no offense for one entered afterwards.
    first : str
        The person at rank 1 of its list; empty if nobody was listed.
    others : tuple of str
        The people behind him.
    n_leads : int or None
        Candidates released as leads; None if no list was released.
    followed : bool
        Independent evidence about one of them, or a disclosure to the defense, was recorded.
    passed_on : bool
        Somebody tried to release its list to an agency it was not stated for.
    """

    search_id: str
    at: datetime
    agency: str
    officer: str
    case_number: str
    offense_code: str
    first: str = ""
    others: tuple[str, ...] = ()
    n_leads: int | None = None
    followed: bool = False
    passed_on: bool = False


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing that happened in a case: when, and who did it (empty where nobody is named)."""

    at: datetime
    officer: str


@dataclass(slots=True)
class CaseFile:
    """What the log has of one case; made by `read_log`, then only read."""

    registered: bool = False
    activities: list[Activity] = field(default_factory=list)
    amended: list[datetime] = field(default_factory=list)
    amended_by: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Logged:
    """Searches in the log's order, cases by agency and number, and each officer's recorded work.

    Work is when it was done and for which search, in the order of time: his searches, reviews and steps.
    """

    searches: tuple[Seen, ...]
    cases: Mapping[tuple[str, str], CaseFile]
    work: Mapping[tuple[str, str], Sequence[tuple[datetime, str]]] = field(default_factory=dict)

    def case_of(self, search: Seen) -> CaseFile:
        """Give the case a search states; an empty one if nothing of it is on the log."""
        return self.cases.get((search.agency, search.case_number)) or CaseFile()


def read_log(events: Iterable[Event]) -> Logged:
    """Read searches and cases out of a log's records.

    Parameters
    ----------
    events : iterable of Event
        In the log's order, opened.

    Returns
    -------
    Logged
        Searches that were allowed, whatever they found, and those entered afterwards.
    """
    reading = _Reading()
    for event in events:
        if event.text("by"):  # steps of a review name who took them
            who = (event.text("by_agency"), event.text("by"))
            reading.work[who].append((event.time, event.text("search_id")))
        step = _STEPS.get(event.kind)
        if step is not None:
            step(reading, event)
    return Logged(tuple(reading.searches.values()), reading.cases, reading.sorted_work())


class _Reading:
    """What was read so far."""

    def __init__(self) -> None:
        self.searches: dict[str, Seen] = {}
        self.cases: dict[tuple[str, str], CaseFile] = defaultdict(CaseFile)
        self.work: dict[tuple[str, str], list[tuple[datetime, str]]] = defaultdict(list)

    def sorted_work(self) -> dict[tuple[str, str], list[tuple[datetime, str]]]:
        return {who: sorted(times) for who, times in self.work.items()}

    def intent(self, event: Event) -> None:
        officer = event.text("requester")
        if event.text("decision") == REFUSED or not officer:
            return
        one = Seen(
            search_id=event.text("search_id"),
            at=event.time,
            agency=event.text("agency"),
            officer=officer,
            case_number=event.text("case_number"),
            offense_code=event.text("offense_code"),
        )
        self.searches[one.search_id] = one
        self.work[one.agency, officer].append((one.at, one.search_id))
        self._acted(event, officer)

    def late(self, event: Event) -> None:
        officer = event.text("searched_by")
        try:
            at = datetime.fromisoformat(event.text("searched_at"))
        except ValueError:
            return
        number = event.text("case_number")
        one = Seen(f"late-{event.seq}", at, event.text("agency"), officer, number, "")
        self.searches[one.search_id] = one
        self.cases[one.agency, number].activities.append(Activity(at, officer))

    def result(self, event: Event) -> None:
        one = self.searches.get(event.text("search_id"))
        if one is None:
            return
        found = _subjects(event.text("candidates"))
        first, others = (found[0], found[1:]) if found else ("", ())
        self.searches[one.search_id] = replace(one, first=first, others=others)

    def release(self, event: Event) -> None:
        one = self.searches.get(event.text("search_id"))
        if one is None:
            return
        if event.text("decision") == REFUSED:
            passed_on = one.passed_on or event.text("rule") == PASSING_ON
            self.searches[one.search_id] = replace(one, passed_on=passed_on)
            return
        n = event.public.get("n_leads")
        leads = max(one.n_leads or 0, n if isinstance(n, int) else 0)  # a list may go to several people
        self.searches[one.search_id] = replace(one, n_leads=leads)

    def followed(self, event: Event) -> None:
        one = self.searches.get(event.text("search_id"))
        if one is None or event.text("decision") == REFUSED:
            return
        self.searches[one.search_id] = replace(one, followed=True)
        case = self.cases[one.agency, one.case_number]
        case.activities.append(Activity(event.time, event.text("by")))

    def case(self, event: Event) -> None:
        self.cases[event.text("agency"), event.text("case_number")].registered = True
        self._acted(event, event.text("registered_by"))

    def amended(self, event: Event) -> None:
        case = self.cases[event.text("agency"), event.text("case_number")]
        case.amended.append(event.time)
        case.amended_by.append(event.text("amended_by"))
        self._acted(event, event.text("amended_by"))

    def other(self, event: Event) -> None:
        by = event.text("closed_by") or event.text("confirmed_by") or event.text("filed_by")
        self._acted(event, by)

    def _acted(self, event: Event, officer: str) -> None:
        number = event.text("case_number")
        if number:
            case = self.cases[event.text("agency"), number]
            case.activities.append(Activity(event.time, officer))


_STEPS = {
    INTENT: _Reading.intent,
    RESULT: _Reading.result,
    LATE: _Reading.late,
    "release": _Reading.release,
    "corroboration": _Reading.followed,
    "disclosure": _Reading.followed,
    "case": _Reading.case,
    "case-amended": _Reading.amended,
    "case-closed": _Reading.other,
    "case-confirmed": _Reading.other,
    "paper": _Reading.other,
}


def _subjects(text: str) -> tuple[str, ...]:
    """Read whom a sealed list names, in its order; nobody where it was erased or is no list."""
    try:
        rows = json.loads(text or "[]")
    except ValueError:
        return ()
    return tuple(row[0] for row in rows if isinstance(row, list) and row) if isinstance(rows, list) else ()

"""Searches made by hand, past the gate: entered afterwards, each as a record that says it is late.

An informal search, asked for by telephone, leaves no intent. It must be entered within 24 hours. One entered
later is taken all the same, and says so: to refuse it would keep it off the books for good.

Not protected here: a search by hand that nobody enters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gate.registers.cases import find_case
from facegate.gate.registers.demands import demand_listed, demand_text, demand_time, shown, today
from facegate.gate.registers.people_known import demand_agency, demand_in_standing, find_officer
from facegate.policy.forms import moment_of
from facegate.request import PURPOSES

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.event import Event, Index
    from facegate.gate.registers.demands import Recorder

LATE = "late"
TO_ENTER = timedelta(hours=24)
WAYS = frozenset({"telephone", "in_person", "message", "other"})
"""How a search by hand was asked for."""
FOUND = frozenset({"nobody", "somebody", "not_known"})
"""What came of it."""
YES, NO = "yes", "no"

_TABLES = """
CREATE TABLE IF NOT EXISTS late_entries (
    seq INTEGER PRIMARY KEY, agency TEXT NOT NULL, in_time TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS late_entries_agency ON late_entries (agency, in_time);
"""


@dataclass(frozen=True, slots=True)
class LateCount:
    """How many searches of an agency were entered afterwards, and how many of them after the 24 hours."""

    n_entered: int
    n_overdue: int


class LateBook:
    """Searches entered afterwards."""

    @property
    def tables(self) -> str:
        """SQL of its tables."""
        return _TABLES

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes."""
        return frozenset({LATE})

    def enter(self, connection: Index, event: Event) -> None:
        """Enter one record; only its public part counts, so an erasure changes no count."""
        row = (event.seq, event.text("agency"), event.text("in_time"))
        connection.execute("INSERT INTO late_entries VALUES (?, ?, ?)", row)


def enter_late(
    ledger: Recorder,
    *,
    agency: str,
    case_number: str,
    searched_by: str,
    searched_at: str,
    entered_by: str,
    asked_by_way_of: str,
    purpose: str,
    found: str,
    reason: str,
    at: datetime,
) -> int:
    """Enter a search that was made by hand.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    agency : str
        ORI of a registered agency.
    case_number : str
        A case registered at the agency, open or closed.
    searched_by : str
        Id of the officer of the agency who had it made, whatever his standing is by now.
    searched_at : str
        When, RFC 3339 with its zone.
    entered_by : str
        Id of an officer of the agency in good standing; may be the same.
    asked_by_way_of : str
        One of `WAYS`.
    purpose : str
        One of `facegate.request.PURPOSES`.
    found : str
        One of `FOUND`.
    reason : str
        Why it did not go through the gate.
    at : datetime
        When it is entered.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form or list, lies in the future, or the agency has no such case or officer.
    PolicyRefusal
        If whoever enters it is not an officer of the agency in good standing.
    """
    demand_agency(ledger, agency)
    demand_in_standing(ledger, entered_by, agency, at, "whoever enters the search")
    if find_officer(ledger, agency, searched_by) is None:
        msg = f"agency {agency} has no officer of the id that is said to have searched"
        raise InputError(msg)
    if find_case(ledger, agency, case_number) is None:
        msg = f"no case {shown(case_number)} is registered at agency {agency}; register it first"
        raise InputError(msg)
    made = _demand_past_moment(searched_at, demand_time(at))
    public: dict[str, JSONValue] = {
        "agency": agency,
        "way": demand_listed(asked_by_way_of, WAYS, "the way it was asked for"),
        "purpose": demand_listed(purpose, PURPOSES, "the purpose"),
        "searched_on": today(made),
        "hours_late": (at - made) // timedelta(hours=1),
        "in_time": YES if at - made <= TO_ENTER else NO,
    }
    sealed = {
        "case_number": case_number,
        "searched_by": searched_by,
        "searched_at": searched_at,
        "entered_by": entered_by,
        "found": demand_listed(found, FOUND, "what came of it"),
        "reason": demand_text(reason, "the reason"),
    }
    return ledger.record(LATE, at=at, public=public, sealed=sealed)


def late_count(ledger: Recorder, agency: str) -> LateCount:
    """Count the searches of an agency that were entered afterwards."""
    query = "SELECT count(*), count(*) FILTER (WHERE in_time <> 'yes') FROM late_entries WHERE agency = ?"
    n_entered, n_overdue = ledger.rows(query, agency)[0]
    return LateCount(n_entered, n_overdue)


def _demand_past_moment(text: str, at: datetime) -> datetime:
    moment = moment_of(text)
    if moment is None:
        msg = f"the time of the search is {shown(text)}, wanted one with its zone, as 2026-11-22T03:20:00Z"
        raise InputError(msg)
    if moment > at:
        msg = f"the time of the search is {text}, which is still to come"
        raise InputError(msg)
    return moment

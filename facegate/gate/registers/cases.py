"""The register of cases: a search names a case that somebody else opened.

An invented case number is worth nothing: the number must be here, open, and registered by an officer of the
same agency other than the one who searches. The number itself is sealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gate.registers.case_pattern import fits
from facegate.gate.registers.demands import (
    demand_case_number,
    demand_past_day,
    demand_time,
    shown,
)
from facegate.gate.registers.people import demand_agency, demand_in_standing
from facegate.policy.offenses import OffenseCatalogue

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from facegate.gate.ledger.event import Event
    from facegate.gate.registers.demands import Recorder

_TABLES = """
CREATE TABLE IF NOT EXISTS cases_register (
    case_number TEXT NOT NULL, agency TEXT NOT NULL, registered_by TEXT NOT NULL, offense_code TEXT NOT NULL,
    opened_on TEXT NOT NULL, is_open INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (case_number, agency)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cases_register_agency ON cases_register (agency, is_open, seq);
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One case as registered; the fields are those of `register_case`, and whether it is open."""

    agency: str
    case_number: str
    registered_by: str
    offense_code: str
    opened_on: str
    is_open: bool


class CasesBook:
    """Cases, open and closed."""

    @property
    def tables(self) -> str:
        """SQL of its tables."""
        return _TABLES

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes."""
        return frozenset({"case", "case-closed"})

    def enter(self, connection: sqlite3.Connection, event: Event) -> None:
        """Enter one record; without its opening it names no case, and opens and closes none."""
        text = event.text
        key = (text("case_number"), text("agency"))
        if not key[0]:
            return
        if event.kind == "case-closed":
            connection.execute(
                "UPDATE cases_register SET is_open = 0 WHERE case_number = ? AND agency = ?", key
            )
            return
        row = (*key, text("registered_by"), text("offense_code"), text("opened_on"), 1, event.seq)
        connection.execute("INSERT OR REPLACE INTO cases_register VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def register_case(
    ledger: Recorder,
    *,
    agency: str,
    case_number: str,
    registered_by: str,
    offense_code: str,
    opened_on: str,
    at: datetime,
) -> int:
    """Register a case, or open again one that was closed.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    agency : str
        ORI of a registered agency.
    case_number : str
        Of the form the agency uses.
    registered_by : str
        Id of an officer of the agency in good standing; he cannot search under this case.
    offense_code : str
        NCIC code, four digits.
    opened_on : str
        Day on which the agency opened the case.
    at : datetime
        When it is registered.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form, there is no such code, or the case stands open already.
    PolicyRefusal
        If whoever registers it is not an officer of the agency in good standing.
    """
    demand_agency(ledger, agency)
    demand_in_standing(ledger, registered_by, agency, at, "whoever registers the case")
    pattern = case_pattern(ledger, agency)
    if not fits(demand_case_number(case_number), pattern):
        msg = (
            f"the case number {shown(case_number)} has not the form of agency {agency}, {pattern} "
            "(9 is a digit, A a capital letter)"
        )
        raise InputError(msg)
    if _catalogue().lookup(offense_code) is None:
        msg = f"the offense code is {shown(offense_code)}, wanted one of the NCIC catalogue"
        raise InputError(msg)
    if (found := find_case(ledger, agency, case_number)) and found.is_open:
        msg = f"a case of that number is open at agency {agency} already"
        raise InputError(msg)
    sealed = {
        "case_number": case_number,
        "registered_by": registered_by,
        "offense_code": offense_code,
        "opened_on": demand_past_day(opened_on, "the day the case was opened", at).isoformat(),
    }
    return ledger.record("case", at=demand_time(at), public={"agency": agency}, sealed=sealed)


def close_case(ledger: Recorder, *, agency: str, case_number: str, closed_by: str, at: datetime) -> int:
    """Close a case: nothing is searched under it any more.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If the agency has no open case of that number.
    PolicyRefusal
        If whoever closes it is not an officer of the agency in good standing.
    """
    demand_agency(ledger, agency)
    demand_in_standing(ledger, closed_by, agency, at, "whoever closes the case")
    found = find_case(ledger, agency, case_number)
    if found is None or not found.is_open:
        msg = f"no open case {shown(case_number)} is registered at agency {agency}"
        raise InputError(msg)
    sealed = {"case_number": case_number, "closed_by": closed_by}
    return ledger.record("case-closed", at=demand_time(at), public={"agency": agency}, sealed=sealed)


def find_case(ledger: Recorder, agency: str | None, case_number: str | None) -> Case | None:
    """Give a case of an agency by its number; None if none was registered."""
    rows = ledger.rows(
        "SELECT agency, case_number, registered_by, offense_code, opened_on, is_open FROM cases_register "
        "WHERE case_number = ? AND agency = ?",
        case_number,
        agency,
    )
    return _case(rows[0]) if rows else None


def cases_of(ledger: Recorder, agency: str, *, closed_too: bool = False) -> tuple[Case, ...]:
    """List an agency's open cases in the order in which they were registered; closed ones on demand."""
    query = (
        "SELECT agency, case_number, registered_by, offense_code, opened_on, is_open FROM cases_register "
        "WHERE agency = ? AND is_open >= ? ORDER BY seq"
    )
    return tuple(map(_case, ledger.rows(query, agency, 0 if closed_too else 1)))


def case_pattern(ledger: Recorder, agency: str | None) -> str:
    """Give the form of an agency's case numbers; empty, which nothing fits, for an unknown agency."""
    return str(ledger.value("SELECT case_pattern FROM people_agencies WHERE ori = ?", agency) or "")


def _case(row: dict[str, str]) -> Case:
    return Case(
        agency=row["agency"],
        case_number=row["case_number"],
        registered_by=row["registered_by"],
        offense_code=row["offense_code"],
        opened_on=row["opened_on"],
        is_open=bool(row["is_open"]),
    )


@cache
def _catalogue() -> OffenseCatalogue:
    """Read the catalogue that came with facegate, once."""
    return OffenseCatalogue.load()

"""The register of cases: a search names a case that somebody else opened.

An invented case number is worth nothing: the number must be here, open, and registered by an officer of the
same agency other than the one who searches. The number itself is sealed.

A search states the offense the case is registered with, and no other: else an open case for murder would
serve to search for a trifle, or a trifle's case would be called murder. A case whose offense turns out to be
another is amended, with a reason; whoever amended it cannot search for what he made of it.

Where no desk registers cases, a supervisor confirms one as it stands: then two people stand behind number and
offense, and whoever registered it may search under it. An amendment ends that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from facegate.errors import InputError, PolicyRefusal, about
from facegate.gate.ledger.portable import replacing
from facegate.gate.registers.case_pattern import fits
from facegate.gate.registers.demands import (
    demand_case_number,
    demand_past_day,
    demand_time,
    demand_title,
    shown,
)
from facegate.gate.registers.people_known import demand_agency, demand_in_standing, find_officer
from facegate.policy.offenses import OffenseCatalogue

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.event import Event, Index
    from facegate.gate.registers.demands import Recorder

CONFIRM = frozenset({"coordinator", "supervisor"})
"""Roles of officers who confirm a case."""

_TABLES = """
CREATE TABLE IF NOT EXISTS cases_register (
    case_number TEXT NOT NULL, agency TEXT NOT NULL, registered_by TEXT NOT NULL, offense_code TEXT NOT NULL,
    offense_by TEXT NOT NULL, opened_on TEXT NOT NULL, is_open INTEGER NOT NULL, seq INTEGER NOT NULL,
    confirmed_by TEXT NOT NULL,
    PRIMARY KEY (case_number, agency)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cases_register_agency ON cases_register (agency, is_open, seq);
"""
_CASE = replacing(
    "cases_register",
    key=("case_number", "agency"),
    rest=("registered_by", "offense_code", "offense_by", "opened_on", "is_open", "seq", "confirmed_by"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One case as registered; the fields are those of `register_case`.

    Beside them, who stated the offense that counts now (whoever registered or amended it), whether it is
    open, who confirmed it as it stands, if anybody did, and the record that registered it last: a name for it
    that may stand in an address, as its number may not.
    """

    agency: str
    case_number: str
    registered_by: str
    offense_code: str
    offense_by: str
    opened_on: str
    is_open: bool
    confirmed_by: str = ""
    record: int = field(default=-1, compare=False)


class CasesBook:
    """Cases, open and closed."""

    @property
    def tables(self) -> str:
        """SQL of its tables."""
        return _TABLES

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes."""
        return frozenset({"case", "case-amended", "case-closed", "case-confirmed"})

    def enter(self, connection: Index, event: Event) -> None:
        """Enter one record; without its opening it names no case: it opens, amends, confirms, closes none."""
        text = event.text
        key = (text("case_number"), text("agency"))
        if not key[0]:
            return
        if event.kind == "case-closed":
            connection.execute(
                "UPDATE cases_register SET is_open = 0 WHERE case_number = ? AND agency = ?", key
            )
            return
        if event.kind == "case-amended":
            connection.execute(
                "UPDATE cases_register SET offense_code = ?, offense_by = ?, confirmed_by = '' "
                "WHERE case_number = ? AND agency = ?",
                (text("offense_code"), text("amended_by"), *key),
            )
            return
        if event.kind == "case-confirmed":
            connection.execute(
                "UPDATE cases_register SET confirmed_by = ? WHERE case_number = ? AND agency = ?",
                (text("confirmed_by"), *key),
            )
            return
        by = text("registered_by")
        row = (*key, by, text("offense_code"), by, text("opened_on"), 1, event.seq, "")
        connection.execute(_CASE, row)


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
    _demand_own_number(ledger, agency, case_number)
    _demand_offense(offense_code)
    with about("case_number"):
        if (found := find_case(ledger, agency, case_number)) and found.is_open:
            msg = f"a case of that number is open at agency {agency} already"
            raise InputError(msg)
    with about("opened_on"):
        opened = demand_past_day(opened_on, "the day the case was opened", at).isoformat()
    sealed = {
        "case_number": case_number,
        "registered_by": registered_by,
        "offense_code": offense_code,
        "opened_on": opened,
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
    _demand_open(ledger, agency, case_number)
    sealed = {"case_number": case_number, "closed_by": closed_by}
    return ledger.record("case-closed", at=demand_time(at), public={"agency": agency}, sealed=sealed)


def amend_case(
    ledger: Recorder,
    *,
    agency: str,
    case_number: str,
    offense_code: str,
    amended_by: str,
    reason: str,
    at: datetime,
) -> int:
    """Put another offense in the place of the one that an open case is registered with.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    agency, case_number : str
        Of an open case.
    offense_code : str
        NCIC code, four digits; from now on searches state this one, and no other.
    amended_by : str
        Id of an officer of the agency in good standing; he cannot search for this offense under this case.
    reason : str
        Why, such as what the investigation found; sealed.
    at : datetime
        When.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form, no such case is open, or it has that code already.
    PolicyRefusal
        If whoever amends it is not an officer of the agency in good standing.
    """
    demand_agency(ledger, agency)
    demand_in_standing(ledger, amended_by, agency, at, "whoever amends the case")
    found = _demand_open(ledger, agency, case_number)
    with about("offense_code"):
        if found.offense_code == _demand_offense(offense_code):
            msg = f"the case is registered with offense code {offense_code} already; nothing to amend"
            raise InputError(msg)
    with about("reason"):
        demand_title(reason, "the reason")
    sealed = {
        "case_number": case_number,
        "offense_code": offense_code,
        "amended_by": amended_by,
        "reason": reason,
    }
    return ledger.record("case-amended", at=demand_time(at), public={"agency": agency}, sealed=sealed)


def confirm_case(ledger: Recorder, *, agency: str, case_number: str, confirmed_by: str, at: datetime) -> int:
    """Confirm an open case as it stands, number and offense: the second person behind it.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    agency, case_number : str
        Of an open case.
    confirmed_by : str
        Id of a supervisor or coordinator of the agency in good standing, who neither registered nor amended
        it.
    at : datetime
        When.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If no such case is open, or it is confirmed already.
    PolicyRefusal
        If whoever confirms is no such officer, or stated the case himself.
    """
    demand_agency(ledger, agency)
    demand_in_standing(ledger, confirmed_by, agency, at, "whoever confirms the case")
    found = _demand_open(ledger, agency, case_number)
    known = find_officer(ledger, agency, confirmed_by)
    if known is None or known.role not in CONFIRM:
        msg = f"a case is confirmed by a {' or a '.join(sorted(CONFIRM))} of the agency, nobody else"
        raise PolicyRefusal(msg)
    if confirmed_by.casefold() in {found.registered_by.casefold(), found.offense_by.casefold()}:
        msg = "nobody confirms what he stated himself: another supervisor or coordinator confirms this case"
        raise PolicyRefusal(msg)
    if found.confirmed_by:
        msg = "the case is confirmed already, and was not amended since"
        raise InputError(msg)
    sealed = {"case_number": case_number, "confirmed_by": confirmed_by}
    return ledger.record("case-confirmed", at=demand_time(at), public={"agency": agency}, sealed=sealed)


def find_case(ledger: Recorder, agency: str | None, case_number: str | None) -> Case | None:
    """Give a case of an agency by its number; None if none was registered."""
    rows = ledger.rows(
        f"SELECT {_COLUMNS} FROM cases_register "  # noqa: S608  names from below
        "WHERE case_number = ? AND agency = ?",
        case_number,
        agency,
    )
    return _case(rows[0]) if rows else None


def case_at(ledger: Recorder, record: int) -> Case | None:
    """Give the case that a record of the log registered last; None if there is none."""
    rows = ledger.rows(f"SELECT {_COLUMNS} FROM cases_register WHERE seq = ?", record)  # noqa: S608  names from below
    return _case(rows[0]) if rows else None


def cases_of(ledger: Recorder, agency: str, *, closed_too: bool = False) -> tuple[Case, ...]:
    """List an agency's open cases in the order in which they were registered; closed ones on demand."""
    query = (
        f"SELECT {_COLUMNS} FROM cases_register "  # noqa: S608  names from below
        "WHERE agency = ? AND is_open >= ? ORDER BY seq"
    )
    return tuple(map(_case, ledger.rows(query, agency, 0 if closed_too else 1)))


def case_pattern(ledger: Recorder, agency: str | None) -> str:
    """Give the form of an agency's case numbers; empty, which nothing fits, for an unknown agency."""
    return str(ledger.value("SELECT case_pattern FROM people_agencies WHERE ori = ?", agency) or "")


_COLUMNS = (
    "agency, case_number, registered_by, offense_code, offense_by, opened_on, is_open, confirmed_by, seq"
)


def _demand_own_number(ledger: Recorder, agency: str, number: str) -> None:
    pattern = case_pattern(ledger, agency)
    with about("case_number"):
        if not fits(demand_case_number(number), pattern):
            msg = (
                f"the case number {shown(number)} has not the form of agency {agency}, {pattern} "
                "(9 is a digit, A a capital letter)"
            )
            raise InputError(msg)


def _demand_offense(code: str) -> str:
    with about("offense_code"):
        if _catalogue().lookup(code) is None:
            msg = f"the offense code is {shown(code)}, wanted one of the NCIC catalogue"
            raise InputError(msg)
    return code


def _demand_open(ledger: Recorder, agency: str, case_number: str) -> Case:
    found = find_case(ledger, agency, case_number)
    if found is None or not found.is_open:
        msg = f"no open case {shown(case_number)} is registered at agency {agency}"
        raise InputError(msg)
    return found


def _case(row: Any) -> Case:  # noqa: ANN401  a row of the index
    return Case(
        agency=row["agency"],
        case_number=row["case_number"],
        registered_by=row["registered_by"],
        offense_code=row["offense_code"],
        offense_by=row["offense_by"],
        opened_on=row["opened_on"],
        is_open=bool(row["is_open"]),
        confirmed_by=row["confirmed_by"],
        record=row["seq"],
    )


@cache
def _catalogue() -> OffenseCatalogue:
    """Read the catalogue that came with facegate, once."""
    return OffenseCatalogue.load()

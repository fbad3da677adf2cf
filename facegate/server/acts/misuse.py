"""The misuse register: who files, who reads, who acts.

- Any officer of the staff files; nobody else does. A complaint from outside is filed by whoever takes it:
  a record names the officer who vouches for it.
- The register is read by auditors and misuse officers alone, and by none of them where the case is about
  himself: he would know what is known, and who said it. To him there is no such case.
- Whoever files about searches that are not his to see learns nothing of them, not even whether they exist.

Not protected here: a misuse officer who tells a colleague.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.gate.ledger.event import Event
from facegate.oversight.misuse.acting import By, people_concerned, register_of, searchers_of
from facegate.oversight.misuse.docket import docket_of
from facegate.oversight.misuse.figures import YearFigures
from facegate.oversight.misuse.filing import file_statement, open_docket
from facegate.oversight.misuse.history import history_of
from facegate.oversight.misuse.recording import close_case, note, open_case, reopen_case, state_outcome
from facegate.oversight.misuse.words import Source, State
from facegate.server.acts.whose import SEARCH, demand_officer
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation, Role
from facegate.server.problems import Problem, no_role, not_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from facegate.gate.ledger.ledger import Ledger
    from facegate.oversight.misuse.case import MisuseCase
    from facegate.oversight.misuse.docket import Docket
    from facegate.oversight.misuse.history import Step
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

WHAT: Final = "misuse case"
OVERSIGHT: Final = frozenset({Role.AUDITOR, Role.MISUSE_OFFICER})
_OWN_SOURCE: Final = "to file misuse that a detector or an audit found is for auditors and misuse officers"


@dataclass(frozen=True, slots=True)
class Closing:
    """How a case is closed; see `facegate.oversight.misuse.recording.close_case`."""

    state: str
    reason: str
    outcome: str = ""
    outcome_text: str = ""
    officer: str = ""
    suspend: bool = False
    decline_suspension: str = ""


def list_cases(service: Service, caller: Caller, *, agency: str = "", state: str = "") -> list[MisuseCase]:
    """List the cases that are the caller's to see, the newest first.

    Parameters
    ----------
    service : Service
        The register.
    caller : Caller
        An auditor or misuse officer.
    agency, state : str
        Only those about this agency (ORI), in this state; empty for all.

    Raises
    ------
    Problem
        401 or 403.
    """
    demand(caller, Operation.MISUSE_READ, at=service.desk.clock())
    ledger = service.desk.ledger
    found = (one for one in register_of(ledger).cases.values() if _may_see(ledger, caller, one))
    kept = [one for one in found if agency in {"", one.agency} and state in {"", one.state}]
    return sorted(kept, key=lambda one: -one.number)


def get_case(service: Service, caller: Caller, number: int) -> tuple[MisuseCase, tuple[Step, ...]]:
    """Give one case with everything recorded about it.

    Raises
    ------
    Problem
        401, 403; 404 if there is none, or it is about the caller.
    """
    demand(caller, Operation.MISUSE_READ, at=service.desk.clock())
    case = _demand_case(service, caller, number)
    return case, history_of(_events(service.desk.ledger), number)


def file_case(
    service: Service,
    caller: Caller,
    *,
    misuse_class: str,
    narrative: str,
    source: str = Source.COMPLAINT,
    agency: str = "",
    officer: str = "",
    searches: Sequence[str] = (),
) -> int:
    """File suspected misuse, as any officer of the staff may.

    Parameters
    ----------
    service : Service
        The register.
    caller : Caller
        Whoever files; on record, sealed.
    misuse_class, narrative, officer, searches
        As in `facegate.oversight.misuse.recording.open_case`.
    source : str
        ``complaint``; ``detector`` and ``audit`` are for auditors and misuse officers.
    agency : str
        ORI of the agency concerned; left out, that of the searches, or else the caller's own.

    Returns
    -------
    int
        Number of the case: its record on the log.

    Raises
    ------
    Problem
        401, 403; 404 if a search is not the caller's to see.
    InputError, PolicyRefusal
        As `open_case`.
    """
    demand(caller, Operation.MISUSE_FILE, at=service.desk.clock())
    if source != Source.COMPLAINT and not caller.roles & OVERSIGHT:
        raise no_role(Operation.MISUSE_FILE, _OWN_SOURCE)
    by = _acting(caller)
    with service.desk.ledger.turn:
        owner = _owner_of(service.desk.ledger, caller, searches)
        return open_case(
            service.desk.ledger,
            agency=agency or owner or caller.agency,
            source=source,
            misuse_class=misuse_class,
            narrative=narrative,
            by=by,
            at=service.desk.clock(),
            officer=officer,
            searches=searches,
        )


def add_note(service: Service, caller: Caller, number: int, *, text: str) -> int:
    """Record what was done about a pending case; give the record's place."""
    with service.desk.ledger.turn:
        by = _demand_act(service, caller, number, State.PENDING)
        return note(service.desk.ledger, number, text=text, by=by, at=service.desk.clock())


def close(service: Service, caller: Caller, number: int, closing: Closing) -> int:
    """Close a pending case as confirmed or cleared; give the record's place."""
    with service.desk.ledger.turn:
        by = _demand_act(service, caller, number, State.PENDING)
        return close_case(
            service.desk.ledger,
            number,
            state=closing.state,
            reason=closing.reason,
            by=by,
            at=service.desk.clock(),
            outcome=closing.outcome,
            outcome_text=closing.outcome_text,
            officer=closing.officer,
            suspend=closing.suspend,
            decline_suspension=closing.decline_suspension,
        )


def set_outcome(
    service: Service, caller: Caller, number: int, *, outcome: str, outcome_text: str = ""
) -> int:
    """State what came of a confirmed case; give the record's place."""
    with service.desk.ledger.turn:
        by = _demand_act(service, caller, number, State.CONFIRMED)
        return state_outcome(
            service.desk.ledger,
            number,
            outcome=outcome,
            outcome_text=outcome_text,
            by=by,
            at=service.desk.clock(),
        )


def reopen(service: Service, caller: Caller, number: int, *, reason: str) -> int:
    """Open a closed case again; give the record's place."""
    with service.desk.ledger.turn:
        by = _demand_act(service, caller, number, State.CONFIRMED, State.CLEARED)
        return reopen_case(service.desk.ledger, number, reason=reason, by=by, at=service.desk.clock())


def file_year(
    service: Service, caller: Caller, *, year: int, counts: Mapping[str, int], outcomes: Mapping[str, int]
) -> int:
    """File the yearly statement of the caller's own agency; give the record's place.

    Parameters
    ----------
    service, caller
        As everywhere.
    year : int
        One that is over.
    counts : mapping of str to int
        ``opened``, ``confirmed``, ``pending``, ``cleared``; each from 0.
    outcomes : mapping of str to int
        Of the confirmed cases, by outcome.

    Raises
    ------
    Problem
        401, 403.
    InputError, PolicyRefusal
        As `facegate.oversight.misuse.filing.file_statement`.
    """
    demand(caller, Operation.MISUSE_ACT, at=service.desk.clock())
    by = _acting(caller)
    figures = YearFigures(
        year, counts["opened"], counts["confirmed"], counts["pending"], counts["cleared"], outcomes
    )
    ledger = service.desk.ledger
    with ledger.turn:
        return file_statement(ledger, agency=caller.agency, figures=figures, by=by, at=service.desk.clock())


def read_docket(service: Service, caller: Caller) -> Docket:
    """List what is owed in the misuse register; it names no officer."""
    at = service.desk.clock()
    demand(caller, Operation.MISUSE_READ, at=at)
    return docket_of(_events(service.desk.ledger), at)


def record_docket(service: Service, caller: Caller) -> tuple[Docket, int]:
    """Open the docket for the oversight body, which is put on record; give it and the record's place."""
    demand(caller, Operation.MISUSE_ACT, at=service.desk.clock())
    by, ledger = _acting(caller), service.desk.ledger
    with ledger.turn:
        at = service.desk.clock()
        found = docket_of(_events(ledger), at)
        record = open_docket(ledger, n_findings=len(found.findings), n_overdue=found.n_overdue, by=by, at=at)
    return found, record


def _demand_act(service: Service, caller: Caller, number: int, *states: State) -> By:
    """Demand a caller who may act, and a case that is his to see and stands as it must."""
    demand(caller, Operation.MISUSE_ACT, at=service.desk.clock())
    by = _acting(caller)
    case = _demand_case(service, caller, number)
    if case.state not in states:
        detail = f"misuse case {number} is {case.state}, wanted one that is {' or '.join(states)}"
        raise Problem(HTTPStatus.CONFLICT, "wrong-state", detail)
    return by


def _demand_case(service: Service, caller: Caller, number: int) -> MisuseCase:
    ledger = service.desk.ledger
    case = register_of(ledger).cases.get(number)
    if case is None or not _may_see(ledger, caller, case):
        raise not_here(WHAT)
    return case


def _may_see(ledger: Ledger, caller: Caller, case: MisuseCase) -> bool:
    """Whether a case is not about the caller himself."""
    if not caller.sees(case.agency):
        return False
    if not caller.officer or caller.agency != case.agency:
        return True
    return caller.officer.casefold() not in people_concerned(ledger, case.officer, case.searches)


def _owner_of(ledger: Ledger, caller: Caller, searches: Sequence[str]) -> str:
    """Give the agency of the searches named; one that is not the caller's to see is not there."""
    found = searchers_of(ledger, searches)
    if any(one not in found or not caller.sees(found[one][0]) for one in searches):
        raise not_here(SEARCH)
    owners = sorted({agency for agency, _ in found.values()})
    if len(owners) > 1:
        msg = f"a misuse case is about one agency, got searches of {len(owners)}"
        raise InputError(msg)
    return owners[0] if owners else ""


def _acting(caller: Caller) -> By:
    """Give the officer who acts: a record of misuse names one who vouches for it."""
    officer = demand_officer(caller)
    return By(officer.officer, officer.agency)


def _events(ledger: Ledger) -> Iterator[Event]:
    for entry, opening in ledger.log.read():
        sealed = {} if opening is None else opening.values
        yield Event(entry.seq, entry.kind, entry.time, entry.public, sealed)

"""Cases: opened, confirmed by a second person, amended, closed; each agency sees its own.

A case is named by the record that registered it: its number is sealed on the log, and must not stand in an
address, which every proxy writes down.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from facegate.gate.registers.cases import (
    amend_case,
    case_at,
    cases_of,
    close_case,
    confirm_case,
    find_case,
    register_case,
)
from facegate.gate.registers.demands import today
from facegate.gate.review.state import of_case
from facegate.server.acts.whose import demand_officer, sees_search
from facegate.server.asking import demand, demand_sees
from facegate.server.identity.roles import MAY, Operation
from facegate.server.problems import Problem, not_here

if TYPE_CHECKING:
    from facegate.gate.registers.cases import Case
    from facegate.gate.review.state import Reviewed
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

WHAT = "case"


def open_case(
    service: Service, caller: Caller, *, case_number: str, offense_code: str, opened_on: str = ""
) -> Case:
    """Register a case of the caller's agency, or open again one that was closed.

    Parameters
    ----------
    service : Service
        The registers.
    caller : Caller
        Whoever registers it: he cannot search under it unless a supervisor confirms it.
    case_number : str
        Of the form the agency uses.
    offense_code : str
        NCIC code, four digits.
    opened_on : str
        Day on which the agency opened the case, ISO 8601; today if empty.

    Raises
    ------
    Problem
        401, 403; 409 if a case of that number is open.
    InputError, PolicyRefusal
        As `facegate.gate.registers.cases.register_case`.
    """
    demand(caller, Operation.CASE_OPEN, at=service.desk.clock())
    by, ledger = demand_officer(caller), service.desk.ledger
    with ledger.turn:
        at = service.desk.clock()
        found = find_case(ledger, by.agency, case_number)
        if found is not None and found.is_open:
            detail = "a case of that number is open; one number is one case, of one offense"
            raise Problem(HTTPStatus.CONFLICT, "case-open-already", detail)
        record = register_case(
            ledger,
            agency=by.agency,
            case_number=case_number,
            registered_by=by.officer,
            offense_code=offense_code,
            opened_on=opened_on or today(at),
            at=at,
        )
        return _at(service, record)


def list_cases(
    service: Service, caller: Caller, *, agency: str = "", closed_too: bool = False
) -> tuple[Case, ...]:
    """List the cases of one agency, in the order in which they were registered.

    Parameters
    ----------
    service : Service
        The registers.
    caller : Caller
        Of that agency, or somebody who looks in.
    agency : str
        ORI; the caller's own if empty.
    closed_too : bool
        Closed cases as well.

    Raises
    ------
    Problem
        401, 403; 404 for another's agency; 422 if nobody says which agency.
    """
    demand(caller, Operation.CASE_READ, at=service.desk.clock())
    wanted = agency or caller.agency
    if not wanted:
        detail = "agency is missing: the account belongs to none, so the request must name one by its ORI"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", detail)
    demand_sees(caller, wanted, "agency")
    return cases_of(service.desk.ledger, wanted, closed_too=closed_too)


def get_case(service: Service, caller: Caller, record: int) -> Case:
    """Give one case.

    Raises
    ------
    Problem
        401, 403; 404 if there is none, or it is another agency's.
    """
    demand(caller, Operation.CASE_READ, at=service.desk.clock())
    return _seen(service, caller, record)


def searches_of(service: Service, caller: Caller, record: int) -> tuple[Reviewed, ...]:
    """List the searches of one case that are the caller's to see, in the order of the log; refused ones too.

    Raises
    ------
    Problem
        401, 403; 404 if there is no such case, or it is another agency's.
    """
    demand(caller, Operation.CASE_READ, at=service.desk.clock())
    case, ledger = _seen(service, caller, record), service.desk.ledger
    with ledger.reading():
        found = of_case(ledger, case.agency, case.case_number)
        return tuple(one for one in found if sees_search(service, caller, one))


def case_of(service: Service, caller: Caller, search: Reviewed) -> Case | None:
    """Give the case of a search; None if it is not the caller's to see, or its number was erased."""
    if not (search.case_number and caller.sees(search.agency) and caller.roles & MAY[Operation.CASE_READ]):
        return None
    return find_case(service.desk.ledger, search.agency, search.case_number)


def confirm(service: Service, caller: Caller, record: int) -> Case:
    """Confirm a case as it stands: the second person behind it.

    Raises
    ------
    Problem
        401, 403, 404; 409 if it is confirmed.
    InputError, PolicyRefusal
        As `facegate.gate.registers.cases.confirm_case`.
    """
    demand(caller, Operation.CASE_CONFIRM, at=service.desk.clock())
    by = demand_officer(caller)
    with service.desk.ledger.turn:
        at = service.desk.clock()
        case = _open(_seen(service, caller, record))
        if case.confirmed_by:
            raise Problem(HTTPStatus.CONFLICT, "taken-already", "the case is confirmed as it stands")
        confirm_case(
            service.desk.ledger,
            agency=case.agency,
            case_number=case.case_number,
            confirmed_by=by.officer,
            at=at,
        )
        return _at(service, record)


def amend(service: Service, caller: Caller, record: int, *, offense_code: str, reason: str) -> Case:
    """Put another offense in the place of the one a case is registered with.

    Raises
    ------
    Problem
        401, 403, 404; 409 if it is closed.
    InputError, PolicyRefusal
        As `facegate.gate.registers.cases.amend_case`.
    """
    demand(caller, Operation.CASE_OPEN, at=service.desk.clock())
    by = demand_officer(caller)
    with service.desk.ledger.turn:
        at = service.desk.clock()
        case = _open(_seen(service, caller, record))
        amend_case(
            service.desk.ledger,
            agency=case.agency,
            case_number=case.case_number,
            offense_code=offense_code,
            amended_by=by.officer,
            reason=reason,
            at=at,
        )
        return _at(service, record)


def close(service: Service, caller: Caller, record: int) -> Case:
    """Close a case: nothing is searched under it any more.

    Raises
    ------
    Problem
        401, 403, 404; 409 if it is closed.
    PolicyRefusal
        As `facegate.gate.registers.cases.close_case`.
    """
    demand(caller, Operation.CASE_CLOSE, at=service.desk.clock())
    by = demand_officer(caller)
    with service.desk.ledger.turn:
        at = service.desk.clock()
        case = _open(_seen(service, caller, record))
        close_case(
            service.desk.ledger, agency=case.agency, case_number=case.case_number, closed_by=by.officer, at=at
        )
        return _at(service, record)


def _at(service: Service, record: int) -> Case:
    case = case_at(service.desk.ledger, record)
    if case is None:
        raise not_here(WHAT)
    return case


def _seen(service: Service, caller: Caller, record: int) -> Case:
    case = _at(service, record)
    demand_sees(caller, case.agency, WHAT)
    return case


def _open(case: Case) -> Case:
    if not case.is_open:
        raise Problem(HTTPStatus.CONFLICT, "case-closed", "the case is closed; registered again, it is open")
    return case

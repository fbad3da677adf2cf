"""Cases: opened, confirmed by a second person, amended, closed; with their searches and what is owed of them.

A case stands in an address by the record that registered it: its number is sealed on the log.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from facegate.gate.review.disclosure import MADE, SCHEDULED
from facegate.gate.review.showing import SAYS
from facegate.gate.review.state import Stage
from facegate.server.acts import cases as acts
from facegate.server.acts import leads
from facegate.server.acts.policies import list_offenses
from facegate.server.acts.standing import read_docket
from facegate.server.asking import ServiceOf
from facegate.server.identity.caller import Caller
from facegate.server.identity.roles import MAY, SEES_ALL, Operation
from facegate.server.pages.calling import PageCallerOf, see
from facegate.server.pages.forms import FormOf
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import REFUSALS, errors_of, problem_from, status_of
from facegate.server.problems import Problem, not_here
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)
Record = Annotated[int, Path(ge=0, le=2**53 - 1)]
STATES: Final = (
    (MADE, "made: the defense was told of every search of the case"),
    (SCHEDULED, "set for a day"),
)


@router.get("/cases")
def show_cases(
    request: Request, service: ServiceOf, caller: PageCallerOf, closed: int = 0, agency: str = ""
) -> Response:
    """List the cases of an agency."""
    return _list(request, service, caller, closed=bool(closed), agency=agency)


@router.post("/cases")
def open_case(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf) -> Response:
    """Register a case."""
    try:
        form.demand(case_number="the case number is missing", offense_code="the offense is missing")
        case = acts.open_case(
            service,
            caller,
            case_number=form.text("case_number"),
            offense_code=form.text("offense_code"),
            opened_on=form.text("opened_on"),
        )
    except REFUSALS as error:
        return _list(request, service, caller, values=form.fields, problem=problem_from(error))
    return see(f"/cases/{case.record}")


@router.get("/cases/{record}")
def show_case(request: Request, service: ServiceOf, caller: PageCallerOf, record: Record) -> Response:
    """Show one case with its searches."""
    return _case(request, service, caller, record)


@router.post("/cases/{record}/confirm")
def confirm(
    request: Request, service: ServiceOf, caller: PageCallerOf, record: Record, _: FormOf
) -> Response:
    """Confirm a case, as the second person behind it."""
    try:
        acts.confirm(service, caller, record)
    except REFUSALS as error:
        return case_again(request, service, caller, record, problem_from(error))
    return see(f"/cases/{record}")


@router.post("/cases/{record}/close")
def close(request: Request, service: ServiceOf, caller: PageCallerOf, record: Record, _: FormOf) -> Response:
    """Close a case."""
    try:
        acts.close(service, caller, record)
    except REFUSALS as error:
        return case_again(request, service, caller, record, problem_from(error))
    return see(f"/cases/{record}")


@router.post("/cases/{record}/offense")
def amend(
    request: Request, service: ServiceOf, caller: PageCallerOf, record: Record, form: FormOf
) -> Response:
    """Put another offense in the place of the one a case is registered with."""
    code, reason = form.text("offense_code"), form.text("reason")
    try:
        form.demand(offense_code="the offense is missing", reason="the reason is missing")
        acts.amend(service, caller, record, offense_code=code, reason=reason)
    except REFUSALS as error:
        return case_again(request, service, caller, record, problem_from(error), values=form.fields)
    return see(f"/cases/{record}")


@router.post("/cases/{record}/disclosure")
def disclose(
    request: Request, service: ServiceOf, caller: PageCallerOf, record: Record, form: FormOf
) -> Response:
    """Record that the defense was told, or for what day that is set."""
    try:
        found = acts.searches_of(service, caller, record)
        if not found:
            what = "search of the case that is yours to see"
            raise not_here(what)
        form.demand(
            state="whether it was made or is set for a day is missing",
            day="the day is missing",
            reference="the reference is missing",
        )
        leads.record_disclosure(
            service,
            caller,
            found[-1].search_id,
            state=form.text("state"),
            day=form.text("day"),
            reference=form.text("reference"),
        )
    except REFUSALS as error:
        return case_again(request, service, caller, record, problem_from(error), values=form.fields)
    return see(f"/cases/{record}")


def case_again(
    request: Request,
    service: Service,
    caller: Caller,
    record: int,
    problem: Problem,
    *,
    values: dict[str, str] | None = None,
) -> Response:
    """Show a case with what went wrong at a form of it; whoever must prove himself anew comes back to it."""
    if problem.kind == "login-not-fresh":
        return see(f"/confirm?next=/cases/{record}")
    return _case(request, service, caller, record, values=values, problem=problem)


def _list(
    request: Request,
    service: Service,
    caller: Caller,
    *,
    closed: bool = False,
    agency: str = "",
    values: dict[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:
    looks_in = bool(caller.roles & SEES_ALL)
    wanted = agency or caller.agency
    every = (
        acts.list_cases(service, caller, agency=wanted, closed_too=closed) if wanted or not looks_in else ()
    )
    return page(
        request, service, caller, "cases.html.j2",
        status=status_of(problem), problem=problem, errors=errors_of(problem), values=values or {},
        cases=every[::-1], closed=closed, agency=wanted, looks_in=looks_in,
        headings=_headings(service, caller),        may_open=bool(caller.roles & MAY[Operation.CASE_OPEN]),
    )  # fmt: skip


def _case(
    request: Request,
    service: Service,
    caller: Caller,
    record: int,
    *,
    values: dict[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:
    case = acts.get_case(service, caller, record)
    found = acts.searches_of(service, caller, record)
    names = {one.search_id for one in found}
    owed = [one for one in read_docket(service, caller) if one.search_id in names]

    def may(operation: Operation) -> bool:
        return bool(caller.roles & MAY[operation]) and caller.agency == case.agency

    me = caller.officer.casefold()
    stated = me in {case.registered_by.casefold(), case.offense_by.casefold()}
    return page(
        request, service, caller, "case.html.j2",
        status=status_of(problem), problem=problem, errors=errors_of(problem), values=values or {},
        case=case, searches=found[::-1], owed=owed, headings=_headings(service, caller),
        SAYS=SAYS, Stage=Stage, stated=stated, states=STATES, may_confirm=may(Operation.CASE_CONFIRM),
        may_close=may(Operation.CASE_CLOSE), may_amend=may(Operation.CASE_OPEN),
        may_search=may(Operation.SEARCH_ASK), may_disclose=may(Operation.CASE_DISCLOSE),
        may_export=bool(caller.roles & MAY[Operation.CASE_EXPORT]),
    )  # fmt: skip


def _headings(service: Service, caller: Caller) -> dict[str, str]:
    return {one.code: one.heading for one in list_offenses(service, caller)}

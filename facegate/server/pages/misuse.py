"""The register of suspected misuse: filed by any officer, read by those who look in, acted on by one office.

Auditors read. Misuse officers act, after fresh proof, and never on a case about themselves.
"""

from datetime import UTC
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from facegate.gate.ledger.ledger import stamp
from facegate.oversight.misuse.case import MisuseCase
from facegate.oversight.misuse.words import CLASSES, OUTCOMES, PENDING_DAYS, Source, State
from facegate.server.acts import misuse as acts
from facegate.server.asking import ServiceOf, demand
from facegate.server.identity.caller import Caller
from facegate.server.identity.roles import MAY, Operation
from facegate.server.pages.calling import PageCallerOf, see
from facegate.server.pages.forms import Form, FormOf
from facegate.server.pages.misuse_steps import COUNTS, STEPS, figures_of, searches_in, take
from facegate.server.pages.proving import ENDS, Proved, approve, demand_proof, proof_values
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import REFUSALS, errors_of, problem_from, status_of
from facegate.server.problems import Problem, not_here
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)

Number = Annotated[int, Path(ge=0, le=2**53 - 1)]
DONE: Final = {
    "filed": "The case is on record. Those who look in read it; nobody it is about does.",
    "step": "The step is on record.",
    "statement": "The yearly statement is on record. It is held against the log's own count.",
    "docket": "That the docket was opened is on record.",
}
STATES: Final = ("", *State)


@router.get("/misuse")
def show_register(
    request: Request, service: ServiceOf, caller: PageCallerOf, state: str = "", done: str = ""
) -> Response:
    """List the cases and what is owed; to whoever may only file, say that."""
    if not caller.roles & MAY[Operation.MISUSE_READ]:
        demand(caller, Operation.MISUSE_FILE, at=service.desk.clock())
        return page(request, service, caller, "misuse_only_file.html.j2", done=DONE.get(done, ""))
    at = service.desk.clock()
    found = acts.list_cases(service, caller, state=state if state in STATES else "")
    return page(
        request, service, caller, "misuse.html.j2",
        done=DONE.get(done, ""), cases=[_row(one, service) for one in found], state=state, states=list(State),
        docket=acts.read_docket(service, caller), may_act=_may_act(caller), may_file=_may_file(caller),
        limit=PENDING_DAYS, classes=CLASSES, now=stamp(at),
    )  # fmt: skip


@router.get("/misuse/new")
def show_filing(request: Request, service: ServiceOf, caller: PageCallerOf) -> Response:
    """Show the form that files a case."""
    demand(caller, Operation.MISUSE_FILE, at=service.desk.clock())
    return _filing(request, service, caller, Form())


@router.post("/misuse/new")
def file(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf) -> Response:
    """File a case."""
    try:
        acts.file_case(
            service,
            caller,
            misuse_class=form.text("misuse_class"),
            narrative=form.text("narrative"),
            source=form.text("source") or Source.COMPLAINT,
            agency=form.text("agency"),
            officer=form.text("officer"),
            searches=searches_in(form.text("searches")),
        )
    except REFUSALS as error:
        return _filing(request, service, caller, form, problem_from(error))
    return see("/misuse?done=filed")


@router.get("/misuse/statement")
def show_statement(request: Request, service: ServiceOf, caller: PageCallerOf) -> Response:
    """Show the form of the yearly statement."""
    demand_proof(service, caller, Operation.MISUSE_ACT)
    last_year = service.desk.clock().astimezone(UTC).year - 1
    return _acting(
        request, service, "misuse_statement.html.j2", Form({"year": str(last_year)}), Proved(caller)
    )


@router.post("/misuse/statement")
def file_statement(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf) -> Response:
    """File the yearly statement of one's own agency; its figures must add up."""

    def act(by: Caller) -> str:
        year, counts, outcomes = figures_of(form)
        acts.file_year(service, by, year=year, counts=counts, outcomes=outcomes)
        return "/misuse?done=statement"

    again = partial(_acting_again, request, service, "misuse_statement.html.j2", form)
    return approve(request, service, caller, form, act=act, again=again)


@router.get("/misuse/docket")
def show_docket(request: Request, service: ServiceOf, caller: PageCallerOf) -> Response:
    """Show the form that puts on record that the oversight body looked."""
    demand_proof(service, caller, Operation.MISUSE_ACT)
    return _docket(request, service, Form(), Proved(caller))


@router.post("/misuse/docket")
def open_docket(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf) -> Response:
    """Record that the oversight body looked."""

    def act(by: Caller) -> str:
        acts.record_docket(service, by)
        return "/misuse?done=docket"

    def again(by: Proved, problem: Problem, proof_wrong: bool) -> Response:  # noqa: FBT001  see `approve`
        return _docket(request, service, form, by, problem, proof_wrong=proof_wrong)

    return approve(request, service, caller, form, act=act, again=again)


@router.get("/misuse/{number}")
def show_case(
    request: Request, service: ServiceOf, caller: PageCallerOf, number: Number, done: str = ""
) -> Response:
    """Show one case with everything recorded about it."""
    case, steps = acts.get_case(service, caller, number)
    told = [(one, stamp(one.at)) for one in steps]
    open_steps = {name: one for name, one in STEPS.items() if case.state in one.states}
    return page(
        request, service, caller, "misuse_case.html.j2",
        done=DONE.get(done, ""), row=_row(case, service), told=told, classes=CLASSES, outcomes=OUTCOMES,
        may_act=_may_act(caller), steps=open_steps,
        limit=PENDING_DAYS,
    )  # fmt: skip


@router.get("/misuse/{number}/{step}")
def show_step(
    request: Request, service: ServiceOf, caller: PageCallerOf, number: Number, step: str
) -> Response:
    """Show the form of one step of a case."""
    demand_proof(service, caller, Operation.MISUSE_ACT)
    return _acting(
        request, service, "misuse_step.html.j2", Form(), Proved(caller),
        **_step(service, caller, number, step),
    )  # fmt: skip


@router.post("/misuse/{number}/{step}")
def take_step(  # noqa: PLR0917  what an address and a form bring
    request: Request, service: ServiceOf, caller: PageCallerOf, number: Number, step: str, form: FormOf
) -> Response:
    """Take one step of a case."""
    values = _step(service, caller, number, step)

    def act(by: Caller) -> str:
        take(service, by, number, step, form)
        return f"/misuse/{number}?done=step"

    again = partial(_acting_again, request, service, "misuse_step.html.j2", form, **values)
    return approve(request, service, caller, form, act=act, again=again)


def _step(service: Service, caller: Caller, number: int, step: str) -> dict[str, Any]:
    case, _ = acts.get_case(service, caller, number)
    if step not in STEPS:
        what = "step of a misuse case"
        raise not_here(what)
    return {"case": case, "step": step, "what": STEPS[step], "classes": CLASSES}


def _filing(
    request: Request, service: Service, caller: Caller, form: Form, problem: Problem | None = None
) -> Response:
    if problem is not None and problem.kind in ENDS:
        raise problem
    oversight = bool(caller.roles & acts.OVERSIGHT)
    return page(
        request, service, caller, "misuse_new.html.j2",
        status=status_of(problem), problem=problem, errors=errors_of(problem), typed=form.fields,
        classes=list(CLASSES.items()), sources=[(str(one), str(one)) for one in Source], oversight=oversight,
    )  # fmt: skip


def _docket(
    request: Request,
    service: Service,
    form: Form,
    by: Proved,
    problem: Problem | None = None,
    *,
    proof_wrong: bool = False,
) -> Response:
    docket = acts.read_docket(service, by.caller)
    return _acting(
        request, service, "misuse_docket.html.j2", form, by, problem, proof_wrong=proof_wrong, docket=docket
    )


def _acting(  # noqa: PLR0917  who, what, and what went wrong
    request: Request,
    service: Service,
    template: str,
    form: Form,
    by: Proved,
    problem: Problem | None = None,
    *,
    proof_wrong: bool = False,
    **values: Any,  # noqa: ANN401  whatever the template asks for
) -> Response:
    proof = proof_values(service, by, problem, proof_wrong=proof_wrong)
    return page(
        request, service, by.caller, template,
        status=status_of(problem), problem=problem, errors=errors_of(problem), typed=form.fields,
        outcomes=list(OUTCOMES.items()), counts=COUNTS, **proof, **values,
    )  # fmt: skip


def _acting_again(  # noqa: PLR0917  the first four are bound beforehand
    request: Request,
    service: Service,
    template: str,
    form: Form,
    by: Proved,
    problem: Problem,
    proof_wrong: bool,  # noqa: FBT001  as `approve` calls it
    **values: Any,  # noqa: ANN401  whatever the template asks for
) -> Response:
    return _acting(request, service, template, form, by, problem, proof_wrong=proof_wrong, **values)


def _row(case: MisuseCase, service: Service) -> dict[str, Any]:
    at = service.desk.clock()
    return {
        "case": case,
        "opened": stamp(case.opened),
        "closed": "" if case.closed is None else stamp(case.closed),
        "days": case.pending_for(at).days,
        "overdue": case.overdue(at),
    }


def _may_act(caller: Caller) -> bool:
    return bool(caller.roles & MAY[Operation.MISUSE_ACT])


def _may_file(caller: Caller) -> bool:
    return bool(caller.roles & MAY[Operation.MISUSE_FILE]) and bool(caller.officer)

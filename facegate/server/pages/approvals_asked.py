"""What waits to be approved: every word a searcher stated, his photo, and two answers.

Nothing is typed again: the permit binds what was kept. That nobody approves for himself is the gate's rule;
whoever asked, and tries, is refused by it on the log.
"""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from facegate.server.acts import permit_asks as acts
from facegate.server.asked_permits import State
from facegate.server.asking import ServiceOf
from facegate.server.identity.roles import Operation
from facegate.server.pages.asked_words import told
from facegate.server.pages.calling import PageCallerOf
from facegate.server.pages.forms import Form, FormOf
from facegate.server.pages.proving import Proved, approve, demand_proof, proof_values
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import errors_of, status_of
from facegate.server.problems import Problem
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)


@router.get("/approvals/asked/{ask_id}")
def show(request: Request, service: ServiceOf, caller: PageCallerOf, ask_id: UUID) -> Response:
    """Show what was asked for, and the two answers."""
    demand_proof(service, caller, Operation.PERMIT_ISSUE)
    return _page(request, service, Proved(caller), str(ask_id), Form())


@router.post("/approvals/asked/{ask_id}/approval")
def issue(request: Request, service: ServiceOf, caller: PageCallerOf, ask_id: UUID, form: FormOf) -> Response:
    """Issue the permit, if the law and every register would let the search through."""

    def act(by: PageCallerOf) -> str:
        acts.approve_asked(service, by, str(ask_id))
        return "/approvals?done=approved"

    def again(by: Proved, problem: Problem, proof_wrong: bool) -> Response:  # noqa: FBT001  see `approve`
        return _page(request, service, by, str(ask_id), form, problem, proof_wrong=proof_wrong)

    return approve(request, service, caller, form, act=act, again=again)


@router.post("/approvals/asked/{ask_id}/refusal")
def send_back(
    request: Request, service: ServiceOf, caller: PageCallerOf, ask_id: UUID, form: FormOf
) -> Response:
    """Send it back with a reason."""

    def act(by: PageCallerOf) -> str:
        acts.send_back(service, by, str(ask_id), reason=form.text("reason"))
        return "/approvals?done=sent-back"

    def again(by: Proved, problem: Problem, proof_wrong: bool) -> Response:  # noqa: FBT001  see `approve`
        return _page(request, service, by, str(ask_id), form, problem, proof_wrong=proof_wrong)

    return approve(request, service, caller, form, act=act, again=again)


def _page(  # noqa: PLR0917  who, what, and what went wrong
    request: Request,
    service: Service,
    by: Proved,
    ask_id: str,
    form: Form,
    problem: Problem | None = None,
    *,
    proof_wrong: bool = False,
) -> Response:
    found = acts.get_asked(service, by.caller, ask_id)
    return page(
        request, service, by.caller, "approval_asked.html.j2",
        status=status_of(problem), problem=problem, errors=errors_of(problem), typed=form.fields,
        asked=found, State=State, parts=told(service, by.caller, found.request),
        mine=found.account == by.caller.account, longest=acts.LONGEST_REASON,
        **proof_values(service, by, problem, proof_wrong=proof_wrong),
    )  # fmt: skip

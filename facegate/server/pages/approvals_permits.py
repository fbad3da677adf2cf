"""Permits: a supervisor states what the searcher will state, with the same photo, and the law is asked.

A permit binds every word of the request and the photo. So the form has every field the searcher's has, but
the permit itself and the approver, who is whoever signs here. The terminal is asked for, and left open.
"""

from dataclasses import replace
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from facegate.errors import InputError
from facegate.gate.ledger.ledger import stamp
from facegate.request import SearchRequest
from facegate.server.acts import permits as acts
from facegate.server.acts.asked_for import LawAsks, asked_by, laws_in_force
from facegate.server.asking import ServiceOf
from facegate.server.identity.roles import Operation
from facegate.server.pages.calling import PageCallerOf, see
from facegate.server.pages.forms import Form, FormOf
from facegate.server.pages.proving import Proved, approve, demand_proof, proof_values
from facegate.server.pages.rendering import page
from facegate.server.pages.stated import GROUPS, IDLE, PAPER_GROUPS, Group, how_asked, request_of, typed
from facegate.server.pages.trouble import errors_of, status_of
from facegate.server.problems import Problem, not_here, to_mend
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)

NOT_HERE: Final = frozenset({"permit", "approver"})
TERMINAL: Final = "Where the searcher sits. The one field that the permit leaves open."
PERMIT: Final = "permit"
Law = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


@router.get("/approvals/permits")
def choose_law(request: Request, service: ServiceOf, caller: PageCallerOf) -> Response:
    """Ask under which law the search will be made; where only one is in force, go on."""
    demand_proof(service, caller, Operation.PERMIT_ISSUE)
    laws = laws_in_force(service, caller)
    if len(laws) == 1:
        return see(f"/approvals/permits/law/{laws[0].law.name}")
    return page(request, service, caller, "approval_laws.html.j2", laws=laws)


@router.get("/approvals/permits/law/{profile}")
def show_form(request: Request, service: ServiceOf, caller: PageCallerOf, profile: Law) -> Response:
    """Show the form of a permit under one law."""
    demand_proof(service, caller, Operation.PERMIT_ISSUE)
    return _form(request, service, Proved(caller), asked_by(service, caller, profile), Form())


@router.post("/approvals/permits/law/{profile}")
def issue(request: Request, service: ServiceOf, caller: PageCallerOf, profile: Law, form: FormOf) -> Response:
    """Issue a permit, if the law and every register would let the search through."""
    asks = asked_by(service, caller, profile)

    def act(by: PageCallerOf) -> str:
        probe = form.files.get("probe")
        if probe is None:
            raise _no_photo()
        return (
            f"/approvals/permits/{acts.issue_permit(service, by, _request(profile, form), probe).permit_id}"
        )

    def again(by: Proved, problem: Problem, proof_wrong: bool) -> Response:  # noqa: FBT001  see `approve`
        return _form(request, service, by, asks, form, problem, proof_wrong=proof_wrong)

    return approve(request, service, caller, form, act=act, again=again)


@router.get("/approvals/permits/{permit_id}")
def show_permit(request: Request, service: ServiceOf, caller: PageCallerOf, permit_id: UUID) -> Response:
    """Show one permit: its number is what the searcher needs."""
    found = next((one for one in acts.list_permits(service, caller) if one.permit_id == str(permit_id)), None)
    if found is None:
        raise not_here(PERMIT)
    now = stamp(service.desk.clock())
    return page(request, service, caller, "approval_permit.html.j2", permit=found, now=now)


def _form(  # noqa: PLR0917  who, what, and what went wrong
    request: Request,
    service: Service,
    by: Proved,
    asks: LawAsks,
    form: Form,
    problem: Problem | None = None,
    *,
    proof_wrong: bool = False,
) -> Response:
    proof: dict[str, Any] = proof_values(service, by, problem, proof_wrong=proof_wrong)
    return page(
        request, service, by.caller, "approval_permit_form.html.j2",
        status=status_of(problem), problem=problem, errors=errors_of(problem), typed=form.fields,
        profile=_name(request), groups=_groups(asks), idle=IDLE, **proof,
    )  # fmt: skip


def _name(request: Request) -> str:
    return str(request.path_params["profile"])


def _groups(asks: LawAsks) -> list[Group]:
    """Give the fields as the law asks for them, without those that are filled in here."""
    return [
        replace(
            group,
            title=group.title.lstrip("0123456789. "),
            fields=tuple(
                replace(one, asked=how_asked(asks, one.of))
                for one in group.fields
                if one.name not in NOT_HERE
            ),
        )
        for group in (*GROUPS, *PAPER_GROUPS.values())
    ]


def _request(profile: str, form: Form) -> SearchRequest:
    requester = form.text("requester")
    if not requester:
        msg = "nobody is named for whom the permit is; wanted the searcher's officer id"
        raise InputError(msg)
    stated = {name: value for name, value in typed(form.fields).items() if name not in NOT_HERE}
    return replace(request_of(profile, stated), requester=requester)


def _no_photo() -> Problem:
    detail = "a permit is for one photo, got none; wanted the file that the searcher will send"
    return to_mend(detail, {"probe": "choose the photo that will be searched with"}, kind="no-photo")

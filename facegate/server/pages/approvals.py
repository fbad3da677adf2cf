"""Approvals: what a supervisor decides about lists, limits, leads proved wrong and notices.

Every form is shown only after fresh proof. Permits have a file of their own, `approvals_permits`.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from facegate.errors import InputError
from facegate.gate.ledger.ledger import stamp
from facegate.gate.review.correction import DEFENSE, REASONS
from facegate.server.acts import approvals as desk
from facegate.server.acts import leads, limits, permit_asks, permits, reviews
from facegate.server.asking import ServiceOf
from facegate.server.identity.roles import Operation
from facegate.server.pages.calling import PageCallerOf
from facegate.server.pages.forms import Form, FormOf
from facegate.server.pages.proving import Proved, approve, demand_proof, proof_values
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import errors_of, status_of
from facegate.server.problems import Problem, not_here
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)

WAITS: Final = {
    "omitted": "People were left out of this case's lists: your agency was shown them very often. "
    "Cleared, each may be shown once more; the search must be made again.",
    "subject": "A list was withheld for somebody on it. Cleared, the case and its officer go on.",
    "variants": "The same photo was searched in several variants. Cleared, as many more may be tried.",
    "officer": "An officer is held up by a list of his. Cleared, he goes on; his case still waits.",
    "gallery": "The agency used up its share of the gallery. Cleared, it has another share of the same size.",
    "breaker": "The agency made so many searches today that all are stopped. "
    "Cleared, as many again may be made before midnight UTC.",
}
"""What waits, in words, and what clearing it does."""
DONE: Final = {
    "cleared": "It is cleared, and that is on record.",
    "told": "The notice is on record.",
    "approved": "The permit is on record. Whoever asked sees it, and can search now.",
    "sent-back": "It was sent back with your reason. Its photo was destroyed here.",
    "corrected": "The correction is on record. Notices are owed to everybody who received the lead.",
}
Item = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Mark = Annotated[str, Path(pattern=r"^[a-z0-9]{1,32}$")]
Record = Annotated[int, Path(ge=0, le=2**53 - 1)]


@router.get("/approvals")
def show_approvals(request: Request, service: ServiceOf, caller: PageCallerOf, done: str = "") -> Response:
    """Show everything that waits for a supervisor."""
    lists = desk.list_reviewed(service, caller)
    return page(
        request, service, caller, "approvals.html.j2",
        done=DONE.get(done, ""),
        asked=permit_asks.list_waiting(service, caller),
        permits=permits.list_permits(service, caller)[::-1],
        now=stamp(service.desk.clock()),
        to_release=[one for one in lists if not one.released],
        released=[one for one in lists if one.released],
        waits=limits.list_waiting(service, caller), says=WAITS,
        owed=desk.list_owed(service, caller), defense=DEFENSE,
    )  # fmt: skip


@router.get("/approvals/releases/{search_id}")
def show_release(request: Request, service: ServiceOf, caller: PageCallerOf, search_id: UUID) -> Response:
    """Show the form that releases a list, and who has it."""
    demand_proof(service, caller, Operation.LIST_RELEASE)
    found = desk.get_reviewed(service, caller, str(search_id))
    return _form(request, service, "approval_release.html.j2", Form(), Proved(caller), found=found)


@router.post("/approvals/releases/{search_id}")
def release(
    request: Request, service: ServiceOf, caller: PageCallerOf, search_id: UUID, form: FormOf
) -> Response:
    """Release a list to one person."""
    found = desk.get_reviewed(service, caller, str(search_id))

    def act(by: PageCallerOf) -> str:
        to, agency = form.text("to"), form.text("to_agency")
        reviews.release_to(service, by, str(search_id), to=to, to_agency=agency)
        return f"/approvals/releases/{search_id}"

    again = partial(_again, request, service, "approval_release.html.j2", form, found=found)
    return approve(request, service, caller, form, act=act, again=again)


@router.get("/approvals/limits/{item}")
def show_limit(request: Request, service: ServiceOf, caller: PageCallerOf, item: Item) -> Response:
    """Show one thing that waits, and the form that clears it."""
    demand_proof(service, caller, Operation.LIMIT_CLEAR)
    values = _limit(service, caller, item)
    return _form(request, service, "approval_limit.html.j2", Form(), Proved(caller), **values)


@router.post("/approvals/limits/{item}")
def clear(request: Request, service: ServiceOf, caller: PageCallerOf, item: Item, form: FormOf) -> Response:
    """Clear one thing that waits, as it was read."""
    values = _limit(service, caller, item)

    def act(by: PageCallerOf) -> str:
        limits.clear_one(service, by, item, reason=form.text("reason"))
        return "/approvals?done=cleared"

    again = partial(_again, request, service, "approval_limit.html.j2", form, **values)
    return approve(request, service, caller, form, act=act, again=again)


@router.get("/approvals/corrections/{search_id}")
def show_correction(request: Request, service: ServiceOf, caller: PageCallerOf, search_id: UUID) -> Response:
    """Show the form that says a released lead was wrong."""
    demand_proof(service, caller, Operation.LEAD_CORRECT)
    values = _correction(service, caller, search_id)
    return _form(request, service, "approval_correction.html.j2", Form(), Proved(caller), **values)


@router.post("/approvals/corrections/{search_id}")
def correct(
    request: Request, service: ServiceOf, caller: PageCallerOf, search_id: UUID, form: FormOf
) -> Response:
    """Record that a released lead was wrong."""
    values = _correction(service, caller, search_id)

    def act(by: PageCallerOf) -> str:
        leads.record_correction(
            service,
            by,
            str(search_id),
            rank=_rank(form.text("rank")),
            reason=form.text("reason"),
            reference=form.text("reference"),
        )
        return "/approvals?done=corrected"

    again = partial(_again, request, service, "approval_correction.html.j2", form, **values)
    return approve(request, service, caller, form, act=act, again=again)


@router.get("/approvals/notices/{correction}/{mark}")
def show_notice(
    request: Request, service: ServiceOf, caller: PageCallerOf, correction: Record, mark: Mark
) -> Response:
    """Show the form that says a notice was given."""
    owed = _owed(service, caller, correction, mark)
    form = Form({"day": f"{service.desk.clock().astimezone(UTC):%Y-%m-%d}"})
    return _form(
        request, service, "approval_notice.html.j2", form, Proved(caller), owed=owed, defense=DEFENSE
    )


@router.post("/approvals/notices/{correction}/{mark}")
def notify(  # noqa: PLR0917  what an address and a form bring
    request: Request,
    service: ServiceOf,
    caller: PageCallerOf,
    correction: Record,
    mark: Mark,
    form: FormOf,
) -> Response:
    """Record that somebody who received a wrong lead was told."""
    owed = _owed(service, caller, correction, mark)

    def act(by: PageCallerOf) -> str:
        leads.record_notice(service, by, correction, mark=mark, day=form.text("day"))
        return "/approvals?done=told"

    again = partial(_again, request, service, "approval_notice.html.j2", form, owed=owed, defense=DEFENSE)
    return approve(request, service, caller, form, act=act, again=again)


def _form(  # noqa: PLR0917  who, what, and what went wrong
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
        **proof, **values,
    )  # fmt: skip


def _again(  # noqa: PLR0917  the first four are bound beforehand
    request: Request,
    service: Service,
    template: str,
    form: Form,
    by: Proved,
    problem: Problem,
    proof_wrong: bool,  # noqa: FBT001  as `approve` calls it
    **values: Any,  # noqa: ANN401  whatever the template asks for
) -> Response:
    return _form(request, service, template, form, by, problem, proof_wrong=proof_wrong, **values)


def _limit(service: Service, caller: PageCallerOf, name: str) -> dict[str, Any]:
    found = next((one for one in limits.list_waiting(service, caller) if one.name == name), None)
    if found is None:
        raise not_here(limits.WHAT)
    since = stamp(datetime.fromtimestamp(found.waits.at, UTC))
    return {"item": found, "since": since, "says": WAITS}


def _correction(service: Service, caller: PageCallerOf, search_id: UUID) -> dict[str, Any]:
    found = desk.get_reviewed(service, caller, str(search_id))
    words = [(one, one.replace("_", " ")) for one in sorted(REASONS)]
    return {"found": found, "reasons": words}


def _owed(service: Service, caller: PageCallerOf, correction: int, mark: str) -> object:
    for one in desk.list_owed(service, caller):
        if (one.correction, one.mark) == (correction, mark):
            return one
    what = "notice that is owed"
    raise not_here(what)


def _rank(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len("1000")):
        msg = "no candidate was chosen; wanted one of the released leads"
        raise InputError(msg)
    return int(text)

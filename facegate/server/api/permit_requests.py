"""``/v1/permit-requests``: what a searcher asks a permit for, kept until a supervisor decides.

No answer to a POST repeats the request: it may be kept for its Idempotency-Key, and what was stated is kept
nowhere in the clear.
"""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from facegate.server.acts import permit_asks as acts
from facegate.server.api.once import AskingOf, created, done, sent
from facegate.server.api.permits import PermitReply, permit_reply
from facegate.server.api.probe_form import ProbePart, RequestPart
from facegate.server.api.replies import Form, Line, Moment, Reply
from facegate.server.api.reviews import PNG
from facegate.server.asked_permits import Asked
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation

router = APIRouter(prefix="/v1/permit-requests", tags=["permits"])

AskName = Annotated[UUID, Path(description="Id of what was asked for, a UUID.")]


class AskedReply(Reply):
    """Something was asked for, or sent back: where it is found, and until when.

    ``state`` is waiting, deciding, sent-back or approved.
    """

    ask: str
    state: str
    created: Moment
    expires: Moment


class AskedLine(AskedReply):
    """How one stands; ``permit`` and ``reason`` are null before there is one."""

    requester: str
    agency: str
    case_number: str | None
    profile: str
    permit: str | None
    reason: str | None


class AskedList(Reply):
    """What permits are asked for, oldest first."""

    asked: list[AskedLine]


class AskedWhole(AskedLine):
    """One, with every word of it: ``request`` is what was sent, and once approved names its approver.

    ``decided_by`` is null before somebody did.
    """

    decided_by: str | None
    request: dict[str, Any]


class SendBackForm(Form):
    """Why it is not approved, for whoever asked."""

    reason: Line


@router.post("", status_code=201, response_model=AskedReply)
def ask(asked: AskingOf, request: RequestPart, probe: ProbePart) -> Response:
    """Hand a request and its photo to the supervisors of one's agency. Nothing is searched.

    Requester and agency are the caller's own. Both are kept sealed, and destroyed once it is searched,
    withdrawn, or nobody has decided for as long as a permit lives.
    """
    data = probe.file.read()

    def act() -> Answer:
        made = acts.ask(asked.service, asked.caller, request.request(), data)
        return created(_reply(made), f"/v1/permit-requests/{made.ask_id}")

    return asked.once(Operation.PERMIT_ASK, act, sent(request), data)


@router.get("")
def list_asked(service: ServiceOf, caller: CallerOf) -> AskedList:
    """List what permits are asked for: a searcher's own, for supervisors those of the agency."""
    return AskedList(asked=[_line(one) for one in acts.list_asked(service, caller)])


@router.get("/{ask}")
def get_asked(service: ServiceOf, caller: CallerOf, ask: AskName) -> AskedWhole:
    """Give one with every word of it: to whoever asked, and to supervisors of his agency."""
    found = acts.get_asked(service, caller, str(ask))
    stated = {name: value for name, value in asdict(found.request).items() if value is not None}
    return AskedWhole(**_line(found).model_dump(), decided_by=found.by or None, request=stated)


@router.get("/{ask}/photo", response_class=Response, responses={200: {"content": {"image/png": {}}}})
def photo(service: ServiceOf, caller: CallerOf, ask: AskName) -> Response:
    """Give the photo to the same people, as an attachment; no more once it was sent back."""
    png = acts.photo_of(service, caller, str(ask))
    headers = {**PNG, "Content-Disposition": 'attachment; filename="asked.png"'}
    return Response(png, media_type="image/png", headers=headers)


@router.post("/{ask}/approval", status_code=201, response_model=PermitReply)
def approve(asked: AskingOf, ask: AskName) -> Response:
    """Issue the permit for exactly what was asked for. Asks for a fresh login; a refusal is recorded."""

    def act() -> Answer:
        return created(permit_reply(acts.approve_asked(asked.service, asked.caller, str(ask))))

    return asked.once(Operation.PERMIT_ISSUE, act)


@router.post("/{ask}/refusal", response_model=AskedReply)
def send_back(asked: AskingOf, ask: AskName, form: SendBackForm) -> Response:
    """Send it back unapproved, with a reason for whoever asked; its photo is destroyed."""

    def act() -> Answer:
        acts.send_back(asked.service, asked.caller, str(ask), reason=form.reason)
        return done(_reply(acts.get_asked(asked.service, asked.caller, str(ask))))

    return asked.once(Operation.PERMIT_SEND_BACK, act, sent(form))


@router.delete("/{ask}", status_code=204)
def withdraw(service: ServiceOf, caller: CallerOf, ask: AskName) -> None:
    """Take back what one asked for: it is destroyed. A permit that was issued stands until it runs out."""
    acts.withdraw(service, caller, str(ask))


def _reply(one: Asked) -> AskedReply:
    return AskedReply(ask=one.ask_id, state=one.state, created=one.created, expires=one.expires)


def _line(one: Asked) -> AskedLine:
    request = one.request
    return AskedLine(
        **_reply(one).model_dump(),
        requester=request.requester or "",
        agency=one.agency,
        case_number=request.case_number,
        profile=request.profile,
        permit=one.permit or None,
        reason=one.reason or None,
    )

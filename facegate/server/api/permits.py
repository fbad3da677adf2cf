"""``/v1/permits``: one approved search of one photo, before it is made."""

from fastapi import APIRouter
from starlette.responses import Response

from facegate.gate.permits import Permit
from facegate.server.acts import permits as acts
from facegate.server.api.once import AskingOf, created, sent
from facegate.server.api.probe_form import ProbePart, RequestPart
from facegate.server.api.replies import Moment, Reply
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation

router = APIRouter(prefix="/v1/permits", tags=["permits"])


class PermitReply(Reply):
    """A permit; whoever it is for names it, once."""

    permit: str
    expires: Moment
    record: int


class PermitLine(Reply):
    """How a permit stands; ``used_by`` is the record that used it up."""

    permit: str
    expires: str
    used_by: int | None
    agency: str
    requester: str
    case_number: str


class PermitList(Reply):
    """Permits, oldest first."""

    permits: list[PermitLine]


@router.post("", status_code=201, response_model=PermitReply)
def issue(asked: AskingOf, request: RequestPart, probe: ProbePart) -> Response:
    """Approve one search of one photo, exactly as stated. Asks for a fresh login; a refusal is recorded.

    Approver and agency are the caller's own; the requester is another. It binds the photo and everything the
    request states but the terminal, expires, and is used up by one search.
    """
    data = probe.file.read()

    def act() -> Answer:
        return created(permit_reply(acts.issue_permit(asked.service, asked.caller, request.request(), data)))

    return asked.once(Operation.PERMIT_ISSUE, act, sent(request), data)


@router.get("")
def list_permits(service: ServiceOf, caller: CallerOf) -> PermitList:
    """List permits: a searcher's own, for supervisors those of the agency, for auditors all."""
    return PermitList(
        permits=[
            PermitLine(
                permit=one.permit_id,
                expires=one.expires,
                used_by=one.used_by,
                agency=one.agency,
                requester=one.requester,
                case_number=one.case_number,
            )
            for one in acts.list_permits(service, caller)
        ]
    )


def permit_reply(permit: Permit) -> PermitReply:
    """Tell a permit that was issued."""
    return PermitReply(permit=permit.permit_id, expires=permit.expires, record=permit.seq)

"""``/v1/dossiers``: listed fields of the record of a released lead, approved by one, asked for by another."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from facegate.gate.review.dossier import Dossier
from facegate.server.acts import dossiers as acts
from facegate.server.api.once import AskingOf, created, sent
from facegate.server.api.permits import PermitReply, permit_reply
from facegate.server.api.replies import Form, Recorded
from facegate.server.api.request_form import RequestForm
from facegate.server.api.reviews import Rank
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation

router = APIRouter(prefix="/v1/dossiers", tags=["dossiers"])


class ApprovalForm(Form):
    """One candidate of one search, and the request with its ``dossier_fields``."""

    request: RequestForm
    search_id: UUID
    rank: Rank


class DossierForm(ApprovalForm):
    """The same, with the permit issued for it."""

    permit: Annotated[str, Field(max_length=64)] = ""


class DossierReply(Recorded):
    """The fields asked for, and nothing else; images carry the mark of this copy."""

    search_id: str
    rank: int
    fields: dict[str, str]
    mark: str
    n_in_case: int
    asked: int
    notice: str


@router.post("/permits", status_code=201, response_model=PermitReply)
def approve(asked: AskingOf, form: ApprovalForm) -> Response:
    """Approve one dossier about one candidate. Asks for a fresh login; a refusal is recorded."""

    def act() -> Answer:
        permit = acts.approve(
            asked.service,
            asked.caller,
            form.request.request(),
            search_id=str(form.search_id),
            rank=form.rank,
        )
        return created(permit_reply(permit))

    return asked.once(Operation.DOSSIER_APPROVE, act, sent(form))


@router.post("", status_code=201, response_model=DossierReply)
def ask(asked: AskingOf, form: DossierForm) -> Response:
    """Ask for listed fields of the record of one released lead. On the log before any record is read."""

    def act() -> Answer:
        found = acts.ask(
            asked.service,
            asked.caller,
            form.request.request(),
            search_id=str(form.search_id),
            rank=form.rank,
            permit=form.permit,
        )
        return created(_dossier(found))

    return asked.once(Operation.DOSSIER_ASK, act, sent(form))


def _dossier(found: Dossier) -> DossierReply:
    return DossierReply(
        search_id=found.search_id,
        rank=found.rank,
        fields=dict(found.fields),
        mark=found.mark,
        n_in_case=found.n_in_case,
        asked=found.asked,
        record=found.record,
        notice=found.notice,
    )

"""``/v1/searches/{id}/corroborations``, ``disclosures``, ``corrections``, and the notices that are owed."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from starlette.responses import Response

from facegate.server.acts import leads as acts
from facegate.server.api.once import AskingOf, created, sent
from facegate.server.api.replies import Form, Line, Recorded, Reply, Word
from facegate.server.api.reviews import Rank
from facegate.server.api.searches import SearchName
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation

router = APIRouter(prefix="/v1", tags=["leads"])

Correction = Annotated[int, Path(ge=0, le=2**53 - 1, description="Record of the correction.")]


class EvidenceForm(Form):
    """Independent evidence about one lead; the reference is sealed."""

    rank: Rank
    evidence: Word
    reference: Line
    day: date


class DisclosureForm(Form):
    """That the defense was told of every search of the case, or when it will be."""

    state: Literal["made", "scheduled"]
    day: date
    reference: Line


class CorrectionForm(Form):
    """A lead that was proved wrong."""

    rank: Rank
    reason: Word
    reference: Line


class NoticeForm(Form):
    """Whoever relied on the lead was told: the mark of his copy, or ``defense``."""

    mark: Word
    day: date


class OwedReply(Reply):
    """A notice that is owed; the recipient is null for the defense, and after an erasure."""

    correction: int
    rank: int
    mark: str
    recipient: str | None
    agency: str | None
    since: str


class OwedList(Reply):
    """Notices that are owed, of the oldest correction first."""

    notices: list[OwedReply]


@router.post("/searches/{search_id}/corroborations", status_code=201, response_model=Recorded)
def corroborate(asked: AskingOf, search_id: SearchName, form: EvidenceForm) -> Response:
    """Record independent evidence about a released lead. Face recognition is none, nor a lineup from it."""

    def act() -> Answer:
        record = acts.record_evidence(
            asked.service,
            asked.caller,
            str(search_id),
            rank=form.rank,
            evidence=form.evidence,
            reference=form.reference,
            day=form.day.isoformat(),
        )
        return created(Recorded(record=record))

    return asked.once(Operation.LEAD_CORROBORATE, act, sent(form))


@router.post("/searches/{search_id}/disclosures", status_code=201, response_model=Recorded)
def disclose(asked: AskingOf, search_id: SearchName, form: DisclosureForm) -> Response:
    """Record that the defense was told of every search of the case, or for what day that is set."""

    def act() -> Answer:
        record = acts.record_disclosure(
            asked.service,
            asked.caller,
            str(search_id),
            state=form.state,
            day=form.day.isoformat(),
            reference=form.reference,
        )
        return created(Recorded(record=record))

    return asked.once(Operation.CASE_DISCLOSE, act, sent(form))


@router.post("/searches/{search_id}/corrections", status_code=201, response_model=Recorded)
def correct(asked: AskingOf, search_id: SearchName, form: CorrectionForm) -> Response:
    """Record that a lead was proved wrong: notices are owed to its recipients. Asks for a fresh login."""

    def act() -> Answer:
        record = acts.record_correction(
            asked.service,
            asked.caller,
            str(search_id),
            rank=form.rank,
            reason=form.reason,
            reference=form.reference,
        )
        return created(Recorded(record=record))

    return asked.once(Operation.LEAD_CORRECT, act, sent(form))


@router.get("/searches/{search_id}/notices")
def list_notices(service: ServiceOf, caller: CallerOf, search_id: SearchName) -> OwedList:
    """List the notices that are owed because a lead of the search was proved wrong."""
    found = acts.list_notices(service, caller, str(search_id))
    return OwedList(
        notices=[
            OwedReply(
                correction=one.correction,
                rank=one.rank,
                mark=one.mark,
                recipient=one.recipient or None,
                agency=one.agency or None,
                since=one.since,
            )
            for one in found
        ]
    )


@router.post("/corrections/{correction}/notices", status_code=201, response_model=Recorded)
def notify(asked: AskingOf, correction: Correction, form: NoticeForm) -> Response:
    """Record that somebody who received a wrong lead was told."""

    def act() -> Answer:
        record = acts.record_notice(
            asked.service, asked.caller, correction, mark=form.mark, day=form.day.isoformat()
        )
        return created(Recorded(record=record))

    return asked.once(Operation.LEAD_NOTIFY, act, sent(form))

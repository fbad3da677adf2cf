"""``/v1/limits``: what waits for a supervisor, and his clearing it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from facegate.server.acts import limits as acts
from facegate.server.api.once import AskingOf, created, sent
from facegate.server.api.replies import Form, Line, Moment, Reply
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation

router = APIRouter(prefix="/v1/limits", tags=["limits"])


class WaitingReply(Reply):
    """Something that waits; ``people`` says how many were left out of lists, never who."""

    item: str
    what: str
    agency: str
    officer: str
    case_number: str
    rules: str
    people: int | None
    intent: int | None
    since: Moment


class WaitingList(Reply):
    """What waits for a supervisor."""

    waiting: list[WaitingReply]


class ClearForm(Form):
    """One thing that was listed, and why it is cleared; the reason is sealed."""

    item: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    reason: Line


class ClearedReply(Reply):
    """It is cleared, by these records."""

    records: list[int]


@router.get("/waiting")
def list_waiting(service: ServiceOf, caller: CallerOf) -> WaitingList:
    """List what waits for a supervisor of the caller's agency; of every agency for an auditor."""
    return WaitingList(waiting=[_waiting(one) for one in acts.list_waiting(service, caller)])


@router.post("/clearances", status_code=201, response_model=ClearedReply)
def clear(asked: AskingOf, form: ClearForm) -> Response:
    """Clear one thing that waits, as it was listed. Asks for a fresh login; never for one's own searches."""

    def act() -> Answer:
        records = acts.clear_one(asked.service, asked.caller, form.item, reason=form.reason)
        return created(ClearedReply(records=list(records)))

    return asked.once(Operation.LIMIT_CLEAR, act, sent(form))


def _waiting(one: acts.Item) -> WaitingReply:
    item = one.waits
    return WaitingReply(
        item=one.name,
        what=item.what,
        agency=item.agency,
        officer=item.officer,
        case_number=item.case_number,
        rules=item.rules,
        people=len(item.subjects) if item.what == "omitted" else None,
        intent=item.intent if item.intent >= 0 else None,
        since=datetime.fromtimestamp(item.at, UTC),
    )

"""``/v1/cases``: the register of cases. A case is addressed by its record: its number is no public word."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from facegate.gate.registers.cases import Case
from facegate.server.acts import cases as acts
from facegate.server.api.once import AskingOf, created, done, sent
from facegate.server.api.replies import Form, Line, Ori, Reply
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation

router = APIRouter(prefix="/v1/cases", tags=["cases"])

Record = Annotated[int, Path(ge=0, le=2**53 - 1, description="The case: the record that registered it.")]


class CaseForm(Form):
    """A case of the caller's agency; ``opened_on`` is today if it is left out."""

    case_number: Line
    offense_code: Line
    opened_on: date | None = None


class AmendForm(Form):
    """Another offense for a case; the reason is sealed."""

    offense_code: Line
    reason: Line


class CaseReply(Reply):
    """One case; ``confirmed_by`` is null while no second person confirmed it as it stands."""

    case: int
    agency: str
    case_number: str
    offense_code: str
    offense_by: str
    opened_on: date
    registered_by: str
    confirmed_by: str | None
    is_open: bool


class CaseList(Reply):
    """Cases in the order in which they were registered; ``more`` says that older ones are left out."""

    cases: list[CaseReply]
    more: bool


@router.post("", status_code=201, response_model=CaseReply)
def open_case(asked: AskingOf, form: CaseForm) -> Response:
    """Register a case, or open again one that was closed. Its opener cannot search under it unconfirmed."""

    def act() -> Answer:
        case = acts.open_case(
            asked.service,
            asked.caller,
            case_number=form.case_number,
            offense_code=form.offense_code,
            opened_on=form.opened_on.isoformat() if form.opened_on else "",
        )
        return created(_case(case), f"/v1/cases/{case.record}")

    return asked.once(Operation.CASE_OPEN, act, sent(form))


@router.get("")
def list_cases(
    service: ServiceOf,
    caller: CallerOf,
    *,
    agency: Annotated[Ori | None, Query(description="Whose; the caller's own if left out.")] = None,
    closed: Annotated[bool, Query(description="Closed cases as well.")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> CaseList:
    """List the cases of an agency, the last registered last. Not for publication."""
    found = acts.list_cases(service, caller, agency=agency or "", closed_too=closed)
    return CaseList(cases=[_case(one) for one in found[-limit:]], more=len(found) > limit)


@router.get("/{record}")
def get_case(service: ServiceOf, caller: CallerOf, record: Record) -> CaseReply:
    """Give one case."""
    return _case(acts.get_case(service, caller, record))


@router.post("/{record}/confirmation", response_model=CaseReply)
def confirm(asked: AskingOf, record: Record) -> Response:
    """Confirm a case as it stands, as the second person behind it. Asks for a fresh login."""

    def act() -> Answer:
        return done(_case(acts.confirm(asked.service, asked.caller, record)))

    return asked.once(Operation.CASE_CONFIRM, act)


@router.post("/{record}/amendments", response_model=CaseReply)
def amend(asked: AskingOf, record: Record, form: AmendForm) -> Response:
    """Put another offense in the place of the one a case is registered with; that ends its confirmation."""

    def act() -> Answer:
        found = acts.amend(
            asked.service, asked.caller, record, offense_code=form.offense_code, reason=form.reason
        )
        return done(_case(found))

    return asked.once(Operation.CASE_OPEN, act, sent(form))


@router.post("/{record}/closing", response_model=CaseReply)
def close(asked: AskingOf, record: Record) -> Response:
    """Close a case: nothing is searched under it any more."""

    def act() -> Answer:
        return done(_case(acts.close(asked.service, asked.caller, record)))

    return asked.once(Operation.CASE_CLOSE, act)


def _case(case: Case) -> CaseReply:
    return CaseReply(
        case=case.record,
        agency=case.agency,
        case_number=case.case_number,
        offense_code=case.offense_code,
        offense_by=case.offense_by,
        opened_on=date.fromisoformat(case.opened_on),
        registered_by=case.registered_by,
        confirmed_by=case.confirmed_by or None,
        is_open=case.is_open,
    )

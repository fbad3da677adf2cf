"""``/v1/misuse``: the register of suspected misuse.

Complaints are filed by signed-in staff only: a record names the officer who vouches for it. A complaint from
the public is made to the agency, the auditor or the misuse officer, one of whom files it.
"""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from facegate.oversight.misuse.case import MisuseCase
from facegate.oversight.misuse.history import Step
from facegate.server.acts import misuse as acts
from facegate.server.api.once import AskingOf, created, sent
from facegate.server.api.replies import Form, Line, Moment, Ori, Recorded, Reply, Text, Word, Yes
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.idempotency import Answer
from facegate.server.identity.caller import Caller
from facegate.server.identity.roles import Operation
from facegate.server.service import Service

router = APIRouter(prefix="/v1/misuse", tags=["misuse"])

Number = Annotated[
    int, Path(ge=0, le=2**53 - 1, description="Number of the case: the record that opened it.")
]
State = Literal["pending", "confirmed", "cleared"]
SearchName = Annotated[str, Field(pattern=r"^([0-9a-f-]{36}|late-[0-9]{1,18})$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Complaint(Form):
    """What is suspected of whom; all but agency, class and source is sealed on the log."""

    misuse_class: Word
    narrative: Text
    source: Literal["complaint", "detector", "audit"] = "complaint"
    agency: Ori | None = None
    officer: Line | None = None
    searches: list[SearchName] = Field(default=[], max_length=1000)


class NoteForm(Form):
    """A follow-up: what was done about a pending case."""

    step: Literal["note"]
    text: Text


class CloseForm(Form):
    """A decision. A second confirmed case of one officer within 24 months asks for one on his standing."""

    step: Literal["close"]
    state: Literal["confirmed", "cleared"]
    reason: Text
    outcome: Word | None = None
    outcome_text: Text | None = None
    officer: Line | None = None
    suspend: Yes = False
    decline_suspension: Text | None = None


class OutcomeForm(Form):
    """What came of a confirmed case."""

    step: Literal["outcome"]
    outcome: Word
    outcome_text: Text | None = None


class ReopenForm(Form):
    """A closed case is pending again."""

    step: Literal["reopen"]
    reason: Text


StepForm = Annotated[NoteForm | CloseForm | OutcomeForm | ReopenForm, Field(discriminator="step")]


class Statement(Form):
    """An agency's own count of a year that is over; all zero is a filing, silence is none."""

    year: Annotated[int, Field(ge=1970, le=9998)]
    opened: Count
    confirmed: Count
    cleared: Count
    pending: Count
    outcomes: dict[Word, Count] = Field(default_factory=dict)


class CaseReply(Reply):
    """One case as it stands; ``officer`` is null while nobody is known."""

    number: int
    agency: str
    source: str
    misuse_class: str
    officer: str | None
    searches: list[str]
    opened: Moment
    state: State
    days_pending: int
    overdue: bool
    n_notes: int
    n_reopened: int
    closed: Moment | None
    outcome: str | None
    by_own_agency: bool | None
    suspension: str | None


class StepReply(Reply):
    """One record about a case; who acted and what was written is null or missing where it was erased."""

    record: int
    kind: str
    at: Moment
    refused: bool
    by: str | None
    by_agency: str | None
    words: dict[str, str]


class CaseWithSteps(CaseReply):
    """One case with everything recorded about it."""

    steps: list[StepReply]


class CaseList(Reply):
    """Cases, the newest first; ``more`` says that older ones are left."""

    cases: list[CaseReply]
    more: bool


class CaseOpened(Recorded):
    """A case is open."""

    number: int


class StepRecorded(Recorded):
    """A step of a case is on record."""

    number: int
    state: State


class FindingReply(Reply):
    """One thing that is owed; it names no officer."""

    what: str
    agency: str
    due: date
    overdue: bool
    say: str


class DocketReply(Reply):
    """The oversight docket; ``days_since_opened`` is null if the body never opened it."""

    findings: list[FindingReply]
    n_overdue: int
    days_since_opened: int | None


class DocketOpened(DocketReply, Recorded):
    """The docket as it was opened for the oversight body."""


@router.get("")
def list_cases(
    service: ServiceOf,
    caller: CallerOf,
    *,
    agency: Annotated[Ori | None, Query(description="Only cases about this agency.")] = None,
    state: Annotated[State | None, Query(description="Only cases in this state.")] = None,
    before: Annotated[int | None, Query(ge=0, description="Only cases with a lower number.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> CaseList:
    """List cases of suspected misuse. For auditors and misuse officers; none about the caller."""
    found = acts.list_cases(service, caller, agency=agency or "", state=state or "")
    rest = [one for one in found if before is None or one.number < before]
    return CaseList(cases=[_case(service, one) for one in rest[:limit]], more=len(rest) > limit)


@router.post("", status_code=201, response_model=CaseOpened)
def file_case(asked: AskingOf, form: Complaint) -> Response:
    """File suspected misuse. For signed-in staff: the record names the officer who vouches for it."""

    def act() -> Answer:
        number = acts.file_case(
            asked.service,
            asked.caller,
            misuse_class=form.misuse_class,
            narrative=form.narrative,
            source=form.source,
            agency=form.agency or "",
            officer=form.officer or "",
            searches=tuple(form.searches),
        )
        return created(CaseOpened(number=number, record=number), f"/v1/misuse/{number}")

    return asked.once(Operation.MISUSE_FILE, act, sent(form))


@router.get("/docket")
def read_docket(service: ServiceOf, caller: CallerOf) -> DocketReply:
    """Give what is owed in the register: cases pending too long, missing statements, repeats."""
    return DocketReply.model_validate(acts.read_docket(service, caller))


@router.post("/docket/openings", status_code=201, response_model=DocketOpened)
def open_docket(asked: AskingOf) -> Response:
    """Open the docket for the oversight body; that it looked is put on the log."""

    def act() -> Answer:
        found, record = acts.record_docket(asked.service, asked.caller)
        said = DocketReply.model_validate(found)
        return created(DocketOpened(**said.model_dump(), record=record))

    return asked.once(Operation.MISUSE_ACT, act)


@router.post("/statements", status_code=201, response_model=Recorded)
def file_statement(asked: AskingOf, form: Statement) -> Response:
    """File the yearly statement of the caller's own agency; it is held against the log."""
    counts = form.model_dump(include={"opened", "confirmed", "pending", "cleared"})

    def act() -> Answer:
        record = acts.file_year(
            asked.service, asked.caller, year=form.year, counts=counts, outcomes=form.outcomes
        )
        return created(Recorded(record=record))

    return asked.once(Operation.MISUSE_ACT, act, sent(form))


@router.get("/{number:int}")
def get_case(service: ServiceOf, caller: CallerOf, number: Number) -> CaseWithSteps:
    """Give one case with everything recorded about it, its sealed words included."""
    case, steps = acts.get_case(service, caller, number)
    return CaseWithSteps(**_case(service, case).model_dump(), steps=[_step(one) for one in steps])


@router.post("/{number:int}/steps", status_code=201, response_model=StepRecorded)
def take_step(asked: AskingOf, number: Number, form: StepForm) -> Response:
    """Take the next step of a case: note, close, outcome or reopen. Asks for a fresh login."""

    def act() -> Answer:
        record, state = _taken(asked.service, asked.caller, number, form)
        return created(StepRecorded.model_validate({"number": number, "state": state, "record": record}))

    return asked.once(Operation.MISUSE_ACT, act, sent(form))


def _taken(service: Service, caller: Caller, number: int, form: StepForm) -> tuple[int, str]:
    """Take a step; give its record and how the case stands after it."""
    if isinstance(form, NoteForm):
        return acts.add_note(service, caller, number, text=form.text), "pending"
    if isinstance(form, CloseForm):
        return acts.close(service, caller, number, _closing(form)), form.state
    if isinstance(form, OutcomeForm):
        text = form.outcome_text or ""
        return acts.set_outcome(service, caller, number, outcome=form.outcome, outcome_text=text), "confirmed"
    return acts.reopen(service, caller, number, reason=form.reason), "pending"


def _closing(form: CloseForm) -> acts.Closing:
    return acts.Closing(
        state=form.state,
        reason=form.reason,
        outcome=form.outcome or "",
        outcome_text=form.outcome_text or "",
        officer=form.officer or "",
        suspend=form.suspend,
        decline_suspension=form.decline_suspension or "",
    )


def _case(service: ServiceOf, case: MisuseCase) -> CaseReply:
    at = service.desk.clock()
    return CaseReply(
        number=case.number,
        agency=case.agency,
        source=case.source,
        misuse_class=case.misuse_class,
        officer=case.officer or None,
        searches=list(case.searches),
        opened=case.opened,
        state=case.state.value,
        days_pending=case.pending_for(at).days,
        overdue=case.overdue(at),
        n_notes=len(case.notes),
        n_reopened=case.n_reopened,
        closed=case.closed,
        outcome=case.outcome or None,
        by_own_agency=case.by_own_agency,
        suspension=case.suspension or None,
    )


def _step(step: Step) -> StepReply:
    return StepReply.model_validate(step)

"""``/v1/searches/{id}/sheet``, ``images``, ``reviews`` and ``releases``; ``/v1/reviews``: what waits.

Images leave as attachments: no page of another origin shows one, no browser guesses what else it may be.
"""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import Response

from facegate.errors import InputError
from facegate.gate.review.state import Finding, Opinion, Reviewed
from facegate.policy.forms import MOST_CANDIDATES
from facegate.server.acts import reviews as acts
from facegate.server.api.once import AskingOf, created, sent
from facegate.server.api.replies import Form, Line, Ori, Recorded, Reply
from facegate.server.api.searches import SearchName
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation

router = APIRouter(prefix="/v1", tags=["reviews"])

Rank = Annotated[int, Field(ge=1, le=MOST_CANDIDATES)]
RankPath = Annotated[int, Path(ge=1, le=MOST_CANDIDATES, description="Rank of the candidate, from 1.")]
PNG = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class WaitingReply(Reply):
    """A search whose review is not closed."""

    search_id: str
    agency: str
    searched_at: str
    n_candidates: int
    n_findings: int
    stage: str


class WaitingList(Reply):
    """Searches that wait for their review, oldest first."""

    reviews: list[WaitingReply]


class SheetLine(Reply):
    """One candidate as a reviewer sees him."""

    rank: int
    band: str
    subject_ref: str


class FindingReply(Reply):
    """What a reviewer found of every candidate, in rank order."""

    reviewer: str
    agency: str
    opinions: list[Opinion]
    at: str


class SheetReply(Reply):
    """A candidate list for its reviewer, with the findings he may read: his own, or both once both are in."""

    search_id: str
    candidates: list[SheetLine]
    n_at_or_above: int
    findings: list[FindingReply]
    notice: str


class OpinionForm(Form):
    """What is found of one candidate."""

    rank: Rank
    opinion: Opinion


class FindingForm(Form):
    """What a reviewer finds of every candidate; it is never changed."""

    findings: Annotated[list[OpinionForm], Field(min_length=1, max_length=MOST_CANDIDATES)]


class ReleaseForm(Form):
    """Who receives the list; ``to_agency`` is the agency that asked if it is left out."""

    to: Line
    to_agency: Ori | None = None


class ReleaseReply(Recorded):
    """A list was released; its recipient reads it under his mark at the search's address."""

    search_id: str
    mark: str
    n_leads: int
    n_withheld: int


@router.get("/reviews")
def list_open(service: ServiceOf, caller: CallerOf) -> WaitingList:
    """List the searches that wait for their review, for reviewers."""
    return WaitingList(reviews=[_waiting(one) for one in acts.list_open(service, caller)])


@router.get("/searches/{search_id}/sheet")
def open_sheet(service: ServiceOf, caller: CallerOf, search_id: SearchName) -> SheetReply:
    """Show the candidates to one of the two reviewers: rank, band, reference. That he looked is recorded."""
    opened = acts.open_sheet(service, caller, str(search_id))
    sheet = opened.sheet
    return SheetReply(
        search_id=sheet.search_id,
        candidates=[SheetLine.model_validate(one) for one in sheet.candidates],
        n_at_or_above=sheet.n_at_or_above,
        findings=[_finding(one) for one in opened.findings],
        notice=sheet.notice,
    )


@router.get(
    "/searches/{search_id}/images/probe",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
def probe_image(service: ServiceOf, caller: CallerOf, search_id: SearchName) -> Response:
    """Give the probe to a reviewer, or to whoever received the list, under his mark."""
    return _png(acts.image(service, caller, str(search_id), 0), "probe")


@router.get(
    "/searches/{search_id}/images/{rank}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}}},
)
def candidate_image(service: ServiceOf, caller: CallerOf, search_id: SearchName, rank: RankPath) -> Response:
    """Give the photo of a candidate to a reviewer, or of a released lead to its recipient, under his mark."""
    return _png(acts.image(service, caller, str(search_id), rank), f"candidate-{rank}")


@router.post("/searches/{search_id}/reviews", status_code=201, response_model=Recorded)
def find(asked: AskingOf, search_id: SearchName, form: FindingForm) -> Response:
    """Record what a reviewer finds of every candidate. A second finding of the same person is a conflict."""

    def act() -> Answer:
        opinions = _opinions(form)
        return created(Recorded(record=acts.find(asked.service, asked.caller, str(search_id), opinions)))

    return asked.once(Operation.REVIEW_FIND, act, sent(form))


@router.post("/searches/{search_id}/releases", status_code=201, response_model=ReleaseReply)
def release(asked: AskingOf, search_id: SearchName, form: ReleaseForm) -> Response:
    """Release a reviewed list to one person, under a mark of his own. Asks for a fresh login."""

    def act() -> Answer:
        released = acts.release_to(
            asked.service, asked.caller, str(search_id), to=form.to, to_agency=form.to_agency or ""
        )
        reply = ReleaseReply(
            search_id=released.search_id,
            mark=released.mark,
            record=released.record,
            n_leads=released.n_leads,
            n_withheld=len(released.candidates) - released.n_leads,
        )
        return created(reply, f"/v1/searches/{released.search_id}")

    return asked.once(Operation.LIST_RELEASE, act, sent(form))


def _opinions(form: FindingForm) -> dict[int, str]:
    """Read the opinions; of two about one candidate neither counts."""
    stated = {one.rank: str(one.opinion) for one in form.findings}
    if len(stated) < len(form.findings):
        msg = "a candidate is named twice; wanted one opinion of each"
        raise InputError(msg)
    return stated


def _png(data: bytes, name: str) -> Response:
    headers = {**PNG, "Content-Disposition": f'attachment; filename="{name}.png"'}
    return Response(data, media_type="image/png", headers=headers)


def _waiting(one: Reviewed) -> WaitingReply:
    return WaitingReply(
        search_id=one.search_id,
        agency=one.agency,
        searched_at=one.searched_at,
        n_candidates=one.n_candidates,
        n_findings=len(one.findings),
        stage=str(one.stage),
    )


def _finding(one: Finding) -> FindingReply:
    return FindingReply(reviewer=one.reviewer, agency=one.agency, opinions=list(one.opinions), at=one.at)

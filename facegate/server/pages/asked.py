"""What a searcher asked approval for: waiting, sent back with a reason, or approved and ready to search."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from facegate.server.acts import permit_asks as acts
from facegate.server.asked_permits import State
from facegate.server.asking import ServiceOf, demand
from facegate.server.identity.roles import Operation
from facegate.server.pages.asked_words import told
from facegate.server.pages.calling import PageCallerOf, see
from facegate.server.pages.forms import FormOf
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import REFUSALS, errors_of, problem_from, status_of
from facegate.server.problems import Problem
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)

# inline, for it stands on our own page; no other origin may show it (Cross-Origin-Resource-Policy)
SHOWN: Final = {"Content-Disposition": 'inline; filename="asked.png"', "Cache-Control": "no-store"}


@router.get("/console/asked/{ask_id}")
def show(request: Request, service: ServiceOf, caller: PageCallerOf, ask_id: UUID) -> Response:
    """Show how something asked for stands, with every word of it."""
    demand(caller, Operation.PERMIT_ASK, at=service.desk.clock())
    return _page(request, service, caller, str(ask_id))


@router.get("/console/asked/{ask_id}/photo")
@router.get("/approvals/asked/{ask_id}/photo")
def photo(service: ServiceOf, caller: PageCallerOf, ask_id: UUID) -> Response:
    """Give the photo, for the page alone."""
    return Response(acts.photo_of(service, caller, str(ask_id)), media_type="image/png", headers=SHOWN)


@router.post("/console/asked/{ask_id}/search")
def search(
    request: Request, service: ServiceOf, caller: PageCallerOf, ask_id: UUID, form: FormOf
) -> Response:
    """Search with exactly what was approved, and go to the search's page."""
    try:
        made = acts.search_asked(
            service, caller, str(ask_id), source_address=form.text("source_address") or None
        )
    except REFUSALS as error:
        return _page(request, service, caller, str(ask_id), problem_from(error))
    return see(f"/searches/{made.reply.search_id}")


@router.post("/console/asked/{ask_id}/withdrawal")
def withdraw(service: ServiceOf, caller: PageCallerOf, ask_id: UUID, form: FormOf) -> Response:
    """Destroy what was asked for."""
    del form  # it is of our own page: that was checked when it was read
    acts.withdraw(service, caller, str(ask_id))
    return see("/console")


def _page(
    request: Request, service: Service, caller: PageCallerOf, ask_id: str, problem: Problem | None = None
) -> Response:
    try:
        found = acts.get_asked(service, caller, ask_id)
    except Problem as gone:
        raise problem or gone from None  # a search used it up, and broke off: that is what there is to tell
    return page(
        request, service, caller, "asked.html.j2",
        status=status_of(problem), problem=problem, errors=errors_of(problem),
        asked=found, State=State, parts=told(service, caller, found.request),
        mine=found.account == caller.account,
    )  # fmt: skip

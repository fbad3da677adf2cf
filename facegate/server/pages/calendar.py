"""The calendar: what is owed and by when, what is overdue first; and what keeps the gate open."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from facegate.server.acts import calendar as acts
from facegate.server.api.health import readiness_of
from facegate.server.asking import ServiceOf
from facegate.server.pages.calling import PageCallerOf
from facegate.server.pages.rendering import page
from facegate.server.readiness import Readiness

router = APIRouter(include_in_schema=False)


@router.get("/calendar")
def show_calendar(
    request: Request,
    service: ServiceOf,
    caller: PageCallerOf,
    readiness: Annotated[Readiness, Depends(readiness_of)],
) -> Response:
    """Show everything that is owed and is the caller's to see."""
    found = acts.read_calendar(service, caller, readiness)
    overdue = [one for one in found.owed if one.overdue]
    to_come = [one for one in found.owed if not one.overdue]
    return page(request, service, caller, "calendar.html.j2", found=found, overdue=overdue, to_come=to_come)

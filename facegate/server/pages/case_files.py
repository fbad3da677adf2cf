"""Case files: what the defense is owed about a case, made on its page and saved by the browser."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from facegate.server.acts import case_files as acts
from facegate.server.api.case_files import case_file_reply
from facegate.server.asking import ServiceOf
from facegate.server.pages.calling import PageCallerOf
from facegate.server.pages.cases import Record, case_again
from facegate.server.pages.forms import FormOf
from facegate.server.pages.trouble import REFUSALS, problem_from

router = APIRouter(include_in_schema=False)

OK: Final = 200


@router.post("/cases/{record}/case-file")
def make_case_file(
    request: Request, service: ServiceOf, caller: PageCallerOf, record: Record, form: FormOf
) -> Response:
    """Make the case file of a case; the page it was asked for on stays where it is."""
    try:
        made = acts.export(service, caller, record, recipient=form.text(acts.RECIPIENT))
    except REFUSALS as error:
        return case_again(request, service, caller, record, problem_from(error), values=form.fields)
    return case_file_reply(made, status=OK)

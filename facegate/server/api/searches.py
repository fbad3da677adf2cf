"""``/v1/searches``: asked for, and read as far as they are released."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import Response

from facegate.server.acts import searches as acts
from facegate.server.acts.ahead import Ahead
from facegate.server.api.once import JSON, AskingOf, created, sent
from facegate.server.api.probe_form import ProbePart, SearchPart
from facegate.server.api.search_reply import SearchReply, made_reply, padded, standing_reply
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation

router = APIRouter(prefix="/v1/searches", tags=["searches"])

SearchName = Annotated[UUID, Path(description="Id of the search, a UUID.")]


@router.post("", status_code=201, response_model=SearchReply)
def ask(asked: AskingOf, request: SearchPart, probe: ProbePart) -> Response:
    """Ask for one face search. The law decides first; every attempt with a photo that opens is on the log.

    Requester and agency are the caller's own. Candidates wait for two reviewers; until the list is released,
    the reply says how many, and nothing of them.

    A refusal by the law is 403, is on record, and comes with its receipt and every rule that failed. So it is
    as well where a field that the law demands is left out or holds an unknown code (not 422), and where one
    of the gate's own caps on searches is reached (not 429): these are rules of the gate, whose every refusal
    is recorded. 422 and 429 are told before the gate is asked, and leave no record: a body that is not in the
    form, a photo without a usable face, the service's rate limits. A photo that opens and has no face, or
    several, is on record; one that cannot be opened is not.
    """
    data = probe.file.read()
    stated = request.request()
    ahead = Ahead(asked.service, asked.caller, stated, data)

    def act() -> Answer:
        made = acts.ask(asked.service, asked.caller, stated, ahead, permit=request.permit)
        reply = made_reply(asked.service, made)
        return created(reply, f"/v1/searches/{reply.search_id}", body=padded(reply))

    return asked.once(Operation.SEARCH_ASK, act, sent(request), data, ahead=ahead.begin)


@router.get("/{search_id}", response_model=SearchReply)
def get_search(service: ServiceOf, caller: CallerOf, search_id: SearchName) -> Response:
    """Say how a search stands; to whoever received its list, with the list under his mark."""
    standing = acts.read_search(service, caller, str(search_id))
    return Response(padded(standing_reply(service, standing)), headers=JSON)

"""What every POST that acts goes through: may he at all, then once under its Idempotency-Key.

Who may not ask, or must prove himself again, is told so before a key is taken: with the right account, or a
fresh login, the same key is good.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from facegate.server.asking import CallerOf, ServiceOf, demand
from facegate.server.idempotency import Answer
from facegate.server.idempotency_key import KEY_FORM, read_key, request_digest
from facegate.server.identity.caller import Caller
from facegate.server.identity.cookies import SAFE
from facegate.server.identity.roles import Operation
from facegate.server.problems import Problem
from facegate.server.service import Service

JSON = {"content-type": "application/json"}
NO_KEY = (
    "no Idempotency-Key is taken here, and nothing was done: the reply holds what is not kept to be given "
    "twice; send it without one, and look whether it was done before you send it again"
)


@dataclass(frozen=True, slots=True)
class Asking:
    """One request that acts.

    Parameters
    ----------
    service : Service
        What it is answered from.
    caller : Caller
        Whoever asks.
    key : str or None
        Its Idempotency-Key as it was sent; without one it acts each time.
    method, path : str
        Of the request.
    """

    service: Service
    caller: Caller
    key: str | None
    method: str
    path: str

    def once(
        self,
        operation: Operation,
        act: Callable[[], Answer],
        *parts: bytes,
        ahead: Callable[[], object] | None = None,
    ) -> Response:
        """Act, or give what the first request under the key was answered.

        Parameters
        ----------
        operation : Operation
            What is asked for.
        act : callable
            Acts and gives the answer.
        *parts : bytes
            What the request brought: under one key nothing else is done.
        ahead : callable, optional
            As in `facegate.server.idempotency.Idempotency.run`.

        Raises
        ------
        Problem
            401, 403; 409 or 422 of the key; as the act.
        """
        demand(self.caller, operation, at=self.service.desk.clock())
        if self.key is None:
            return act().response()
        digest = request_digest(self.method, self.path, *parts)
        mine = self.caller.account
        return self.service.idempotency.run(self.key, mine, digest, act, ahead=ahead).response()


async def asking(  # waits for nothing: it needs no thread of its own
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    *,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="8 to 128 characters in double quotes, such as a UUID. Sent again within 24 hours: "
            "the same answer, and nothing is done twice.",
            json_schema_extra={"pattern": KEY_FORM},
        ),
    ] = None,
) -> Asking:
    """Take from a request who asks and under which key."""
    read_key(
        key
    )  # refused before anything is asked, if it is none; as it was sent, it is read where it counts
    return Asking(service, caller, key, request.method, request.url.path)


AskingOf = Annotated[Asking, Depends(asking)]


async def no_key_taken(request: Request) -> None:  # waits for nothing, like the one above
    """Refuse an Idempotency-Key where a request acts and no reply is kept: it holds what is handed out once.

    A key that was ignored would promise what is not kept: whoever sends again would act again.

    Raises
    ------
    Problem
        400 if an Idempotency-Key was sent; nothing has acted.
    """
    if "idempotency-key" in request.headers and request.method not in SAFE:
        raise Problem(HTTPStatus.BAD_REQUEST, "idempotency-key-refused", NO_KEY)


async def without_key(
    request: Request, service: ServiceOf, caller: CallerOf, _: Annotated[None, Depends(no_key_taken)]
) -> Asking:
    """Take who asks, where no key is taken; see `no_key_taken`."""
    return Asking(service, caller, None, request.method, request.url.path)


KeylessOf = Annotated[Asking, Depends(without_key)]


def sent(form: BaseModel) -> bytes:
    """Give a form as it counts for its key: what it says, however it was spaced."""
    return form.model_dump_json().encode()


def created(reply: BaseModel, location: str = "", *, body: bytes | None = None) -> Answer:
    """Answer 201, with the address of what was made if it has one."""
    headers = {**JSON, "location": location} if location else JSON
    return Answer(
        int(HTTPStatus.CREATED), reply.model_dump_json().encode() if body is None else body, headers
    )


def done(reply: BaseModel) -> Answer:
    """Answer 200: something that was there is another now."""
    return Answer(int(HTTPStatus.OK), reply.model_dump_json().encode(), JSON)

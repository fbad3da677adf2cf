"""Bodies of JSON: read strictly before anything else reads them, since two readers of one text may differ.

A key that comes twice is read by one program as the first and by another as the second: a gateway would let
through what the service then takes as something else. The same holds for NaN, for text of another encoding
than UTF-8 (RFC 8259, section 8.1), and for a mark of its bytes' order.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from facegate.policy.request_file import read_json
from facegate.server.edge.answering import answer
from facegate.server.edge.bodies import too_large
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class JsonBodies:
    """Middleware that lets no body of JSON through that could be read in two ways.

    Stands behind `facegate.server.edge.bodies.Bodies`, which bounds what comes here in size and time.

    Parameters
    ----------
    app : ASGIApp
        What is behind it.
    most : int
        Largest body of JSON, bytes, also where a larger photo is taken: it is read whole before it is known
        who sends it.
    """

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self.app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but a body of JSON is passed on."""
        if scope["type"] != "http" or not is_json(Headers(scope=scope).get("content-type", "")):
            await self.app(scope, receive, send)
            return
        body = await _whole(receive, self._most)
        if body is None:
            return  # its sender is gone, or was answered by what bounds it
        if len(body) > self._most:
            await answer(scope, too_large(self._most))(scope, receive, send)
            return
        if body and not _is_strict(body):
            await answer(scope, _not_strict())(scope, receive, send)
            return
        await self.app(scope, _again(body, receive), send)


def is_json(content_type: str) -> bool:
    """Tell whether a body is said to be JSON, or of a type made of it (RFC 6839, section 3.1).

    Examples
    --------
    >>> is_json("Application/JSON; charset=utf-8"), is_json("application/problem+json"), is_json("text/json")
    (True, True, False)
    """
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith("application/") and kind.endswith(("/json", "+json"))


async def _whole(receive: Receive, most: int) -> bytes | None:
    """Read a body to its end, or until it is larger than is taken; None if it has no end."""
    body = bytearray()
    while len(body) <= most:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def _is_strict(body: bytes) -> bool:
    try:
        read_json(body.decode())
    except ValueError:  # covers bad UTF-8 and integers of thousands of digits
        return False
    return True


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body once more, and after it whatever else there is to hear."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _not_strict() -> Problem:
    detail = (
        "the body is not JSON that everybody reads alike: wanted UTF-8, no key twice, no NaN, and not nested "
        "by hundreds"
    )
    return Problem(HTTPStatus.BAD_REQUEST, "malformed-request", detail)

"""Bodies of JSON: read strictly before anything else reads them, since two readers of one text may differ.

A key that comes twice is read by one program as the first and by another as the second: a gateway would let
through what the service then takes as something else. The same holds for NaN, for text of another encoding
than UTF-8 (RFC 8259, section 8.1), and for a mark of its bytes' order.

Only a body that a route takes is read here. What is longer than a few kilobytes is parsed beside the event
loop, two at a time: a parser at work keeps everybody waiting.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers

from facegate.policy.request_file import read_json
from facegate.server.edge.answering import answer
from facegate.server.edge.bodies import too_large
from facegate.server.edge.takes import Takes
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

AT_ONCE: Final = 4 * 1024
"""Bytes that are parsed on the event loop: a millisecond at most."""
PARSERS: Final = 2
_READS: Final = frozenset({Takes.JSON, Takes.OWN})


class JsonBodies:
    """Middleware that lets no body of JSON through that could be read in two ways.

    Stands behind `facegate.server.edge.bodies.Bodies`, which bounds what comes here in size and time.

    Parameters
    ----------
    app : ASGIApp
        What is behind it.
    most : callable
        Largest body of JSON that a path takes, bytes.
    """

    def __init__(self, app: ASGIApp, *, most: Callable[[str], int]) -> None:
        self.app = app
        self._most = most
        self._parsers = ThreadPoolExecutor(PARSERS, thread_name_prefix="json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but a body of JSON that is taken is passed on, unread."""
        if not _takes_json(scope):
            await self.app(scope, receive, send)
            return
        most = self._most(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > most:
            await answer(scope, too_large(most))(scope, receive, send)
            return
        body = await _whole(receive, most)
        if body is None:
            return  # its sender is gone, or was answered by what bounds it
        if len(body) > most:
            await answer(scope, too_large(most))(scope, receive, send)
            return
        if body and not await self._read(body):
            await answer(scope, _not_strict())(scope, receive, send)
            return
        await self.app(scope, _again(body, receive), send)

    async def _read(self, body: bytes) -> bool:
        if len(body) <= AT_ONCE:
            return _is_strict(body)
        return await asyncio.get_running_loop().run_in_executor(self._parsers, _is_strict, body)


def _takes_json(scope: Scope) -> bool:
    """Whether a request brings JSON to a route that reads it."""
    if scope["type"] != "http" or scope.get("state", {}).get("takes", Takes.NOTHING) not in _READS:
        return False
    return is_json(Headers(scope=scope).get("content-type", ""))


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

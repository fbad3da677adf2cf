"""How many requests are worked on at once, and none any more once the service stops."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.server.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

ALWAYS: Final = "/livez"
"""Whether the process lives is answered however busy it is, or it is killed for being busy."""


class Admission:
    """ASGI application that lets a bounded number of requests through to another.

    Counted on the event loop alone, so without a lock.

    Parameters
    ----------
    app : ASGIApp
        The service.
    most : int
        Most requests at once.
    """

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self.app = app
        self._most = most
        self._stopping = False
        self.running = 0

    def stop(self) -> None:
        """Let nothing more through; what is through goes on."""
        self._stopping = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything else is passed on."""
        if scope["type"] != "http" or scope["path"] == ALWAYS:
            await self.app(scope, receive, send)
            return
        if self._stopping:
            await stopping().response()(scope, receive, send)
            return
        if self.running >= self._most:
            await busy().response()(scope, receive, send)
            return
        self.running += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.running -= 1


def stopping() -> Problem:
    """Say that the service stops, and that this request was not begun."""
    detail = "the service is stopping; this request was not begun"
    headers = {"Retry-After": "10", "Connection": "close"}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "stopping", detail, headers=headers)


def busy() -> Problem:
    """Say that as many requests are worked on as can be, and that this one was not begun."""
    detail = "as many requests are worked on as can be; this one was not begun"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail, headers={"Retry-After": "2"})

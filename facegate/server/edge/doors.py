"""What is decided before a byte of a body is read: whether one is taken here, of which kind, and from whom.

A photo, an archive or a long text is taken only from somebody who is known and may send it: else anybody
could have the service read, hold and parse megabytes, and be refused at the end.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import DBAPIError
from starlette.datastructures import Headers
from starlette.requests import Request

from facegate.errors import FacegateError
from facegate.server.edge.handlers import refusal
from facegate.server.edge.takes import Takes, Taking
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

PARTS: Final = "multipart/form-data"
SHORT: Final = 8 * 1024
"""Bytes that are read of anybody where no file is taken: a name, a finding. Who sends them is asked once,
after them."""


class Doors:
    """Middleware that refuses a body unread; puts what the route takes at ``scope["state"]["takes"]``.

    Parameters
    ----------
    app : ASGIApp
        What is behind it.
    routes : iterable of BaseRoute
        Of the application.
    known_first : callable, optional
        Given a request whose body is not to be read of anybody; raises the problem that refuses it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Iterable[BaseRoute],
        known_first: Callable[[Request], Awaitable[None]] | None = None,
    ) -> None:
        self.app = app
        self._taking = Taking(routes)
        self._known_first = known_first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything else is passed on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        takes = self._taking.of(scope["method"], scope["path"])
        scope.setdefault("state", {})["takes"] = takes
        if takes is Takes.NOTHING:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            if self._known_first is not None and is_long(takes, headers):
                await self._known_first(Request(scope))
            if takes is Takes.PARTS and (problem := not_parts(headers)) is not None:
                raise problem
        except (Problem, FacegateError, DBAPIError) as error:
            told = await refusal(Request(scope), error)
            await told(scope, receive, send)
            return
        await self.app(scope, receive, send)


def is_long(takes: Takes, headers: Headers) -> bool:
    """Tell whether a body is one to ask for its sender first: a file, or more than is short, or endless."""
    if takes is Takes.PARTS:
        return True
    declared = headers.get("content-length", "")
    return "transfer-encoding" in headers or (declared.isdecimal() and int(declared[:20]) > SHORT)


def not_parts(headers: Headers) -> Problem | None:
    """Say that a file is sent as one part of a form, where a body is said to be something else."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == PARTS or (not kind and headers.get("content-length", "0") == "0"):
        return None  # nothing was sent: what is missing is told by name
    detail = f"the body is said to be of another kind than what is taken here; wanted {PARTS}"
    return Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)

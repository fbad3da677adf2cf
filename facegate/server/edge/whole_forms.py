"""Forms of parts that end: one that was cut off is refused, and not read as one that has fewer fields.

RFC 2046, section 5.1.1: the last part is followed by the boundary between two pairs of hyphens. The
framework's reader takes what came before the end for all there is.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers

from facegate.server.edge.answering import answer
from facegate.server.edge.doors import PARTS
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

AFTER: Final = 64
"""Bytes that may follow the end: a line break, by some senders more than one."""
LONGEST: Final = 256
"""Longest boundary that is looked for, bytes: RFC 2046 has 70, and the reader refuses longer ones."""


class WholeForms:
    """Middleware that lets no form of parts through to its end that has none.

    Parameters
    ----------
    app : ASGIApp
        What is behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything but a form of parts is passed on."""
        boundary = _boundary(scope) if scope["type"] == "http" else b""
        if not boundary:
            await self.app(scope, receive, send)
            return
        form = _Form(scope, receive, send, boundary)
        await self.app(scope, form.receive, form.send)


class _Form:
    """One form on its way in, and the reply on its way out."""

    __slots__ = ("_end", "_receive", "_refused", "_scope", "_send", "_tail")

    def __init__(self, scope: Scope, receive: Receive, send: Send, boundary: bytes) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._end = b"--" + boundary + b"--"
        self._tail = b""
        self._refused = False

    async def receive(self) -> Message:
        """Give the next part of the body; after the last, word that the sender is gone if it has no end."""
        if self._refused:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        keep = len(self._end) + AFTER
        self._tail = (self._tail + message.get("body", b"")[-keep:])[-keep:]
        if message.get("more_body", False) or self._end in self._tail:
            return message
        self._refused = True
        await answer(self._scope, not_whole())(self._scope, self._receive, self._send)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Pass the reply on, unless the sender was answered already."""
        if not self._refused:
            await self._send(message)


def _boundary(scope: Scope) -> bytes:
    """Give the boundary of a form of parts; empty if it is none, or has none that can be one."""
    said = Headers(scope=scope).get("content-type", "")
    if not said.lower().startswith(PARTS):
        return b""
    boundary = parse_options_header(said)[1].get(b"boundary", b"")
    return boundary if len(boundary) <= LONGEST else b""


def not_whole() -> Problem:
    """Say that a form has no end."""
    detail = "the form of parts does not end as it says it would; wanted every part, and the last boundary"
    return Problem(HTTPStatus.BAD_REQUEST, "malformed-request", detail)

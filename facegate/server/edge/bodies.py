"""Bodies: not larger than their path takes, and not slower than a line can be.

- A declared length over the limit is refused before a byte is read; an undeclared one while it is read.
- A body has a grace, then a least rate, and a last second (the attack is a request fed byte by byte, to hold
  a place). Only time spent waiting for the sender counts.
- Of the largest ones, larger than a photo, few are taken at once: a body is held in memory, never in a file.
- Whoever is cut off is answered at once, and what reads his body sees him gone: nothing acts on half a body.
"""

from __future__ import annotations

from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

import anyio
from starlette.datastructures import Headers

from facegate.server.edge.answering import answer
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from facegate.server.edge.settings import EdgeSettings


class Bodies:
    """Middleware that bounds the body of a request in size and time.

    Parameters
    ----------
    app : ASGIApp
        What is behind it.
    settings : EdgeSettings
        The limits.
    """

    def __init__(self, app: ASGIApp, *, settings: EdgeSettings) -> None:
        self.app = app
        self._settings = settings
        self._large = 0  # how many are on their way or held; counted on the event loop, without a lock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything else is passed on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = self._settings.body_limit(scope["path"])
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > most:
            # The server goes on discarding what is sent, for a bounded time, so that the reply can be read.
            await answer(scope, too_large(most))(scope, receive, send)
            return
        body = _Body(scope, receive, send, self._settings, most, self._take_large)
        try:
            if declared.isdecimal() and not body.may_grow_to(int(declared)):
                await answer(scope, many_large())(scope, receive, send)
                return
            await self.app(scope, body.receive, body.send)
        finally:
            self._large -= body.is_large

    def _take_large(self) -> bool:
        if self._large >= self._settings.large_at_once:
            return False
        self._large += 1
        return True


class _Body:
    """One body on its way in, and the reply on its way out."""

    __slots__ = ("_got", "_most", "_read", "_receive", "_refused", "_scope", "_send", "_settings", "_started",
                 "_take_large", "_waited", "is_large")  # fmt: skip

    def __init__(  # noqa: PLR0917  one request as ASGI has it, and its limits
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        settings: EdgeSettings,
        most: int,
        take_large: Callable[[], bool],
    ) -> None:
        self._take_large = take_large
        self.is_large = False
        self._scope, self._receive, self._send = scope, receive, send
        self._settings, self._most = settings, most
        self._got, self._waited = 0, 0.0  # bytes, and seconds spent waiting for them
        self._read = self._refused = self._started = False

    async def receive(self) -> Message:
        """Give the next part of the body, or word that the sender is gone."""
        if self._refused:
            return {"type": "http.disconnect"}
        if self._read:
            return await self._receive()  # the body is whole: from here on one waits for a disconnect
        message = await self._in_time()
        if message is None:
            return await self._refuse(too_slow())
        if message["type"] == "http.request":
            self._got += len(message.get("body", b""))
            self._read = not message.get("more_body", False)
        if self._got > self._most:
            return await self._refuse(too_large(self._most))
        if not self.may_grow_to(self._got):
            return await self._refuse(many_large())
        return message

    def may_grow_to(self, size: int) -> bool:
        """Take a place among the large bodies, once, if it is one of them; whether there was one."""
        if size > self._settings.large_bytes and not self.is_large:
            self.is_large = self._take_large()
            return self.is_large
        return True

    async def send(self, message: Message) -> None:
        """Pass the reply on, unless the sender was answered already."""
        if self._refused:
            return
        self._started = True
        await self._send(message)

    async def _in_time(self) -> Message | None:
        """Wait for the next part as long as the pace so far allows; None if it did not come."""
        settings = self._settings
        allowed = min(settings.body_s, settings.body_grace_s + self._got / settings.body_rate)
        began = monotonic()
        message: Message | None = None
        with anyio.move_on_after(max(0.0, allowed - self._waited)):
            message = await self._receive()
        self._waited += monotonic() - began
        return message

    async def _refuse(self, problem: Problem) -> Message:
        self._refused = True
        if not self._started:
            await answer(self._scope, problem)(self._scope, self._receive, self._send)
        return {"type": "http.disconnect"}


def too_large(most: int) -> Problem:
    """Say that a body is over its limit (RFC 9110, section 15.5.14)."""
    detail = f"the body is larger than the {most} bytes that are taken here"
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", detail)


def many_large() -> Problem:
    """Say that as many large bodies are held as can be, and that this one was not taken."""
    detail = "as many large uploads are under way as can be held; this one was not taken"
    headers = {"Retry-After": "30"}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail, headers=headers)


def too_slow() -> Problem:
    """Say that a body did not come in time, and close (RFC 9110, section 15.5.9)."""
    detail = "the body came too slowly; send it again over a better line"
    return Problem(HTTPStatus.REQUEST_TIMEOUT, "body-too-slow", detail, headers={"Connection": "close"})

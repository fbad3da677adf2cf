"""How many requests are worked on at once, and none any more once the service stops.

Two counts, so that whoever sends slowly keeps nobody from being answered: requests whose body is still on its
way, few of them from one address; and requests that are worked on. Of the latter, too, one address has only a
share: the last places are another's.
"""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.server.edge.rates import address_key
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS: Final = "/livez"
"""Whether the process lives is answered however busy it is, or it is killed for being busy."""
BODIES_EACH: Final = 16
"""Bodies that are on their way from one address at once, where nothing else is set."""


class Places:
    """A number of places, of which one address may take a share; counted on the event loop, without a lock.

    Parameters
    ----------
    most : int
        Places in all.
    each : int
        Places that one address may take.
    """

    __slots__ = ("_each", "_most", "_of", "taken")

    def __init__(self, most: int, each: int) -> None:
        self._most, self._each = most, each
        self._of: Counter[str] = Counter()
        self.taken = 0

    def take(self, address: str) -> bool:
        """Take a place for an address; whether there was one."""
        if self.taken >= self._most or self._of[address] >= self._each:
            return False
        self.taken += 1
        self._of[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Give a place back."""
        self.taken -= 1
        self._of[address] -= 1
        if not self._of[address]:
            del self._of[address]  # or every address that ever asked would be kept


class Admission:
    """ASGI application that lets a bounded number of requests through to another.

    Parameters
    ----------
    app : ASGIApp
        The service.
    most : int
        Most requests at once that are worked on; as many more may be sending their bodies.
    each : int, optional
        Of those that are worked on, most from one address; three quarters, if it is not given.
    bodies_each : int
        Of those that send, most from one address.
    """

    def __init__(
        self, app: ASGIApp, *, most: int, each: int | None = None, bodies_each: int = BODIES_EACH
    ) -> None:
        self.app = app
        self._working = Places(most, each or max(1, most * 3 // 4))
        self._sending = Places(most, min(most, bodies_each))
        self._stopping = False

    @property
    def running(self) -> int:
        """How many requests are through, whether worked on or on their way."""
        return self._working.taken + self._sending.taken

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
        address = address_key((scope.get("client") or ("", 0))[0])
        places = self._sending if _brings_a_body(scope) else self._working
        if not places.take(address):
            await busy().response()(scope, receive, send)
            return
        if places is self._working:
            try:
                await self.app(scope, receive, send)
            finally:
                self._working.leave(address)
            return
        await _Sending(scope, receive, send, self._sending, self._working, address).through(self.app)


class _Sending:
    """A request that moves from those that send to those that are worked on once its body is whole."""

    __slots__ = ("_address", "_held", "_receive", "_refused", "_scope", "_send", "_working")

    def __init__(  # noqa: PLR0917  one request as ASGI has it, and the two counts
        self, scope: Scope, receive: Receive, send: Send, sending: Places, working: Places, address: str
    ) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._held, self._working, self._address = sending, working, address
        self._refused = False

    async def through(self, app: ASGIApp) -> None:
        """Let it through, and give back the place that it has at its end."""
        try:
            await app(self._scope, self._next, self._reply)
        finally:
            self._held.leave(self._address)

    async def _next(self) -> Message:
        if self._refused:
            return {"type": "http.disconnect"}
        message = await self._receive()
        whole = message["type"] == "http.request" and not message.get("more_body", False)
        if not whole or self._held is self._working:
            return message
        if self._working.take(self._address):
            self._held.leave(self._address)
            self._held = self._working
            return message
        self._refused = True
        await busy().response()(self._scope, self._receive, self._send)
        return {"type": "http.disconnect"}  # nothing acts on what was refused

    async def _reply(self, message: Message) -> None:
        if not self._refused:
            await self._send(message)


def _brings_a_body(scope: Scope) -> bool:
    """Whether a body comes after the head (RFC 9112, section 6.3)."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0 "))
        for name, value in scope["headers"]
    )


def stopping() -> Problem:
    """Say that the service stops, and that this request was not begun."""
    detail = "the service is stopping; this request was not begun"
    headers = {"Retry-After": "10", "Connection": "close"}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "stopping", detail, headers=headers)


def busy() -> Problem:
    """Say that as many requests are worked on as can be, and that this one was not begun."""
    detail = "as many requests are worked on as can be; this one was not begun"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail, headers={"Retry-After": "2"})

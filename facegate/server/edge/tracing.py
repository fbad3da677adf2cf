"""Which request is which: a request id, W3C trace context, and one line in the service's own log.

- ``traceparent`` (W3C Trace Context, level 1, section 3.2) is taken up if it is well formed, else begun; the
  reply names it with a span of the service's own. ``tracestate`` is neither read nor passed on: it may hold
  anything.
- The request id is always made here; a client's own would let him write into the log.
- The line holds method, path without its query, status, milliseconds and ids: no address, no account, no
  person.
"""

from __future__ import annotations

import logging
import re
import secrets
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOG: Final = logging.getLogger("facegate.server.requests")
_TRACEPARENT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED: Final = 0x01
_UNSAFE_IN_LOG: Final = re.compile(r"[^\x21-\x7e]")
_LONGEST_PATH: Final = 200


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a request stands in a trace.

    Parameters
    ----------
    trace_id : str
        32 hexadecimal digits.
    sampled : bool
        Whether the caller keeps the trace.
    """

    trace_id: str
    sampled: bool

    def header(self, span_id: str) -> str:
        """Give the ``traceparent`` of a span in it.

        Examples
        --------
        >>> Trace("0af7651916cd43dd8448eb211c80319c", True).header("b7ad6b7169203331")
        '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
        """
        return f"00-{self.trace_id}-{span_id}-{'01' if self.sampled else '00'}"


def read_traceparent(value: str) -> Trace | None:
    """Read a ``traceparent``; None if it is not well formed, which is no fault of the request.

    Examples
    --------
    >>> read_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").sampled
    True
    >>> read_traceparent("00-00000000000000000000000000000000-b7ad6b7169203331-01")
    """
    found = _TRACEPARENT.fullmatch(value.strip())
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if version == "ff" or (version == "00" and rest) or not int(trace_id, 16) or not int(span_id, 16):
        return None
    return Trace(trace_id, bool(int(flags, 16) & _SAMPLED))


class Tracing:
    """Middleware that names every request.

    Puts ``request_id`` and ``trace`` at ``scope["state"]``.

    Parameters
    ----------
    app : ASGIApp
        What is behind it.
    random_bytes : callable
        Randomness for the ids.
    """

    def __init__(self, app: ASGIApp, *, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self.app = app
        self._random = random_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything else is passed on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).getlist("traceparent")
        trace = read_traceparent(given[0]) if len(given) == 1 else None
        trace = trace or Trace(self._random(16).hex(), sampled=False)
        request_id = self._random(16).hex()
        scope.setdefault("state", {}).update(request_id=request_id, trace=trace)
        began, status = monotonic(), 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["traceparent"] = trace.header(self._random(8).hex())
            await send(message)

        try:
            await self.app(scope, receive, named)
        finally:
            spent = (monotonic() - began) * 1000
            path = printable_path(scope["path"])
            LOG.info("%s %s %s %.0f ms %s", scope["method"], path, status or "-", spent, request_id)


def printable_path(path: str) -> str:
    r"""Give a path as it may stand in a line of the log: no line break, no control character, not endless.

    Examples
    --------
    >>> printable_path("/v1/x\n200 OK")
    '/v1/x?200?OK'
    """
    return _UNSAFE_IN_LOG.sub("?", path[:_LONGEST_PATH])

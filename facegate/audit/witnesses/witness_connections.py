"""The witness's connections: one that delivers no request is closed, and keeps nobody else out.

- The head of a request must come within a stated time, its body within as much again: `witness_service`
  answers a late one, and what is still open two seconds after that is closed.
- When there are too many, the one that has owed its request longest is closed to let the newest in. One whose
  request is being answered is never closed.
- Whoever opens hundreds within the time that an honest request takes to arrive can still displace it: a
  witness that is attacked so needs a web server in front that counts connections by address.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

GRACE_SECONDS = 2.0  # for the service's own answer to a body that does not come


class _Stage(Enum):
    """What a connection owes, or is owed."""

    HEAD = "the head of a request has not come"
    BODY = "the body of a request has not come"
    ANSWER = "the request has come, the answer has not gone"


class _Waiting(H11Protocol):
    """One connection; `impatient_protocol` says how long and with how many others."""

    seconds: float
    most: int
    owing: dict[_Waiting, asyncio.TimerHandle]  # who has not delivered a request, the longest first
    _stage = _Stage.ANSWER  # of nothing yet: `connection_made` starts the clock

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._look()
        if len(self.connections) > self.most:
            next(iter(self.owing)).close()  # there is one: this connection owes its request

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def close(self) -> None:
        """Close at once, whatever was sent."""
        self._stop()
        self.connections.discard(self)  # now, not when the loop comes to it: the next one counts again
        self.transport.abort()

    def _look(self) -> None:
        """Start the clock anew when the connection comes to another stage."""
        stage = {h11.IDLE: _Stage.HEAD, h11.SEND_BODY: _Stage.BODY}.get(self.conn.their_state, _Stage.ANSWER)
        if stage is self._stage:
            return
        self._stop()
        self._stage = stage
        if stage is not _Stage.ANSWER and not self.transport.is_closing():
            seconds = self.seconds + (GRACE_SECONDS if stage is _Stage.BODY else 0)
            self.owing[self] = self.loop.call_later(seconds, self.close)

    def _stop(self) -> None:
        if (timer := self.owing.pop(self, None)) is not None:
            timer.cancel()


def impatient_protocol(*, seconds: float, most: int) -> type[H11Protocol]:
    """Make the class of a server's connections, for ``uvicorn.Config(http=...)``.

    Parameters
    ----------
    seconds : float
        For the head of each request; its body has as long again and two more.
    most : int
        Connections at once, at least 1.

    Returns
    -------
    type of H11Protocol
        For one server.
    """
    return type("ImpatientProtocol", (_Waiting,), {"seconds": seconds, "most": most, "owing": {}})

"""The line itself: a head that does not come, or cannot be read, is refused in the form of every refusal.

uvicorn's own protocol waits for the rest of a head as long as a byte comes now and then, and tells faults as
plain text. Here a head has a number of seconds from the first moment it could come; a line that idles has the
same. After a refusal what is still sent is thrown away for a moment: a line that is closed on unread bytes is
reset, and the sender would never read why. A line from which nothing is read for a while is cut, whether a
reply waits on it or its end: it would be held for good. One address has a share of the lines.
"""

from __future__ import annotations

import fcntl
import json
import sys
import termios
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import h11
from starlette.datastructures import MutableHeaders
from uvicorn.protocols.http.h11_impl import H11Protocol

from facegate.server.edge.heads import head_too_large
from facegate.server.edge.rates import address_key
from facegate.server.edge.security_headers import secure
from facegate.server.problems import PROBLEM_JSON, Problem

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

LINGER_S: Final = 2.0
LEAST_READ: Final = 1024
"""Bytes a second that are to be taken of what waits."""
LOOKS: Final = 3
"""How often a line is looked at within the time after which it is cut."""


class GuardedProtocol(H11Protocol):
    """HTTP/1.1 on one line, with limits on how long a head may take, and to take nothing; see `guarded`."""

    head_s: float = 10.0
    write_s: float = 30.0
    most_lines: int = 1000
    lines_each: int = 0
    lines_of: Counter[str]
    _timer: asyncio.TimerHandle | None = None
    _watch: asyncio.TimerHandle | None = None
    _held: int = 0  # bytes that waited on the line when it was looked at last
    _stuck: int = 0  # looks since then at which none was taken
    _done: bool = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin; over the most lines at once, end at once."""
        super().connection_made(transport)
        self.lines_of[self._address()] += 1
        many_of_one = self.lines_each and self.lines_of[self._address()] > self.lines_each
        if many_of_one or len(self.connections) > self.most_lines:
            transport.abort()
            return
        self._wait_for_head()
        self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        if self._watch is not None:
            self._watch.cancel()
        self.lines_of[self._address()] -= 1
        if not self.lines_of[self._address()]:
            del self.lines_of[self._address()]
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """Go on writing: something was taken."""
        self._stuck = 0
        self._held = 0
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Take bytes, unless the line was refused."""
        if self._done:
            return
        super().data_received(data)
        if self._between_requests():
            if self._timer is None:
                self._wait_for_head()
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the next head, or for the end of a body that was refused."""
        super().on_response_complete()
        if self._between_requests() and not self.transport.is_closing():
            self._wait_for_head()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; called while the parser's error is handled."""
        del msg
        error = sys.exc_info()[1]
        if isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == (
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        ):
            self._refuse(head_too_large("the head of the request is longer than is taken here"))
            return
        detail = "this is not HTTP as it is spoken here (RFC 9112)"
        self._refuse(Problem(HTTPStatus.BAD_REQUEST, "malformed-request", detail))

    def _address(self) -> str:
        return address_key(self.client[0]) if self.client else ""

    def _look_again(self) -> None:
        self._watch = self.loop.call_later(self.write_s / LOOKS, self._look)

    def _look(self) -> None:
        """Cut the line, also one that closes, if hardly any of what waits was taken for so many looks."""
        held = _waiting(self.transport)
        least = LEAST_READ * self.write_s / LOOKS
        self._stuck = self._stuck + 1 if held and self._held and held > self._held - least else 0
        self._held = held
        if self._stuck >= LOOKS:
            self.transport.abort()
            return
        self._look_again()

    def _between_requests(self) -> bool:
        cycle = self._cycle()
        return cycle is None or cycle.response_complete

    def _cycle(self) -> RequestResponseCycle | None:
        """Give the last request of this line; None before the first, though uvicorn does not say so."""
        return self.cycle

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(self.head_s, self._head_too_slow)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _head_too_slow(self) -> None:
        self._timer = None
        if self.transport.is_closing() or not self._between_requests():
            return
        detail = f"the head of the request did not come within {self.head_s:g} s"
        self._refuse(Problem(HTTPStatus.REQUEST_TIMEOUT, "head-too-slow", detail))

    def _refuse(self, problem: Problem) -> None:
        """Answer on the line itself, past the application, and end it."""
        self._done = True
        self._stop_waiting()
        self._unset_keepalive_if_required()
        cycle = self._cycle()
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True  # whatever reads this body sees its sender gone
            cycle.message_event.set()
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.close()
            return
        for event in _events(problem, https=self.scheme == "https"):
            self.transport.write(self.conn.send(event))
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.loop.call_later(LINGER_S, self.transport.abort)  # to close waits for what nobody reads
            return
        self.transport.close()  # TLS waits for the other side to end, too: not for long
        self.loop.call_later(LINGER_S, self.transport.abort)


def _waiting(transport: asyncio.Transport) -> int:
    """Give the bytes that wait to be taken by the other side; 0 if the system has all of them.

    Those that the system holds are counted with the others: it takes megabytes at a time, and would let a
    slow reader look like one who reads nothing.
    """
    own = transport.get_write_buffer_size()
    line = transport.get_extra_info("socket")
    if not own or line is None:
        return own
    try:
        held = fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, bytes(4))
    except OSError:  # a system that does not say it
        return own
    return own + int.from_bytes(held, sys.byteorder)


def _events(problem: Problem, *, https: bool) -> tuple[h11.Response, h11.Data, h11.EndOfMessage]:
    body = json.dumps(problem.to_json()).encode()
    headers = MutableHeaders(
        {"content-type": PROBLEM_JSON, "content-length": str(len(body)), "connection": "close"}
    )
    secure(headers, "", https=https)
    reason = problem.status.phrase.encode()
    response = h11.Response(status_code=int(problem.status), headers=headers.raw, reason=reason)
    return response, h11.Data(data=body), h11.EndOfMessage()


def guarded(
    *, head_s: float, most_lines: int, lines_each: int = 0, write_s: float = GuardedProtocol.write_s
) -> type[GuardedProtocol]:
    """Give the protocol with its limits, for ``uvicorn.Config(http=...)``.

    Parameters
    ----------
    head_s : float
        Seconds for a whole head, and for a line to idle.
    most_lines : int
        Most lines at once; one more is cut.
    lines_each : int
        Most of them from one address; 0 for any number, as behind a proxy, whose lines are everybody's.
    write_s : float
        Seconds after which a line is cut from which nothing is taken.
    """

    class Limited(GuardedProtocol):
        pass

    Limited.head_s, Limited.most_lines = head_s, most_lines
    Limited.lines_each, Limited.write_s = lines_each, write_s
    Limited.lines_of = Counter()
    return Limited

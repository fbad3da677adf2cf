"""The connections of a witness: one on which nothing comes is closed, and keeps nobody else out."""

from __future__ import annotations

import socket
import threading
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from facegate.audit.witnesses import witness_connections
from facegate.audit.witnesses.witness_connections import impatient_protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

MOST = 4
HEAD = b"POST / HTTP/1.1\r\nHost: w\r\nContent-Length: 2\r\n\r\n"


@contextmanager
def serving(*, seconds: float) -> Iterator[tuple[str, int]]:
    """Answer every request with its body, a body ``zz`` only after half a second."""

    async def answer(request: Request) -> PlainTextResponse:
        body = await request.body()
        if body == b"zz":
            await run_in_threadpool(time.sleep, 0.5)
        return PlainTextResponse(body)

    app = Starlette(routes=[Route("/", answer, methods=["GET", "POST"])])
    protocol = impatient_protocol(seconds=seconds, most=MOST)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", lifespan="off", http=protocol))
    with socket.create_server(("127.0.0.1", 0)) as bound:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield bound.getsockname()
        finally:
            server.should_exit = True
            thread.join()


def connected(place: tuple[str, int], sent: bytes = b"") -> socket.socket:
    made = socket.create_connection(place, timeout=5)
    made.sendall(sent)
    return made


def ended(connection: socket.socket) -> bool:
    """Wait for the other side to close; what it says before is passed over."""
    try:
        while connection.recv(1_000):
            pass
    except ConnectionResetError:
        pass
    return True


def refused_after(connection: socket.socket, *, tries: int) -> int:
    """Send a byte every 50 ms; say how many went out."""
    for sent in range(tries):
        try:
            connection.sendall(b"G")
        except OSError:
            return sent
        time.sleep(0.05)
    return tries


def asked(place: tuple[str, int]) -> int:
    with urllib.request.urlopen(f"http://{place[0]}:{place[1]}/", timeout=5) as answer:
        return int(answer.status)


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: w\r\n", HEAD, HEAD + b"z"])
def test_a_connection_that_delivers_no_request_is_closed(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_connections, "GRACE_SECONDS", 0.1)
    with serving(seconds=0.3) as place, connected(place, sent) as idle:
        assert ended(idle)


def test_a_second_request_that_does_not_come_is_not_waited_for_either() -> None:
    with serving(seconds=0.3) as place, connected(place, HEAD + b"ab") as slow:
        assert b" 200 " in slow.recv(1_000)
        slow.sendall(b"GET / HT")
        assert ended(slow)


def test_bytes_that_trickle_in_do_not_keep_a_connection_open() -> None:
    with serving(seconds=0.3) as place, connected(place) as slow:
        assert refused_after(slow, tries=50) < 50


def test_idle_connections_keep_nobody_out() -> None:
    with serving(seconds=60) as place, ExitStack() as held:
        for _ in range(5 * MOST):
            held.enter_context(connected(place))
        assert asked(place) == 200


def test_a_request_that_is_being_answered_is_not_closed_for_others() -> None:
    with serving(seconds=60) as place, ExitStack() as held:
        busy = held.enter_context(connected(place, HEAD + b"zz"))
        time.sleep(0.1)
        for _ in range(3 * MOST):
            held.enter_context(connected(place))
        assert busy.recv(1_000).startswith(b"HTTP/1.1 200 OK")

"""Applications served by real uvicorn on a port of this machine: in a thread, or in a process of their own.

Run as a program it is the process: ``served.py PORT FILE`` answers 201 to ``POST /acts/NAME`` after NAME is
in the file, on the disk.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from fastapi import FastAPI
from fastapi.responses import JSONResponse

from facegate.server.config import ServerConfig
from facegate.server.edge.admission import Admission
from facegate.server.edge.install import install_edge
from facegate.server.edge.settings import EdgeSettings
from facegate.server.running import Limits, Server, serve, uvicorn_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

ACT_S = 0.3


def a_config(port: int = 0, **settings: Any) -> ServerConfig:  # noqa: ANN401  of its fields
    """Give the settings of a service on this machine."""
    made: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "base_url": f"http://127.0.0.1:{port}",
        "database": "sqlite://",
    }
    return ServerConfig(**{**made, **settings})


@contextmanager
def serving(app: ASGIApp, limits: Limits | None = None, **settings: Any) -> Iterator[int]:  # noqa: ANN401  of its fields
    """Serve an application in a thread; gives its port."""
    limits = limits or Limits()
    listening = socket.create_server(("127.0.0.1", 0))
    port: int = listening.getsockname()[1]
    admission = Admission(app, most=limits.requests)
    server = Server(uvicorn_config(admission, a_config(port, **settings), limits=limits), admission)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield port
    finally:
        server.handle_exit(15, None)
        thread.join(20)


def asked(port: int, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401  as httpx has it
    """Ask once, on a line of its own, without reading this machine's list of authorities."""
    more.setdefault("verify", ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    return httpx.request(method, f"http://127.0.0.1:{port}{path}", timeout=20, **more)


def spoken(port: int, *parts: bytes, pause: float = 0.0, wait: float = 10.0) -> bytes:
    """Send bytes part by part, and give everything that comes back until the line ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as line:
        for part in parts:
            try:
                line.sendall(part)
            except OSError:  # refused in the middle of it; what was said before is still to be read
                break
            time.sleep(pause)
        return heard(line)


def heard(line: socket.socket) -> bytes:
    """Give everything that comes until the line ends."""
    got = b""
    try:
        while more := line.recv(65_536):
            got += more
    except ConnectionResetError:
        pass
    return got


def an_acting_app(path: Path) -> FastAPI:
    """Make an application that acknowledges only what it wrote down."""
    app, turn = FastAPI(), threading.Lock()

    @app.post("/acts/{name}")
    def act(name: str) -> JSONResponse:
        time.sleep(ACT_S)
        with turn, path.open("a") as book:
            book.write(f"{name}\n")
            book.flush()
            os.fsync(book.fileno())
        time.sleep(ACT_S / 3)  # the longest moment for a reply to be lost in
        return JSONResponse({"name": name}, 201)

    install_edge(app, EdgeSettings())
    return app


if __name__ == "__main__":
    serve(an_acting_app(Path(sys.argv[2])), a_config(int(sys.argv[1])))
    Path(f"{sys.argv[2]}.closed").write_text("what comes after serving was reached")

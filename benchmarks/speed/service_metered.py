"""The service for ``service.py``: as ``facegate serve`` has it, in a process of its own, with a meter."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated
from unittest.mock import patch

from fastapi import File, Form, UploadFile
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.gate.home import Home
from facegate.server import opening
from facegate.server.app import create_app
from facegate.server.config import read_config
from facegate.server.metrics import Metrics
from facegate.server.publisher import Publisher
from facegate.server.running import serve
from facegate.settings import Settings

NOT_OURS = ("decode", "detect", "embed", "search")
"""Stages that are work on pixels and vectors; all else is the service's own."""
HELD = "held"
"""The stage in which a reply waits for the end of its slot; a review of nobody found is closed meanwhile."""
SEARCH, BARE = "/v1/searches", "/v1/searches/bare"
CREATED = 201
REPLY_BYTES = 14_336  # as long as a search's

_SPENT: ContextVar[dict[str, float]] = ContextVar("spent")


class Timed(Metrics):
    """The service's counters, which tell the stages of each single request as well."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage, for the counters and for the request it is of."""
        counted = name in NOT_OURS  # to ask for it takes a moment of what is measured
        began, cpu = time.perf_counter(), time.process_time() if counted else 0.0
        try:
            with super().stage(name):
                yield
        finally:
            spent = _SPENT.get({})
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - began
            if counted:
                spent["cpu"] = spent.get("cpu", 0.0) - (time.process_time() - cpu)


class Meter:
    """Outermost middleware: writes down how long each search took, and its stages."""

    def __init__(self, app: ASGIApp, records: Path) -> None:
        self._app = app
        self._file = records.open("a", encoding="utf-8", buffering=1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        spent: dict[str, float] = {}
        _SPENT.set(spent)
        status, began, cpu = 0, time.perf_counter(), time.process_time()

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, sent)
        whole = time.perf_counter() - began
        spent["cpu"] = spent.get("cpu", 0.0) + time.process_time() - cpu
        phase = dict(scope["headers"]).get(b"x-phase", b"").decode()
        self._file.write(json.dumps({"phase": phase, "status": status, "whole": whole, **spent}) + "\n")


def serve_metered(home: Home, records: Path) -> None:
    """Serve as ``facegate serve`` does, until SIGTERM; and beside it a handler that does nothing."""
    config = read_config(home)
    embedder = DlibEmbedder.load(Settings.from_environment().cache)
    with (
        patch.object(opening, "Metrics", Timed),
        opening.open_service(home, config, embedder) as service,
        Publisher(service.desk),
    ):
        app = create_app(service)
        app.post(BARE, status_code=CREATED)(bare)
        serve(Meter(app, records), config)


def bare(request: Annotated[str, Form()], probe: Annotated[UploadFile, File()]) -> Response:
    """Take a search's form, and do nothing."""
    del request
    probe.file.read()
    return Response(bytes(REPLY_BYTES), CREATED)

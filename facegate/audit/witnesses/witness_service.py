"""The witness on the network: two addresses, and nothing else (C2SP tlog-witness).

::

    POST /add-checkpoint                               ask for a cosignature
    GET  /<hex SHA-256 of the origin>/checkpoint       the newest checkpoint that was cosigned

- Whoever asks needs no login: only the log's signature on the checkpoint opens anything.
- A body longer than any request, or one that does not come within 10 seconds, is cut off. Connections on
  which nothing comes are the server's: see `witness_connections`.
- What went wrong on the witness's own disk is told to its operator, not to the network.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from facegate.audit.witnesses.witness import LARGEST_REQUEST, PLAIN
from facegate.errors import FacegateError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.requests import Request

    from facegate.audit.witnesses.witness_store import WitnessStore

READ_SECONDS = 10.0
TOO_SLOW = 408
TOO_LARGE = 413
BROKEN = 500

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_log = logging.getLogger(__name__)


def witness_app(store: WitnessStore, *, clock: Callable[[], datetime]) -> Starlette:
    """Make the application that any ASGI server runs.

    Parameters
    ----------
    store : WitnessStore
        State and keys.
    clock : callable
        Gives the time, with its zone.

    Returns
    -------
    Starlette
        Two routes.
    """

    async def add_checkpoint(request: Request) -> Response:
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await _body(request)
        except TimeoutError:
            return PlainTextResponse("the request did not come in time\n", TOO_SLOW)
        if body is None:
            return PlainTextResponse(f"at most {LARGEST_REQUEST} bytes\n", TOO_LARGE)
        try:
            answer = await run_in_threadpool(store.answer, body, at=clock())
        except FacegateError:
            _log.exception("nothing was cosigned")
            return PlainTextResponse("the witness could not store the checkpoint; not cosigned\n", BROKEN)
        return Response(answer.body, answer.status, {"Content-Type": answer.content_type})

    async def checkpoint(request: Request) -> Response:
        hashed = request.path_params["hashed"]
        found = store.latest(hashed) if _HASH.fullmatch(hashed) else None
        if found is None:
            return PlainTextResponse("no checkpoint of that log was cosigned here\n", 404)
        return Response(found, headers={"Content-Type": PLAIN, "Cache-Control": "no-cache"})

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{hashed}/checkpoint", checkpoint, methods=["GET"]),
        ]
    )


async def _body(request: Request) -> bytes | None:
    """Read a body; None as soon as it is longer than any request can be."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_REQUEST:
            return None
    return bytes(body)

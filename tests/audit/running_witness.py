"""A witness that really runs: on a port of this machine, in a thread of the test."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import uvicorn

from facegate.audit.witnesses.witness_service import witness_app
from facegate.audit.witnesses.witness_store import WitnessStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from starlette.types import ASGIApp

    from facegate.audit.signed.notes import VerifierKey
    from facegate.audit.signed.signing import Signer


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Run an application; gives its address."""
    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        bound.close()


@contextmanager
def witness(
    state: Path,
    logs: Mapping[str, Sequence[VerifierKey]],
    cosigner: Signer,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC),
) -> Iterator[str]:
    """Run a witness; gives its address."""
    with (
        WitnessStore.open(state, logs=logs, cosigners=[cosigner]) as store,
        serving(witness_app(store, clock=clock)) as address,
    ):
        yield address

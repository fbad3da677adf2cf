"""The service's reading side over a ready agency: an application of some routers, published log and keys."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from service_room import CALLERS, POLICE, _caller, a_service, client_as

from facegate.audit.keys.log_keys import LogKeys
from facegate.server.api import about, health, misuse, policies, public_log, reports, standing
from facegate.server.edge.handlers import install_handlers
from facegate.server.identity.roles import Role
from facegate.server.metrics import CountRequests, Metrics
from facegate.server.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from facegate.server.service import Service

ROUTERS = (about, health, misuse, policies, public_log, reports, standing)
INQUIRY = {
    "inquiry": _caller("inquiry", {Role.MISUSE_OFFICER}, "1120", POLICE),
    "suspect": _caller("suspect", {Role.MISUSE_OFFICER}, "8841", POLICE),
}
CALLERS.update(INQUIRY)
"""Misuse officers who are officers: of such a record somebody vouches for what it says."""


def an_app(service: Service) -> FastAPI:
    """Make an application of the routers that are read."""
    app = FastAPI()
    app.state.service = service
    app.state.metrics = Metrics()
    for one in ROUTERS:
        app.include_router(one.router)
    install_handlers(app)
    app.add_middleware(CountRequests, metrics=app.state.metrics)
    return app


class Room:
    """A running service, and clients of it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.app = an_app(service)

    def as_(self, name: str = "") -> TestClient:
        """Give a client who is one of `CALLERS`; the public, if no name is given."""
        return client_as(self.app, name)

    def publish(self) -> None:
        """Bring the public folder up to date."""
        home = self.service.desk.home
        if home.log_keys() is None:
            LogKeys.create(home.keys, home.origin, random_bytes=os.urandom)
        Publisher(self.service.desk).publish()

    def record(self, index: int) -> Any:  # noqa: ANN401  an entry and what opens it
        """Give one record of the log with what opens it."""
        return next(iter(self.service.desk.ledger.log.read(index)))

    def replaced(self, **parts: Any) -> Room:  # noqa: ANN401  any part of the gate
        """Give the same room with other parts of its gate."""
        desk = self.service.desk
        other = replace(desk, gate=replace(desk.gate, **parts))
        return Room(replace(self.service, desk=other))


@contextmanager
def reading_room(folder: Path, **parts: Any) -> Iterator[Room]:  # noqa: ANN401  any part of a service
    """Open a service over a ready agency."""
    with a_service(folder, **parts) as service:
        yield Room(service)

"""Services for the client: one that only writes down what it is asked, and a real one on a real line."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
from served import serving
from service_room import CALLERS, STALE, a_service, wall_clock

from facegate.client.client import Client
from facegate.client.retries import Retries
from facegate.server.app import create_app
from facegate.server.config import parse_config
from facegate.server.identity.caller import NOBODY
from facegate.server.jobs.jobs import Jobs
from facegate.server.problems import unknown_caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi import Request

    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

ADDRESS = "https://facegate.example"
KEY = "fg_live_" + "k" * 43
PROBLEM = "application/problem+json"


def problem(status: int, kind: str, detail: str = "It is so.", **more: Any) -> httpx.Response:  # noqa: ANN401  any member
    """Give a problem as the service tells it."""
    headers = {"content-type": PROBLEM} | more.pop("headers", {})
    body = {
        "type": f"https://facegate.invalid/problems/{kind}",
        "title": kind,
        "status": status,
        "detail": detail,
    }
    return httpx.Response(status, json={**body, **more}, headers=headers)


class Script:
    """A service that answers one reply after another, and keeps what it was asked.

    A reply that is an exception is raised in the place of an answer.
    """

    def __init__(self, *replies: httpx.Response | Exception) -> None:
        self.replies = list(replies)
        self.asked: list[httpx.Request] = []
        self.waited: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def client(self, key: str = KEY, **retries: Any) -> Client:  # noqa: ANN401  of its fields
        """Give a client of it, that waits in no time; its waits are the longest there could be."""
        said: dict[str, Any] = {"pause": self.waited.append, "drawn": lambda _, most: most, **retries}
        transport = httpx.MockTransport(self)
        return Client(ADDRESS, key=key, retries=Retries(**said), transport=transport)


class KeyedIdentity:
    """Takes ``fg_test_NAME`` for the key of NAME, who proved himself a minute ago unless he is stale."""

    def __init__(self, clock: Callable[[], Any]) -> None:
        self._clock = clock

    def identify(self, request: Request) -> Caller:
        shown = request.headers.get("authorization", "")
        if not shown:
            return NOBODY
        name = shown.removeprefix("Bearer fg_test_")
        if name not in CALLERS:
            raise unknown_caller()
        age = timedelta(days=1) if name in STALE else timedelta(minutes=1)
        return replace(CALLERS[name], fresh_at=self._clock() - age)

    def known_at_once(self, _: Request) -> None:
        """Know nobody from memory."""


class Served:
    """A real service on a real line, and clients of it."""

    def __init__(self, service: Service, port: int) -> None:
        self.service = service
        self.address = f"http://127.0.0.1:{port}"

    def client(self, name: str = "") -> Client:
        """Give a client with the key of one of `CALLERS`; without one, if no name is given."""
        return Client(self.address, key=f"fg_test_{name}" if name else "", retries=Retries(most=0))


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Serve a ready agency; log, gate, gallery, jobs and line are real."""
    config = parse_config("port = 8443", folder)
    with (
        a_service(folder, config=config, identity=KeyedIdentity(wall_clock)) as made,
        Jobs(made.database, made.desk.clock) as jobs,
    ):
        service = replace(made, jobs=jobs)
        with serving(create_app(service)) as port:
            yield Served(service, port)

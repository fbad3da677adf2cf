"""Accounts, keys and sessions over a ready agency's log, with a clock that is set by hand."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher
from postgres_server import CHOSEN, postgres_service_url, service_url
from ready_agency import ORIGIN, copy_ready
from starlette.requests import Request

from facegate.audit.log import AuditLog
from facegate.gate.books import BOOKS
from facegate.gate.home import Home
from facegate.gate.ledger.ledger import Ledger
from facegate.server.config import parse_config
from facegate.server.database.connect import open_database
from facegate.server.identity.account_record import ACCOUNT
from facegate.server.identity.identity import Identity, open_identity
from facegate.server.identity.pass_phrases import PassPhrases
from facegate.server.identity.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import httpx
    from sqlalchemy import Engine

    from facegate.server.config import ServerConfig
    from facegate.server.desk import Desk
    from facegate.server.identity.account import Account

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
POLICE, OFFICER, OTHER_OFFICER = "CO0160000", "8841", "1120"
PHRASE = "seven herons over a slow river"
ADDRESS = "192.0.2.7"
BOTH_DATABASES = (
    ["PostgreSQL"] if CHOSEN in os.environ else ["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.slow)]
)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Clock:
    """Shows what it was set to."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def go(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class ADesk:
    """As much of the desk as identity asks for."""

    home: Home
    ledger: Ledger
    clock: Clock
    random_bytes: Any = secrets.token_bytes


@dataclass
class Room:
    """Identity and what it stands on."""

    identity: Identity
    desk: ADesk
    engine: Engine
    config: ServerConfig
    clock: Clock
    phrases: dict[str, str] = field(default_factory=dict)

    def make(self, name: str, *roles: Role, officer: str = "", agency: str = "") -> Account:
        """Make an account whose holder has changed his first pass phrase to `PHRASE`."""
        made = self.identity.accounts.make(name, roles, by="setup", officer=officer, agency=agency)
        if made.first_phrase is not None:
            self.identity.accounts.set_phrase(made.account, PHRASE)
        return self.identity.accounts.demand(made.account.id)

    def searcher(self) -> Account:
        return self.make("searcher", Role.SEARCHER, officer=OFFICER, agency=POLICE)

    def log_in(self, name: str, phrase: str = PHRASE, **more: str) -> str:
        return self.identity.log_in(name, phrase, address=ADDRESS, browser="a browser", **more)

    def records(self) -> list[Mapping[str, Any]]:
        """Give the public fields of every record about accounts."""
        every = [entry.public for entry, _ in self.desk.ledger.log.read(0) if entry.kind == ACCOUNT]
        return list(every)

    def sealed(self) -> list[Mapping[str, str]]:
        """Give the sealed fields of every record about accounts, opened."""
        found = [(entry, opening) for entry, opening in self.desk.ledger.log.read(0) if entry.kind == ACCOUNT]
        return [opening.values for _, opening in found if opening is not None]


@contextmanager
def a_room(
    folder: Path,
    *,
    config: str = 'base_url = "https://faces.example"',
    postgres: bool = False,
    http: httpx.Client | None = None,
) -> Iterator[Room]:
    """Open identity over a ready agency."""
    home, clock = folder / "home", Clock()
    copy_ready(home)
    settings = parse_config(config, home)
    with (
        patch("os.fsync"),  # that a record waits for the disk is tested with the log
        AuditLog.open(home / "log", origin=ORIGIN) as log,
        Ledger.open(home / "ledger.db", log, BOOKS, random_bytes=secrets.token_bytes) as ledger,
    ):
        desk = ADesk(Home(home), ledger, clock)
        engine = open_database(postgres_service_url(home) if postgres else service_url(home))
        identity = open_identity(cast("Desk", desk), engine, settings, phrases=PassPhrases(CHEAP), http=http)
        try:
            yield Room(identity, desk, engine, settings, clock)
        finally:
            identity.close()
            engine.dispose()


def asking(
    *headers: tuple[str, str], method: str = "GET", path: str = "/v1/cases", query: str = ""
) -> Request:
    """Make a request as the server would."""
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": raw}
    return Request(scope)


def bearing(secret: str) -> Request:
    """Make a request that shows a key or token."""
    return asking(("Authorization", f"Bearer {secret}"))


def with_cookie(secret: str, *headers: tuple[str, str], **more: str) -> Request:
    """Make a request of a session."""
    return asking(("Cookie", f"__Host-facegate={secret}"), *headers, **more)

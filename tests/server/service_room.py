"""A running service over a ready agency: real gate, log, registers and gallery, one face enrolled.

Who asks is said by a header here, ``X-Caller: searcher``: that keys, tokens and sessions say so is tested
with the identity. Everybody whom the header can name stands in `CALLERS`.
"""

from __future__ import annotations

import atexit
import shutil
import warnings
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from secrets import token_bytes
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, cast

from postgres_server import service_url
from ready_home import _embedder, loaded_once, make_home

from facegate.faces.intake.workers import IntakeWorkers
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.photos.store import PhotoStore
from facegate.gate.registers.people import register_agency, register_officer
from facegate.server.config import parse_config
from facegate.server.database.connect import open_database
from facegate.server.desk import Desk, open_service_desk
from facegate.server.idempotency import Idempotency
from facegate.server.identity.caller import NOBODY, By, Caller
from facegate.server.identity.roles import Role
from facegate.server.problems import unknown_caller
from facegate.server.service import Service

with warnings.catch_warnings():
    # Starlette would rather have httpx2; what it says of httpx is no fault of the service.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI, Request
    from sqlalchemy import Engine

POLICE, DMV, ELSEWHERE = "CO0160000", "CODMV0000", "CO0010100"
CASE = "24-001234"
LATER_OFFICERS = (
    # agency, id, role in the register
    (POLICE, "8842", "investigator"),
    (POLICE, "78", "examiner"),
    (POLICE, "1121", "supervisor"),
    (ELSEWHERE, "300", "investigator"),
    (ELSEWHERE, "301", "supervisor"),
    (ELSEWHERE, "302", "examiner"),
)


def _caller(name: str, roles: set[Role], officer: str = "", agency: str = "") -> Caller:
    return Caller(f"account-{name}", name, frozenset(roles), officer, agency, By.KEY, None)


CALLERS: dict[str, Caller] = {
    "searcher": _caller("searcher", {Role.SEARCHER}, "8841", POLICE),
    "colleague": _caller("colleague", {Role.SEARCHER}, "8842", POLICE),
    "reviewer": _caller("reviewer", {Role.REVIEWER}, "77", DMV),  # the image desk compares for every agency
    "second": _caller("second", {Role.REVIEWER}, "78", POLICE),
    "supervisor": _caller("supervisor", {Role.SUPERVISOR}, "1120", POLICE),
    "chief": _caller("chief", {Role.SUPERVISOR}, "1121", POLICE),
    "stale": _caller("stale", {Role.SUPERVISOR}, "1120", POLICE),  # logged in long ago
    "enroller": _caller("enroller", {Role.ENROLLER}, "31", DMV),
    "auditor": _caller("auditor", {Role.AUDITOR}),
    "misuse-officer": _caller("misuse-officer", {Role.MISUSE_OFFICER}),
    "administrator": _caller("administrator", {Role.ADMINISTRATOR}),
    "tester": _caller("tester", {Role.TESTER}),
    "other-searcher": _caller("other-searcher", {Role.SEARCHER}, "300", ELSEWHERE),
    "other-supervisor": _caller("other-supervisor", {Role.SUPERVISOR}, "301", ELSEWHERE),
    "other-reviewer": _caller("other-reviewer", {Role.REVIEWER}, "302", ELSEWHERE),
}
STALE = frozenset({"stale"})
OF_THE_ROOM = tuple(CALLERS)
"""Their names; a test may add others to `CALLERS`, who have no account."""


class NamedIdentity:
    """Takes the word of a header for who asks; all but those of `STALE` proved themselves a minute ago."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def identify(self, request: Request) -> Caller:
        name = request.headers.get("X-Caller", "")
        if not name:
            return NOBODY
        if name not in CALLERS:
            raise unknown_caller()
        age = timedelta(days=1) if name in STALE else timedelta(minutes=1)
        return replace(CALLERS[name], fresh_at=self._clock() - age)

    def known_at_once(self, _: Request) -> None:
        """Know nobody from memory."""


def wall_clock() -> datetime:
    return datetime.now(tz=UTC)


@cache
def _made_once() -> Path:
    """Make the agency's folder once a run, with a second agency and more officers than the example has."""
    folder = Path(mkdtemp(prefix="facegate-service-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_home(folder / "home")
    at = wall_clock()
    with loaded_once(), open_ledger(Home(folder / "home")) as ledger:
        register_agency(
            ledger,
            ori=ELSEWHERE,
            agency_class="police",
            state="CO",
            case_pattern="99-999999",
            name="Another Police Department (example)",
            at=at,
        )
        trained = f"{at + timedelta(days=360):%Y-%m-%d}"
        for agency, officer, role in LATER_OFFICERS:
            register_officer(ledger, agency=agency, officer=officer, role=role, trained_until=trained, at=at)
    open_database(service_url(folder / "home")).dispose()  # its steps are taken once a run
    return folder / "home"


@cache
def intake() -> IntakeWorkers:
    """Start one process that opens photos, once a run; it holds nothing of a photo between two."""
    started = IntakeWorkers.start(1)
    atexit.register(started.close)
    return started


def a_home(folder: Path) -> Home:
    """Copy the ready agency's folder."""
    shutil.copytree(_made_once(), folder / "home")
    return Home(folder / "home")


@contextmanager
def a_database(folder: Path) -> Iterator[Engine]:
    """Open a folder's database for more than a service: it is closed after whatever else works in it."""
    engine = open_database(service_url(folder))
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def a_service(
    folder: Path,
    *,
    clock: Callable[[], datetime] = wall_clock,
    **parts: Any,  # noqa: ANN401  any part
) -> Iterator[Service]:
    """Open a service over a ready agency in a folder; parts given take the place of those made here."""
    home, embedder = a_home(folder), _embedder()
    with loaded_once(), open_service_desk(home, embedder) as desk:
        made: dict[str, Any] = {
            "desk": Desk(desk.home, replace(desk.gate, clock=clock)),
            "config": parse_config("", home.folder),
            "database": parts.get("database") or open_database(service_url(home.folder)),
            "identity": NamedIdentity(clock),
            "intake": intake(),
            "photos": PhotoStore.open(home),
            "jobs": None,
        }
        made["idempotency"] = Idempotency(made["database"], clock, home.replies_key(token_bytes))
        service = Service(**cast("Any", {**made, **parts}))
        try:
            yield service
        finally:
            service.idempotency.close()
            service.database.dispose()


def client_as(app: FastAPI, name: str = "") -> TestClient:
    """Give a client who is one of `CALLERS`; nobody who is known, if no name is given."""
    headers = {"X-Caller": name} if name else {}
    return TestClient(app, headers=headers, raise_server_exceptions=True)

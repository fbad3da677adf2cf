"""The whole service over a ready agency, nothing faked: accounts with pass phrases, sessions, pages.

``PYTHONPATH=tests:tests/server:tests/gate python tests/server/whole_service.py [PORT]`` serves it until it is
stopped, and prints names and pass phrase.
"""

from __future__ import annotations

import re
import sys
import warnings
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from service_room import CALLERS, OF_THE_ROOM, STALE, a_service

from facegate.server.app import create_app
from facegate.server.config import parse_config
from facegate.server.identity.identity import open_identity
from facegate.server.identity.pass_phrases import PassPhrases
from facegate.server.identity.roles import Role
from facegate.server.jobs.jobs import Jobs
from facegate.server.service import Service

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # see service_room
    from starlette.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

PHRASE = "seven herons over a slow river"
ORIGIN = "http://127.0.0.1:8443"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@contextmanager
def whole_service(folder: Path, *, port: int = 8443) -> Iterator[Service]:
    """Open a service with everything in it; each of `CALLERS` has an account of his name."""
    with a_service(folder) as made:
        config = parse_config(f"port = {port}", made.desk.home.folder)
        identity = open_identity(made.desk, made.database, config, phrases=PassPhrases(CHEAP))
        for name in OF_THE_ROOM:
            if name in STALE:  # the same officer as another
                continue
            caller = CALLERS[name]
            held = caller.roles - {Role.PUBLIC}
            account = identity.accounts.make(
                name, held, by="setup", officer=caller.officer, agency=caller.agency
            )
            if account.first_phrase is not None:
                identity.accounts.set_phrase(account.account, PHRASE)
        with Jobs(made.database, made.desk.clock) as jobs:
            yield Service(
                desk=made.desk,
                config=config,
                database=made.database,
                identity=identity,
                intake=made.intake,
                photos=made.photos,
                idempotency=made.idempotency,
                jobs=jobs,
            )
        identity.close()


def browser(app: FastAPI, name: str = "") -> TestClient:
    """Give a client that behaves as a browser does, signed in as one of `CALLERS`; nobody, without a name."""
    client = TestClient(app, base_url=ORIGIN, headers={"Accept": "text/html"}, follow_redirects=False)
    if name:
        client.headers["Origin"] = ORIGIN
        answer = client.post("/sign-in", data={"name": name, "phrase": PHRASE})
        if answer.status_code != HTTPStatus.SEE_OTHER:
            msg = f"{name} cannot sign in: {answer.status_code} {answer.text[:2000]}"
            raise RuntimeError(msg)
    return client


def csrf(client: TestClient, path: str) -> str:
    """Read the token that a page's forms carry."""
    found = CSRF.search(client.get(path).text)
    if found is None:
        msg = f"{path} has no form with a token"
        raise RuntimeError(msg)
    return found.group(1)


def main() -> None:
    """Serve until stopped."""
    import uvicorn  # noqa: PLC0415  only where it is served

    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8443
    with TemporaryDirectory() as folder, whole_service(Path(folder), port=port) as service:
        print(f"http://127.0.0.1:{port}  names: {', '.join(CALLERS)}  pass phrase: {PHRASE}")  # noqa: T201  to whoever started it
        uvicorn.run(create_app(service), port=port, log_level="warning")


if __name__ == "__main__":
    main()

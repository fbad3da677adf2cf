"""The whole service as a hostile reader has it: signed in as anybody, no limit of requests, a published log.

One search stands in the middle of it: asked for by the searcher, compared by two, released, and corrected.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from desk_room import AGREE, stated
from ready_home import PHOTO
from service_room import POLICE
from whole_service import PHRASE, browser, whole_service

from facegate.audit.keys.log_keys import LogKeys
from facegate.gate.registers.people import register_officer
from facegate.server.app import create_app
from facegate.server.config import RateLimits
from facegate.server.identity.roles import Role
from facegate.server.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response
    from starlette.testclient import TestClient

    from facegate.server.service import Service

INQUIRY = "inquiry"
"""A misuse officer who is an officer: of what he records somebody vouches."""
ENDED = 401
KNOWN_BY = ("Authorization", "Origin", "X-CSRF-Token")
TESTERS = ("tester", "other-tester")
NO_LIMIT = RateLimits(
    address_minute=1_000_000, account_minute=1_000_000, heavy_minute=1_000_000, logins_minute=1_000_000
)
PERSON = {"name": "Eileen Example", "date_of_birth": "1956-11-19"}


class Attacked:
    """A running service and clients of it, each signed in once.

    Parameters
    ----------
    service : Service
        Whole.
    stack : ExitStack
        Closes the clients.
    """

    def __init__(self, service: Service, stack: ExitStack) -> None:
        self.service = service
        self.app = create_app(service)
        self._stack = stack
        self._clients: dict[str, TestClient] = {}
        self._released = False
        self.mark = ""

    def as_(self, name: str = "") -> TestClient:
        """Give the client of one of the accounts, as a page's script would ask; nobody's, without a name."""
        if name not in self._clients:
            # Entered, a client keeps its event loop: one for each request takes longer than the request.
            self._clients[name] = self._stack.enter_context(self._signed_in(name))
        return self._clients[name]

    def key_of(self, name: str) -> str:
        """Issue an API key of an account."""
        account = self.service.identity.accounts.by_name(name)
        assert account is not None
        return self.service.identity.keys.issue(account, days=9, by="setup").secret

    def shown(self, name: str) -> dict[str, str]:
        """Give the headers by which an account is known; after its session or key ended, by a new one."""
        client, identity = self.as_(name), self.service.identity
        if client.get("/v1/account").status_code == ENDED and name not in TESTERS:
            account = identity.accounts.by_name(name)  # past the page: it may be held back for wrong phrases
            assert account is not None
            secret = identity.sessions.begin(account, browser="another")
            client.cookies.clear()
            client.cookies.set(identity.cookies.session, secret, domain="127.0.0.1")
            client.headers["X-CSRF-Token"] = identity.sessions.csrf(secret)
        headers = {key: client.headers[key] for key in KNOWN_BY if key in client.headers}
        cookie = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
        return {**headers, "Cookie": cookie} if cookie else headers

    def by_key(self, name: str) -> TestClient:
        """Give a client that shows an API key."""
        client = browser(self.app)
        client.headers["Authorization"] = f"Bearer {self.key_of(name)}"
        return client

    def _signed_in(self, name: str) -> TestClient:
        if name in TESTERS:
            return self.by_key(name)
        client = browser(self.app, name)
        identity = self.service.identity
        if name:
            secret = client.cookies[identity.cookies.session]
            client.headers["X-CSRF-Token"] = identity.sessions.csrf(secret)
        return client

    def send(
        self,
        path: str,
        name: str,
        request: dict[str, Any],
        *,
        probe: bytes = PHOTO,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Send a request and a photo."""
        data, files = {"request": json.dumps(request)}, {"probe": ("x", probe)}
        answer: Response = self.as_(name).post(path, data=data, files=files, headers=headers or {})
        return answer

    def permit(self, **changes: Any) -> str:  # noqa: ANN401  any field of a request
        """Have a search of the photo approved."""
        answer = self.send("/v1/permits", "supervisor", stated(**changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["permit"])

    @cached_property
    def search(self) -> str:
        """Give the id of the one search, asked for."""
        answer = self.send("/v1/searches", "searcher", stated(permit=self.permit()))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["search_id"])

    def reviewed(self, *, released: bool = True) -> str:
        """Give its id once both compared, and the list was released; what was done is not done again."""
        if self._released:
            return self.search
        at = f"/v1/searches/{self.search}"
        for name in ("reviewer", "second"):
            self.as_(name).get(f"{at}/sheet")
            assert self.as_(name).post(f"{at}/reviews", json=AGREE).status_code in {201, 409}
        if released:
            answer = self.as_("supervisor").post(f"{at}/releases", json={"to": "8841"})
            assert answer.status_code == 201, answer.text
            self.mark = str(answer.json()["mark"])
            self._released = True
        return self.search

    @cached_property
    def correction(self) -> int:
        """Give the record by which its lead was corrected."""
        form = {"rank": 1, "reason": "another_person", "reference": "Lab 7"}
        at = f"/v1/searches/{self.reviewed()}/corrections"
        answer = self.as_("supervisor").post(at, json=form)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["record"])

    @property
    def size(self) -> int:
        """Give how many records are on the log."""
        return self.service.desk.ledger.log.size

    def publish(self) -> None:
        """Bring the public folder up to date."""
        home = self.service.desk.home
        if home.log_keys() is None:
            LogKeys.create(home.keys, home.origin, random_bytes=os.urandom)
        Publisher(self.service.desk).publish()


@contextmanager
def attacked(folder: Path) -> Iterator[Attacked]:
    """Open the whole service over a ready agency."""
    with whole_service(folder) as service:
        unlimited = replace(service, config=replace(service.config, rate_limits=NO_LIMIT))
        _inquiry(unlimited)
        (unlimited.desk.home.folder / "records.json").write_text(json.dumps({"astronaut": PERSON}))
        with ExitStack() as stack:
            yield Attacked(unlimited, stack)


def _inquiry(service: Service) -> None:
    at, book = service.desk.clock(), service.identity.accounts
    trained = f"{at + timedelta(days=360):%Y-%m-%d}"
    ledger = service.desk.ledger
    register_officer(ledger, agency=POLICE, officer="90", role="investigator", trained_until=trained, at=at)
    made = book.make(INQUIRY, [Role.MISUSE_OFFICER], by="setup", officer="90", agency=POLICE)
    book.set_phrase(made.account, PHRASE)
    book.make("other-tester", [Role.TESTER], by="setup")

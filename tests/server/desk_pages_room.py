"""The desks' pages over the whole service: searches at every stage, and browsers of whoever works there."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from ready_agency import REQUEST
from ready_home import PHOTO
from service_room import CALLERS, POLICE
from whole_service import PHRASE, browser, csrf, whole_service

from facegate.records import SubjectId
from facegate.server.acts import permits, reviews, searches
from facegate.server.app import create_app
from facegate.server.database.tables import sessions
from facegate.server.identity.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response
    from starlette.testclient import TestClient

    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

NO_SEARCH = "01a2008d-7400-7000-8000-000000000009"
INQUIRY = "inquiry"
"""A misuse officer who is an officer: of such a record somebody vouches for what it says."""


class Desks:
    """A running service, browsers of it, and the steps that lead to the page under test."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.app = create_app(service)
        self._browsers: dict[str, TestClient] = {}
        made = service.identity.accounts.make(
            INQUIRY, {Role.MISUSE_OFFICER}, by="setup", officer="502", agency=POLICE
        )
        service.identity.accounts.set_phrase(made.account, PHRASE)

    def as_(self, name: str = "") -> TestClient:
        """Give somebody's browser, the same each time."""
        if name not in self._browsers:
            self._browsers[name] = browser(self.app, name)
        return self._browsers[name]

    def post(self, name: str, path: str, form: dict[str, str], *, of: str = "", **more: Any) -> Response:  # noqa: ANN401  files
        """Send a form as its page would, with the token of the page it is on."""
        client = self.as_(name)
        answer: Response = client.post(path, data={"csrf": csrf(client, of or path), **form}, **more)
        return answer

    def caller(self, name: str) -> Caller:
        """Give one of the callers, who proved himself now."""
        return replace(CALLERS[name], fresh_at=self.service.desk.clock())

    def searched(self) -> str:
        """Give the id of a search that found the one person who is enrolled."""
        given = permits.issue_permit(self.service, self.caller("supervisor"), REQUEST, PHOTO).permit_id
        made = searches.ask(self.service, self.caller("searcher"), REQUEST, PHOTO, permit=given)
        return str(made.reply.search_id)

    def reviewed(self) -> str:
        """Give the id of a search that two reviewers agreed about."""
        name = self.searched()
        for who in ("reviewer", "second"):
            reviews.open_sheet(self.service, self.caller(who), name)
            reviews.find(self.service, self.caller(who), name, {1: "agree"})
        return name

    def keep_photo(self) -> None:
        """Keep the photo of the one person who is enrolled."""
        self.service.photos.keep_subject(SubjectId("astronaut"), self.service.intake.clean(PHOTO).data)

    def last_record(self) -> dict[str, Any]:
        """Give the public part of the log's last record."""
        log = self.service.desk.ledger.log
        entry, _ = next(iter(log.read(log.size - 1)))
        return dict(entry.public)

    def make_stale(self, name: str) -> None:
        """Let the proof of everybody be an hour old; sign in first."""
        self.as_(name)
        at = self.service.desk.clock() - timedelta(hours=1)
        with self.service.database.begin() as connection:
            connection.execute(sa.update(sessions).values(fresh_at=at))


@contextmanager
def some_desks(folder: Path) -> Iterator[Desks]:
    """Open the whole service and give what its desks have of it."""
    with whole_service(folder) as service:
        yield Desks(service)


def words(answer: Response) -> str:
    """Give a page's main part as somebody reads it: without its tags."""
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())

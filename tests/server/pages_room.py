"""A whole service for tests of the searcher's pages: what is typed, and searches to look at."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from ready_agency import REQUEST
from ready_home import PHOTO
from service_room import CALLERS
from whole_service import browser, csrf, whole_service

from facegate.gallery.gallery import Gallery
from facegate.records import SubjectId
from facegate.server.acts import permits, reviews, searches
from facegate.server.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI
    from httpx import Response
    from starlette.testclient import TestClient

    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

NOT_TYPED = {"requester", "agency", "profile", "felony", "dossier_fields", "instrument", "exigency"}
TYPED = {
    name: {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    for name, value in asdict(REQUEST).items()
    if name not in NOT_TYPED and value is not None
}
"""What a searcher types for the request that passes."""


class PagesRoom:
    """A running service, and the steps that lead to the page under test."""

    def __init__(self, service: Service, app: FastAPI) -> None:
        self.service = service
        self.app = app
        self._clients: dict[str, TestClient] = {}

    def as_(self, name: str = "") -> TestClient:
        """Give a browser, signed in once as one of the callers of the service room."""
        if name not in self._clients:
            self._clients[name] = browser(self.app, name)
        return self._clients[name]

    def caller(self, name: str) -> Caller:
        """Give a caller who proved himself just now."""
        return replace(CALLERS[name], fresh_at=self.service.desk.clock())

    def permit(self) -> str:
        """Have a permit issued for the request that passes."""
        return permits.issue_permit(self.service, self.caller("supervisor"), REQUEST, PHOTO).permit_id

    def post(
        self,
        path: str,
        name: str,
        *,
        photo: bytes | None = None,
        token: str | None = None,
        **fields: str | None,
    ) -> Response:
        """Send the console's form; None leaves a field out."""
        client = self.as_(name)
        stated: dict[str, Any] = {"profile": "co-dmv-2019", **TYPED, **fields}
        data = {key: value for key, value in stated.items() if value is not None}
        data["csrf"] = csrf(client, "/") if token is None else token
        files = {"probe": ("x.png", photo or b"", "image/png")}
        answer: Response = client.post(path, data=data, files=files)
        return answer

    def searched(self) -> str:
        """Give the id of a search that found the one person who is enrolled."""
        asker = self.caller("searcher")
        return str(searches.ask(self.service, asker, REQUEST, PHOTO, permit=self.permit()).reply.search_id)

    def reviewed(self) -> str:
        """Give the id of a search that two reviewers agreed about."""
        name = self.searched()
        for reviewer in ("reviewer", "second"):
            reviews.open_sheet(self.service, self.caller(reviewer), name)
            reviews.find(self.service, self.caller(reviewer), name, {1: "agree"})
        return name

    def released(self) -> str:
        """Give the id of a search whose lead was released to whoever asked."""
        name = self.reviewed()
        reviews.release_to(self.service, self.caller("supervisor"), name, to="8841")
        return name

    def withdraw_everybody(self) -> None:
        """Take the one person who is enrolled out of the gallery."""
        with Gallery.open(self.service.desk.home.gallery, writable=True) as gallery:
            gallery.withdraw([SubjectId("astronaut")])


@contextmanager
def pages_room(folder: Path) -> Iterator[PagesRoom]:
    """Open a whole service and give what its users have of it."""
    with whole_service(folder) as service:
        yield PagesRoom(service, create_app(service))

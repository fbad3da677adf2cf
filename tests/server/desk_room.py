"""The acting side of a service over a ready agency: clients by role, a search at every stage of its life."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from ready_agency import REQUEST
from ready_home import PHOTO
from service_room import a_service, client_as

from facegate.gallery.gallery import Gallery
from facegate.records import SubjectId
from facegate.server.api import (
    case_files,
    cases,
    dossiers,
    leads,
    limits,
    permit_requests,
    permits,
    reviews,
    searches,
)
from facegate.server.edge.handlers import install_handlers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response
    from starlette.testclient import TestClient

    from facegate.server.service import Service

ROUTERS = (cases, case_files, permits, permit_requests, searches, reviews, leads, dossiers, limits)
STATED: dict[str, Any] = {name: value for name, value in asdict(REQUEST).items() if value not in (None, ())}
"""The request that passes, as somebody sends it."""
AGREE = {"findings": [{"rank": 1, "opinion": "agree"}]}
NO_SEARCH = "01a2008d-7400-7000-8000-000000000009"


def stated(**changes: Any) -> dict[str, Any]:  # noqa: ANN401  any field of a request
    """Give the request that passes, with some fields changed; None leaves one out."""
    return {name: value for name, value in {**STATED, **changes}.items() if value is not None}


class Room:
    """A running service, clients of it, and the steps that lead to the one under test."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.app = FastAPI()
        self.app.state.service = service
        for one in ROUTERS:
            self.app.include_router(one.router)
        install_handlers(self.app)

    def as_(self, name: str = "") -> TestClient:
        """Give a client who is one of the callers of the service room; nobody known, if none is named."""
        return client_as(self.app, name)

    def send(
        self,
        path: str,
        name: str,
        request: dict[str, Any] | str,
        *,
        probe: bytes = PHOTO,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Send a request and a photo."""
        text = request if isinstance(request, str) else json.dumps(request)
        files = {"probe": ("whatever.jpg", probe, "text/html")}
        answer: Response = self.as_(name).post(
            path, data={"request": text}, files=files, headers=headers or {}
        )
        return answer

    def permit(self, **changes: Any) -> str:  # noqa: ANN401  any field of a request
        """Have a permit issued by the supervisor."""
        answer = self.send("/v1/permits", "supervisor", stated(**changes))
        assert answer.status_code == 201, answer.text
        given: str = answer.json()["permit"]
        return given

    def search(self, **changes: Any) -> Response:  # noqa: ANN401  any field of a request
        """Search as the searcher, with a permit unless one is named."""
        given = changes.pop("permit", None)
        permit = self.permit(**changes) if given is None else given
        return self.send("/v1/searches", "searcher", stated(permit=permit, **changes))

    def searched(self) -> str:
        """Give the id of a search that found the one person who is enrolled."""
        answer = self.search()
        assert answer.status_code == 201, answer.text
        name: str = answer.json()["search_id"]
        return name

    def reviewed(self) -> str:
        """Give the id of a search that two reviewers agreed about."""
        name = self.searched()
        for reviewer in ("reviewer", "second"):
            assert self.as_(reviewer).get(f"/v1/searches/{name}/sheet").status_code == 200
            answer = self.as_(reviewer).post(f"/v1/searches/{name}/reviews", json=AGREE)
            assert answer.status_code == 201, answer.text
        return name

    def released(self) -> str:
        """Give the id of a search whose one lead was released to whoever asked."""
        name = self.reviewed()
        answer = self.as_("supervisor").post(f"/v1/searches/{name}/releases", json={"to": "8841"})
        assert answer.status_code == 201, answer.text
        return name

    def withdraw_everybody(self) -> None:
        """Take the one person who is enrolled out of the gallery."""
        with Gallery.open(self.service.desk.home.gallery, writable=True) as gallery:
            gallery.withdraw([SubjectId("astronaut")])

    def last_record(self) -> dict[str, Any]:
        """Give the public part of the log's last record."""
        log = self.service.desk.ledger.log
        entry, _ = next(iter(log.read(log.size - 1)))
        return dict(entry.public)


@contextmanager
def a_room(folder: Path) -> Iterator[Room]:
    """Open a service and give what its users have of it."""
    with a_service(folder) as service:
        yield Room(service)

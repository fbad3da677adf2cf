"""The page ``/enrollment``: upload, progress, what came of it, taking people out; for its keeper alone."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from enroll_room import album, file_of, no_face, records, templates
from ready_home import PHOTO
from whole_service import browser, csrf, whole_service

from facegate.records import SubjectId
from facegate.server.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response
    from starlette.testclient import TestClient

    from facegate.audit.canonical import JSONValue
    from facegate.server.jobs.progress import Progress
    from facegate.server.service import Service


class Room:
    """The whole service and an enroller's browser."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service, self.folder = service, folder
        self.app = create_app(service)
        self.client = self.as_("enroller")

    def as_(self, name: str) -> TestClient:
        return browser(self.app, name)

    def file(self, *subjects: str, seed: int = 0) -> bytes:
        info = self.service.desk.gate.gallery.embedder
        return file_of(templates(info, list(subjects), seed=seed), self.folder)

    def upload(self, data: bytes, given: str = "templates") -> Response:
        form = {"csrf": csrf(self.client, "/enrollment"), "input": given}
        answer: Response = self.client.post(
            "/enrollment", data=form, files={"file": ("<script>.zip", data, "text/html")}
        )
        return answer

    def enrolled(self, data: bytes, given: str = "templates") -> str:
        """Give the page of a job that has ended."""
        answer = self.upload(data, given)
        assert answer.status_code == 303, answer.text
        self.service.jobs.wait(answer.headers["location"].rsplit("/", 1)[-1], 60)
        page: str = self.client.get(answer.headers["location"]).text
        return page

    def withdraw(self, typed: str, **more: str) -> Response:
        form = {"csrf": csrf(self.client, "/enrollment"), "subjects": typed, **more}
        answer: Response = self.client.post("/enrollment/withdraw", data=form)
        return answer

    @property
    def people(self) -> set[str]:
        return set(self.service.desk.gate.gallery.subject_ids())


@contextmanager
def a_room(folder: Path) -> Iterator[Room]:
    with whole_service(folder) as service:
        yield Room(service, folder)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Open a room for tests that change nothing."""
    with a_room(tmp_path_factory.mktemp("still")) as made:
        yield made


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with a_room(tmp_path) as made:
        yield made


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_page_says_who_is_enrolled_and_what_was_done(still: Room) -> None:
    answer = still.client.get("/enrollment")
    assert answer.status_code == 200
    said = plain(answer.text)
    assert "1 people enrolled" not in said
    assert "1 person enrolled" in said
    assert "You have enrolled nobody yet." in said
    assert answer.text.count("<h1>") == 1


@pytest.mark.parametrize("path", ["/enrollment", "/enrollment/jobs/01a2008d-7400-7000-8000-000000000009"])
def test_who_is_not_signed_in_is_sent_to_sign_in_and_a_wrong_role_is_told(still: Room, path: str) -> None:
    answer = still.as_("").get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")
    assert still.as_("searcher").get(path).status_code == 403


def test_photos_are_uploaded_and_the_page_counts_what_came_of_them(room: Room) -> None:
    photos = {"a.png": PHOTO, "b.png": no_face()}
    page = room.enrolled(album({"a.png": "flyer", "b.png": "p2"}, photos), "photos")
    said = plain(page)
    assert "templates enrolled 1" in said
    assert "photos that gave no template (failures to enroll) 1" in said
    assert "of these: no face was found 1" in said
    assert 'data-open="no"' in page
    assert "flyer" not in page
    assert "1 templates enrolled" not in plain(room.client.get("/enrollment").text)
    assert room.people == {"astronaut", "flyer"}


def test_a_bad_file_comes_back_with_the_form_and_the_reason_first(still: Room) -> None:
    answer = still.upload(b"nothing", "photos")
    assert answer.status_code == 422
    assert "The upload is not a plain zip file" in plain(answer.text)
    assert 'value="photos" required aria-describedby="input-photos-hint" checked' in answer.text
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    ("given", "data", "words"),
    [
        ("", b"x", "Say what the file is"),
        ("names", b"x", "Say what the file is"),
        ("photos", b"", "Choose a file"),
    ],
)
def test_a_form_that_is_not_filled_in_says_what_is_missing(
    still: Room, given: str, data: bytes, words: str
) -> None:
    answer = still.upload(data, given)
    assert (answer.status_code, words in plain(answer.text)) == (422, True)


def test_a_form_from_elsewhere_enrolls_nobody(still: Room) -> None:
    answer = still.client.post("/enrollment", data={"csrf": "forged", "input": "templates"})
    assert answer.status_code == 403
    assert still.people == {"astronaut"}


def test_while_one_runs_the_page_shows_progress_and_a_way_to_stop(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(room.service.jobs), "any_open", lambda *_: True)
    said = plain(room.client.get("/enrollment").text)
    assert "An enrollment waits or runs." in said
    assert "Upload and enroll" not in said
    answer = room.withdraw("astronaut", sure="yes")
    assert (answer.status_code, room.people) == (409, {"astronaut"})


def test_a_job_that_runs_shows_how_far_it_is_and_can_be_stopped(room: Room) -> None:
    came, go = threading.Event(), threading.Event()
    account = room.service.identity.accounts.by_name("enroller")
    assert account is not None

    def work(told: Progress) -> JSONValue:
        told(3, 8, "making templates of the photos")
        came.set()
        go.wait(30)
        told(4, 8)
        return None

    job = room.service.jobs.start("enrollment", account.id, account.agency, work)
    path = f"/enrollment/jobs/{job}"
    assert came.wait(30)
    page = room.client.get(path).text
    assert '<progress id="progress" max="8" value="3">' in page
    assert "Look again" in page
    answer = room.client.post(f"{path}/stop", data={"csrf": csrf(room.client, path)})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    go.set()
    room.service.jobs.wait(job, 30)
    assert "Stopped when it was told to." in plain(room.client.get(path).text)


def test_taking_out_is_confirmed_first_and_then_said_from_the_log(room: Room) -> None:
    room.enrolled(room.file("p1", "p2"))
    asked = room.withdraw(" p1 \n\np2\np1\n")
    assert (asked.status_code, room.people) == (200, {"astronaut", "p1", "p2"})
    assert "Take 2 people out?" in plain(asked.text)
    answer = room.withdraw("p1\np2", sure="yes")
    assert (answer.status_code, room.people) == (303, {"astronaut"})
    (done,) = records(room.service, "withdrawn")
    assert "Taken out: 2 people, with 2 templates" in plain(room.client.get(answer.headers["location"]).text)
    assert done["n_subjects"] == 2


@pytest.mark.parametrize(("typed", "status"), [("", 422), ("nobody", 422), ("astronaut\nnobody", 422)])
def test_somebody_who_is_not_enrolled_takes_nobody_out(still: Room, typed: str, status: int) -> None:
    answer = still.withdraw(typed)
    assert answer.status_code == status
    assert typed in answer.text
    assert still.people == {"astronaut"}


def test_an_address_cannot_make_the_page_say_that_somebody_was_taken_out(still: Room) -> None:
    for record in (0, 3, 10**9, -1):
        assert "Taken out" not in still.client.get(f"/enrollment?withdrawn={record}").text


def test_subject_ids_are_shown_as_text(room: Room) -> None:
    room.enrolled(room.file("<script>alert(1)</script>"))
    page = room.withdraw("<script>alert(1)</script>").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert SubjectId("<script>alert(1)</script>") in room.people

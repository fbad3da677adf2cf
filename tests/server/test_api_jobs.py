"""``/v1/jobs``: one's own, an auditor's to look at, nobody else's; and a test's job is its key's alone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from service_room import DMV, a_database, a_service, client_as, wall_clock

from facegate.server.api import jobs as api
from facegate.server.edge.handlers import install_handlers
from facegate.server.jobs.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.audit.canonical import JSONValue
    from facegate.server.jobs.progress import Progress

NO_JOB = "01a2008d-7400-7000-8000-000000000009"


class Room:
    """An application of jobs alone."""

    def __init__(self, app: FastAPI, jobs: Jobs) -> None:
        self.app, self.jobs = app, jobs

    def made(self, kind: str = "enrollment", account: str = "enroller") -> str:
        job = self.jobs.start(kind, f"account-{account}", DMV, lambda _: {"n": 1})
        self.jobs.wait(job, 30)
        return job

    def get(self, path: str, name: str) -> tuple[int, Any]:
        answer = client_as(self.app, name).get(path)
        return answer.status_code, answer.json()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("jobs")
    with (
        a_database(folder) as database,
        Jobs(database, wall_clock) as jobs,
        a_service(folder, jobs=jobs, database=database) as service,
    ):
        app = FastAPI()
        app.state.service = service
        app.include_router(api.router)
        install_handlers(app)
        yield Room(app, jobs)


def test_a_job_tells_its_owner_how_it_stands(room: Room) -> None:
    job = room.made()
    status, said = room.get(f"/v1/jobs/{job}", "enroller")
    assert (status, said["state"], said["result"], said["kind"]) == (200, "done", {"n": 1}, "enrollment")
    assert said["created"].endswith("Z")
    assert "account" not in said


def test_an_auditor_sees_every_job_but_those_of_tests(room: Room) -> None:
    job, test = room.made(), room.made("test", "tester")
    assert room.get(f"/v1/jobs/{job}", "auditor")[0] == 200
    assert room.get(f"/v1/jobs/{test}", "auditor")[0] == 404
    assert room.get(f"/v1/jobs/{test}", "tester")[0] == 200
    listed = [one["id"] for one in room.get("/v1/jobs", "auditor")[1]["jobs"]]
    assert (job in listed, test in listed) == (True, False)


def test_a_list_holds_ones_own_alone_newest_first(room: Room) -> None:
    first, other, last = room.made(), room.made("benchmark", "auditor"), room.made()
    listed = [one["id"] for one in room.get("/v1/jobs", "enroller")[1]["jobs"]]
    assert listed[:2] == [last, first]
    assert other not in listed


@pytest.mark.parametrize(
    ("name", "status"), [("", 401), ("searcher", 403), ("tester", 404), ("enroller", 404)]
)
def test_to_everybody_else_there_is_no_such_job(room: Room, name: str, status: int) -> None:
    job = room.made("benchmark", "auditor")
    assert room.get(f"/v1/jobs/{job}", name)[0] == status
    assert client_as(room.app, name).delete(f"/v1/jobs/{job}").status_code == status


@pytest.mark.parametrize(("job", "status"), [(NO_JOB, 404), ("x", 422), ("%00", 422)])
def test_a_job_that_is_not_there_is_not_found(room: Room, job: str, status: int) -> None:
    assert room.get(f"/v1/jobs/{job}", "enroller")[0] == status


def test_a_job_is_told_to_stop_by_its_owner_and_by_nobody_who_only_looks_in(room: Room) -> None:
    began, go = threading.Event(), threading.Event()

    def work(told: Progress) -> JSONValue:
        began.set()
        go.wait(30)
        told(1, 2, "half")
        return None

    job = room.jobs.start("enrollment", "account-enroller", DMV, work)
    assert began.wait(30)
    assert client_as(room.app, "auditor").delete(f"/v1/jobs/{job}").status_code == 404
    answer = client_as(room.app, "enroller").delete(f"/v1/jobs/{job}")
    assert (answer.status_code, answer.json()["state"]) == (202, "running")
    go.set()
    room.jobs.wait(job, 30)
    assert room.get(f"/v1/jobs/{job}", "enroller")[1]["said"] == "stopped when it was told to"


def test_a_job_that_has_ended_is_not_stopped(room: Room) -> None:
    answer = client_as(room.app, "enroller").delete(f"/v1/jobs/{room.made()}")
    assert (answer.status_code, answer.json()["title"]) == (409, "Job ended")

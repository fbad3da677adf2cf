"""``/v1/benchmarks``: measured by whoever audits, read by everybody; no file but the upload is read."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from port_room import npz
from service_room import a_database, a_service, client_as, wall_clock

from facegate.datasets.populations import demo_population
from facegate.evaluation.result import BenchmarkResult
from facegate.reporting import run_folder
from facegate.server.acts import benchmark_runs as acts
from facegate.server.api import benchmark_runs, jobs
from facegate.server.benchmarking import measuring
from facegate.server.benchmarking.kept_runs import results_folder
from facegate.server.edge.handlers import install_handlers
from facegate.server.jobs.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response

    from facegate.server.service import Service

PROTOCOL = """
kind = "all-pairs"
name = "audit"
title = "An audit of <b>templates</b>"

[data]
templates = "/etc/passwd"

[groups]
by = ["sex"]

[floor]
distance = 0.9

[[threshold]]
distance = 0.6

[resampling]
bootstrap = 20
permutations = 20
"""
SCORES_PROTOCOL = """
kind = "all-pairs"
name = "scores"
title = "Scores"

[data.scores]
file = "../../../etc/passwd"
direction = "similarity"

[data.scores.columns]
score = "score"
mated = "mated"
group = "group"

[floor]
score = 0.1

[[threshold]]
score = 0.5

[resampling]
bootstrap = 20
permutations = 20
"""
SCORES = "score,mated,group\n" + "\n".join(
    f"{score},{mated},{group}"
    for group in ("A", "B")
    for score, mated in [(0.9, "yes")] * 30 + [(0.2, "no")] * 60 + [(0.6, "no")] * 3
)


class Room:
    """A service with its jobs, and the routes under test."""

    def __init__(self, service: Service, templates: bytes) -> None:
        self.service, self.templates = service, templates
        self.app = FastAPI()
        self.app.state.service = service
        for one in (benchmark_runs, jobs):
            self.app.include_router(one.router)
        install_handlers(self.app)

    def send(
        self, data: bytes | None = None, *, protocol: str | bytes = PROTOCOL, name: str = "auditor"
    ) -> Response:
        text = protocol.encode() if isinstance(protocol, str) else protocol
        files = {
            "protocol": ("../p.toml", io.BytesIO(text)),
            "file": ("/x", io.BytesIO(self.templates if data is None else data)),
        }
        answer: Response = client_as(self.app, name).post("/v1/benchmarks", files=files)
        return answer

    def run(self, data: bytes | None = None, *, protocol: str = PROTOCOL) -> dict[str, Any]:
        answer = self.send(data, protocol=protocol)
        assert answer.status_code == 202, answer.text
        self.service.jobs.wait(answer.json()["id"], 120)
        told: dict[str, Any] = client_as(self.app, "auditor").get(answer.headers["location"]).json()
        return told

    @property
    def uploads(self) -> list[Path]:
        folder = self.service.desk.home.folder / acts.UPLOADS
        return list(folder.rglob("*")) if folder.exists() else []


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("drawn") / "templates.parquet"
    demo_population(12, seed=1).draw().write(path)
    return path.read_bytes()


@contextmanager
def a_room(folder: Path, templates: bytes) -> Iterator[Room]:
    with (
        a_database(folder) as database,
        Jobs(database, wall_clock) as made,
        a_service(folder, jobs=made, database=database) as service,
    ):
        yield Room(service, templates)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory, templates: bytes) -> Iterator[Room]:
    """Open a room for tests that make no run."""
    with a_room(tmp_path_factory.mktemp("still"), templates) as made:
        yield made


@pytest.fixture
def room(tmp_path: Path, templates: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    # Figures of reports take most of the time, and are tested with reports.
    monkeypatch.setattr(measuring, "report_html", lambda result: f"<!doctype html><p>{len(result.title)}</p>")
    with a_room(tmp_path, templates) as made:
        yield made


def test_a_run_of_templates_is_made_by_a_job_and_read_by_anybody(room: Room) -> None:
    told = room.run()
    assert (told["state"], told["kind"], told["result"]["run"]) == ("done", "benchmark", told["id"]), told
    public = client_as(room.app)
    (listed,) = public.get("/v1/benchmarks").json()["runs"]
    assert (listed["id"], listed["name"]) == (told["id"], "audit")
    text = public.get(f"/v1/benchmarks/{told['id']}").text
    result = BenchmarkResult.from_json(text, name="reply")
    assert result.provenance.command == "POST /v1/benchmarks"
    assert {one.name for one in result.main.groups} == {"F", "M"}
    assert room.uploads == [room.service.desk.home.folder / acts.UPLOADS] or not room.uploads


def test_nothing_that_is_written_names_a_person_or_a_template(room: Room) -> None:
    told = room.run()
    folder = results_folder(room.service.desk.home) / told["id"]
    assert {one.name for one in folder.iterdir()} == {
        "result.json",
        "report.html",
        "protocol.toml",
        "run.json",
    }
    text = "".join(one.read_text() for one in folder.iterdir())
    people = demo_population(12, seed=1).draw().subject_id.tolist()
    assert not [one for one in people if f'"{one}"' in text]
    assert str(room.service.desk.home.folder) not in text


def test_a_report_is_an_attachment(room: Room) -> None:
    told = room.run()
    answer = client_as(room.app).get(f"/v1/benchmarks/{told['id']}/report.html")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="report.html"'


def test_scores_are_measured_from_the_upload_and_not_from_the_file_that_is_named(room: Room) -> None:
    told = room.run(SCORES.encode(), protocol=SCORES_PROTOCOL)
    assert told["state"] == "done", told
    text = client_as(room.app).get(f"/v1/benchmarks/{told['id']}").text
    assert json.loads(text)["input"]["rows"] == 186
    assert "passwd" not in text


@pytest.mark.parametrize(
    ("name", "status"),
    [("", 401), ("searcher", 403), ("enroller", 403), ("administrator", 403), ("tester", 403)],
)
def test_nobody_but_an_auditor_starts_a_run(still: Room, name: str, status: int) -> None:
    assert still.send(name=name).status_code == status
    assert still.uploads == []


BAD_PROTOCOLS: list[tuple[str | bytes, str]] = [
    ("", "kind"),
    ("not toml [", "is not TOML"),
    (b"\xff\xfe", "is not text in UTF-8"),
    ("#" * 70_000, "larger than 65,536 bytes"),
    (PROTOCOL.replace('templates = "/etc/passwd"', 'dataset = "lfw"'), "is about data set 'lfw'"),
    (
        PROTOCOL.replace(
            'templates = "/etc/passwd"', 'synthetic = {population = "demo", subjects = 900000, seed = 1}'
        ),
        "is about neither templates",
    ),
    (PROTOCOL.replace("0.6", "5.0"), "threshold"),
    (PROTOCOL.replace('by = ["sex"]', 'by = ["name"]'), "groups.by"),
]


@pytest.mark.parametrize(("protocol", "words"), BAD_PROTOCOLS)
def test_a_protocol_that_cannot_be_followed_is_refused_before_a_job(
    still: Room, protocol: str | bytes, words: str
) -> None:
    answer = still.send(protocol=protocol)
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.text
    assert still.uploads == [] or not [one for one in still.uploads if one.is_file()]


BAD_UPLOADS: list[tuple[bytes, str, str]] = [
    (b"", PROTOCOL, "the upload is none"),
    (b"PAR1", PROTOCOL, "damaged"),
    (npz(a=[1]), SCORES_PROTOCOL, "zip or npz"),
]


@pytest.mark.parametrize(("data", "protocol", "words"), BAD_UPLOADS)
def test_an_upload_of_another_kind_is_refused_before_a_job(
    still: Room, data: bytes, protocol: str, words: str
) -> None:
    answer = still.send(data, protocol=protocol)
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.text
    assert str(still.service.desk.home.folder) not in answer.text


def test_scores_that_turn_out_to_be_bad_fail_in_words_and_leave_no_run(room: Room) -> None:
    told = room.run(b"score,mated,group\nmuch,yes,A\n", protocol=SCORES_PROTOCOL)
    assert (told["state"], told["result"]) == ("failed", None)
    assert str(room.service.desk.home.folder) not in told["said"]
    assert client_as(room.app).get("/v1/benchmarks").json() == {"runs": []}
    assert not [one for one in room.uploads if one.is_file()]


def test_a_full_disk_leaves_no_half_run(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_folder, "fsync_path", full)
    told = room.run()
    assert (told["state"], "No space left on device" in told["said"]) == ("failed", True)
    assert str(room.service.desk.home.folder) not in told["said"]
    assert list(results_folder(room.service.desk.home).iterdir()) == []


def test_one_measurement_is_made_at_a_time(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.service.jobs.__class__, "any_open", lambda *_: True)
    answer = room.send()
    assert (answer.status_code, answer.json()["title"]) == (409, "Still running")


@pytest.mark.parametrize("run", ["01a2008d-7400-7000-8000-000000000009", "..", "x", "..%2f..%2fkeys"])
def test_a_run_that_is_not_there_is_not_found(still: Room, run: str) -> None:
    for path in (f"/v1/benchmarks/{run}", f"/v1/benchmarks/{run}/report.html"):
        assert client_as(still.app).get(path).status_code in {404, 422}


def test_a_folder_that_is_no_run_of_the_service_is_not_listed(room: Room) -> None:
    folder = results_folder(room.service.desk.home)
    (folder / "by-hand").mkdir(parents=True)
    (folder / "01a2008d-7400-7000-8000-000000000009").mkdir()
    assert client_as(room.app).get("/v1/benchmarks").json() == {"runs": []}


def test_uploads_that_a_kill_left_behind_go_at_the_next_start(still: Room) -> None:
    left = still.service.desk.home.folder / acts.UPLOADS / "01a2008d-7400-7000-8000-000000000009"
    left.mkdir(parents=True)
    (left / "upload").write_bytes(b"templates of people")
    acts.clear_uploads(still.service)
    assert left.exists()  # it may still be being sent
    acts.clear_uploads(still.service, starting=True)
    assert not left.exists()

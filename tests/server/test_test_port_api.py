"""The test port as a tester meets it over HTTP; and that the enrolled gallery is no part of it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from fastapi import FastAPI
from port_room import people, with_colors, without_figures, zipped
from ready_home import PHOTO
from service_room import CALLERS, _caller, a_database, a_service, client_as, wall_clock

from facegate.audit.keys.log_keys import LogKeys
from facegate.audit.signed.receipt import parse_receipt, verify_receipt
from facegate.faces.photo import only_face
from facegate.gallery.gallery import Gallery
from facegate.server.acts import tests_made as acts
from facegate.server.api import tests_made
from facegate.server.edge.handlers import install_handlers
from facegate.server.identity.roles import Role
from facegate.server.jobs.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from facegate.server.service import Service

CALLERS["other-tester"] = _caller("other-tester", {Role.TESTER})
SCORES = b"score,first_subject,second_subject,group\n0.95,a,a,A\n0.1,a,b,A\n"
TWO_SHOTS = {
    "1.png": PHOTO,
    "2.png": PHOTO + b"",
    "labels.csv": b"file,subject,group\n1.png,x,A\n2.png,y,B\n",
}


class Room:
    """A running service with the test port."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.app = FastAPI()
        self.app.state.service = service
        self.app.include_router(tests_made.router)
        install_handlers(self.app)

    def as_(self, name: str = "tester") -> TestClient:
        return client_as(self.app, name)

    def send(self, data: bytes, kind: str = "scores", name: str = "tester", **headers: str) -> Any:  # noqa: ANN401  a reply
        files = {"file": ("../../etc/passwd", data)}
        return self.as_(name).post("/v1/tests", data={"input": kind}, files=files, headers=headers)

    def finished(self, data: bytes, kind: str = "scores", name: str = "tester") -> dict[str, Any]:
        """Send something and ask until it has ended."""
        answer = self.send(data, kind, name)
        assert answer.status_code == 202, answer.text
        for _ in range(600):
            told: dict[str, Any] = self.as_(name).get(answer.headers["Location"]).json()
            if told["state"] in {"done", "failed"}:
                return told
            time.sleep(0.05)
        msg = f"the test {answer.headers['Location']} did not end"
        raise AssertionError(msg)


@contextmanager
def a_room(folder: Path) -> Iterator[Room]:
    with (
        a_database(folder) as engine,
        Jobs(engine, wall_clock) as jobs,
        a_service(folder, database=engine, jobs=jobs) as service,
    ):
        yield Room(service)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Give one service to the tests that leave it as it was; their tests are forgotten, quotas with them."""
    with a_room(tmp_path_factory.mktemp("room")) as made:
        yield made


@pytest.fixture(autouse=True)
def no_quota_left_over(room: Room, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    without_figures(monkeypatch)
    yield
    port = acts.port_of(room.service)
    for account in ("account-tester", "account-other-tester"):
        for run in port.store.of(account):
            port.delete(run)
            port.store.forget(run.id)


def test_a_tester_sends_waits_and_reads_result_report_and_receipt(room: Room) -> None:
    home = room.service.desk.home
    if home.log_keys() is None:
        LogKeys.create(home.keys, home.origin, random_bytes=os.urandom)
    told = room.finished(SCORES)
    assert (told["state"], told["totals"]["people"], told["why_not"]) == ("done", 2, None)
    where, client = f"/v1/tests/{told['id']}", room.as_()
    for name in ("result.json", "report.html"):
        reply = client.get(f"{where}/{name}")
        assert hashlib.sha256(reply.content).hexdigest() == told["digests"][name]
        assert reply.headers["content-disposition"] == f'attachment; filename="{name}"'
    receipt = client.get(f"{where}/receipt").json()
    keys = home.log_keys()
    assert keys is not None
    verify_receipt(parse_receipt(receipt["proof"].encode()), receipt["record"].encode(), keys=keys.vkeys)
    assert json.loads(receipt["record"])["result_digest"] == told["digests"]["result.json"]
    assert client.get(f"{where}/scores.csv").status_code == 404  # the tester brought the scores


def test_a_test_says_which_certificate_and_embedder_it_was(room: Room) -> None:
    gate = room.service.desk.gate
    assert gate.in_force.certificate is not None
    told = room.finished(SCORES)["tested"]
    assert told["certificate"] == gate.in_force.certificate.serial
    assert told["embedder_digest"] == gate.embedder.info.digest
    assert float(told["threshold_score"]) == gate.in_force.certificate.decides.score


def test_a_deleted_test_is_404_and_its_folder_is_gone(room: Room) -> None:
    told = room.finished(SCORES)
    where = f"/v1/tests/{told['id']}"
    assert room.as_().delete(where).status_code == 204
    assert [room.as_().get(f"{where}{rest}").status_code for rest in ("", "/result.json", "/receipt")] == [
        404
    ] * 3
    assert room.as_().delete(where).status_code == 404
    assert room.as_().get("/v1/tests").json() == {"tests": []}
    assert not (room.service.desk.home.folder / "tests" / told["id"]).exists()


def test_another_testers_test_is_not_there(room: Room) -> None:
    where = f"/v1/tests/{room.finished(SCORES)['id']}"
    other = room.as_("other-tester")
    for rest in ("", "/result.json", "/report.html", "/scores.csv", "/receipt"):
        assert other.get(f"{where}{rest}").status_code == 404
    assert other.delete(where).status_code == 404
    assert other.get("/v1/tests").json() == {"tests": []}
    assert room.as_().get(where).status_code == 200


@pytest.mark.parametrize("name", sorted(set(CALLERS) - {"tester", "other-tester"}))
def test_nobody_but_testers_may_use_the_port(room: Room, name: str) -> None:
    if Role.TESTER in CALLERS[name].roles:
        pytest.skip("another room's tester")
    some = "/v1/tests/01a2008d-7400-7000-8000-000000000000"
    assert room.send(SCORES, name=name).status_code == 403
    codes = {room.as_(name).get(path).status_code for path in ("/v1/tests", some, f"{some}/scores.csv")}
    assert codes | {room.as_(name).delete(some).status_code} == {403}


def test_the_public_is_asked_who_it_is(room: Room) -> None:
    assert room.send(SCORES, name="").status_code == 401
    assert room.as_("").get("/v1/tests").status_code == 401


@pytest.mark.parametrize(
    "test", ["1", "..%2f..%2fetc", "01A2008D-7400-7000-8000-000000000000", "%00", "a" * 300]
)
def test_an_id_of_another_form_reaches_nothing(room: Room, test: str) -> None:
    assert room.as_().get(f"/v1/tests/{test}").status_code in {404, 422}
    assert room.as_().get(f"/v1/tests/{test}/scores.csv").status_code in {404, 422}


@pytest.mark.parametrize(
    ("data", "kind", "status", "why"),
    [
        (b"", "photos", 422, "not a plain zip file"),
        (zipped({"a.png": b"x"}), "photos", 422, "holds no labels.csv"),
        (zipped({"../a.png": b"x", "labels.csv": b""}), "photos", 422, "wanted plain names"),
        (b"score,mated\nx,yes\n", "scores", 422, "line 2: wanted"),
        (b"x", "vectors", 422, "one .npz or one Parquet file"),
        (SCORES, "galleries", 422, "input"),
    ],
)
def test_a_bad_upload_is_a_problem_in_words(
    room: Room, data: bytes, kind: str, status: int, why: str
) -> None:
    answer = room.send(data, kind)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert why in answer.text
    assert str(room.service.desk.home.folder) not in answer.text


def test_a_form_without_a_file_is_refused(room: Room) -> None:
    assert room.as_().post("/v1/tests", data={"input": "scores"}).status_code == 422


def test_without_a_certificate_in_force_the_port_is_closed(room: Room) -> None:
    desk = room.service.desk
    gate = replace(
        desk.gate, in_force=replace(desk.gate.in_force.now(), certificate=None, why_none="It was withdrawn.")
    )
    closed = Room(replace(room.service, desk=replace(desk, gate=gate)))
    answer = closed.send(SCORES)
    assert (answer.status_code, answer.json()["detail"]) == (503, "It was withdrawn.")


SPREAD = np.eye(3, 128)
"""Puts a color into a vector as wide as the real network's."""


class Tripwire:
    """A gallery that may not be touched."""

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401  never gives one
        msg = f"the enrolled gallery was touched: {name}"
        raise AssertionError(msg)


_watched: list[str] = []
_opened: list[str] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Note every file under a watched folder that Python or SQLite opens; hooks cannot be taken off again."""
    if _watched and event in {"open", "sqlite3.connect", "os.listdir", "os.scandir"} and arguments:
        path = os.fspath(arguments[0]) if isinstance(arguments[0], str | os.PathLike) else ""
        if any(str(path).startswith(one) for one in _watched):
            _opened.append(f"{event} {path}")


sys.addaudithook(_watch)


def test_the_enrolled_gallery_is_not_even_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_colors(monkeypatch)
    with a_room(tmp_path) as room:
        desk = room.service.desk
        tripped = replace(desk, gate=replace(desk.gate, gallery=cast("Any", Tripwire())))
        held = Room(replace(room.service, desk=tripped))
        _opened.clear()
        _watched.append(str(desk.home.gallery))
        try:
            list(desk.home.gallery.iterdir())
            assert _opened  # the watch sees
            _opened.clear()
            told = _with_colors_embedder(held, people(6))
        finally:
            _watched.clear()
    assert told["state"] == "done"
    assert _opened == []


def _with_colors_embedder(room: Room, files: dict[str, bytes]) -> dict[str, Any]:
    """Test photos of colors with the real service, whose network wants chips of its own size."""
    gate = room.service.desk.gate

    class Colors:
        info = gate.embedder.info

        def embed(self, chips: Any) -> Any:  # noqa: ANN401  arrays
            wide = chips.reshape(len(chips), -1, 3).mean(axis=1) / 255
            return (wide @ SPREAD).astype("float32")

    desk = replace(room.service.desk, gate=replace(gate, embedder=Colors()))
    return Room(replace(room.service, desk=desk)).finished(zipped(files), "photos")


def test_a_test_goes_on_and_says_the_same_though_the_gallery_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_colors(monkeypatch)
    with a_room(tmp_path) as room:
        with_gallery = _with_colors_embedder(room, people(6))
        shutil.move(room.service.desk.home.gallery, tmp_path / "elsewhere")
        without = _with_colors_embedder(room, people(6))
    assert with_gallery["digests"] == without["digests"]


def test_nobody_enrolled_is_compared_or_told_of_though_his_very_photo_is_sent(room: Room) -> None:
    with Gallery.open(room.service.desk.home.gallery) as gallery:
        assert gallery.n_subjects == 1
    assert only_face(PHOTO).n_faces == 1  # it is he who is enrolled here
    told = room.finished(zipped(TWO_SHOTS), "photos")
    where = f"/v1/tests/{told['id']}"
    texts = {
        name: room.as_().get(f"{where}/{name}").text for name in ("scores.csv", "result.json", "report.html")
    }
    assert all("astronaut" not in text for text in texts.values())
    (row,) = csv.DictReader(texts["scores.csv"].splitlines())
    assert (row["first_subject"], row["second_subject"], float(row["score"])) == ("x", "y", 1.0)


def test_a_test_is_no_search(room: Room) -> None:
    before = room.service.desk.ledger.log.size
    room.finished(SCORES)
    kinds = [entry.kind for entry, _ in room.service.desk.ledger.log.read(before)]
    assert kinds == ["test", "test"]

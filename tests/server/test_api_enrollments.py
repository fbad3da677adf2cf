"""``/v1/enrollments`` and ``/v1/withdrawals``: the gallery whole or as it was, by its keeper alone."""

from __future__ import annotations

import json
import os
import threading
import zipfile
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pytest
from enroll_room import album, ended, file_of, no_face, records, send, templates, texts
from fastapi import FastAPI
from port_room import zipped
from ready_home import PHOTO
from service_room import CALLERS, DMV, a_database, a_service, client_as, wall_clock

from facegate.errors import AuditError, StorageError
from facegate.gallery import enrollment as gallery_enrollment
from facegate.gallery.gallery import Gallery
from facegate.gate.enrolling import WITHHELD_FILE
from facegate.gate.ledger.ledger import Ledger
from facegate.records import SubjectId
from facegate.server.acts import enrollments as acts
from facegate.server.api import enrollments, jobs
from facegate.server.database.tables import jobs as job_rows
from facegate.server.edge.handlers import install_handlers
from facegate.server.jobs.jobs import Jobs
from facegate.server.test_port import files
from facegate.templates import EmbedderInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from facegate.server.service import Service
    from facegate.templates import TemplateSet


class Room:
    """A service with its jobs, and the routes under test."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service, self.folder = service, folder
        self.app = FastAPI()
        self.app.state.service = service
        for one in (enrollments, jobs):
            self.app.include_router(one.router)
        install_handlers(self.app)
        self.info = service.desk.gate.gallery.embedder

    @property
    def people(self) -> set[str]:
        return set(self.service.desk.gate.gallery.subject_ids())

    @property
    def uploads(self) -> list[str]:
        folder = acts.folder_of(self.service)
        return [str(one) for one in folder.rglob("*")] if folder.exists() else []

    def file(self, *subjects: str, seed: int = 0, **how: list[str]) -> bytes:
        return file_of(templates(self.info, list(subjects), seed=seed, **how), self.folder)

    def enrolled(self, data: bytes, *, given: str = "templates") -> dict[str, Any]:
        return ended(self.app, self.service, send(self.app, data, given=given))

    def withdraw(self, *subjects: str, name: str = "enroller") -> tuple[int, dict[str, Any]]:
        answer = client_as(self.app, name).post("/v1/withdrawals", json={"subjects": list(subjects)})
        return answer.status_code, answer.json()


@contextmanager
def a_room(folder: Path) -> Iterator[Room]:
    with (
        a_database(folder) as database,
        Jobs(database, wall_clock) as made,
        a_service(folder, jobs=made, database=database) as service,
    ):
        yield Room(service, folder)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with a_room(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Open a room for tests that change nothing."""
    with a_room(tmp_path_factory.mktemp("still")) as made:
        yield made


def refused(room: Room, data: bytes, words: str, *, given: str = "templates", status: int = 422) -> None:
    """Expect a refusal in words, with gallery and disk as they were."""
    before = room.service.desk.gate.gallery.digest
    answer = send(room.app, data, given=given)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    assert room.service.desk.gate.gallery.digest == before
    assert room.uploads == []
    assert str(room.folder) not in answer.text


def test_templates_are_enrolled_by_a_job_between_two_records(room: Room) -> None:
    told = room.enrolled(room.file("p1", "p2", "p2"))
    assert (told["state"], told["kind"], told["said"]) == ("done", "enrollment", "3 of 3 enrolled")
    assert (told["result"]["n_templates"], told["result"]["n_subjects_new"]) == (3, 2)
    assert room.people == {"astronaut", "p1", "p2"}
    announced, done = records(room.service, "enrollment", "enrolled")
    assert (announced["gallery"], done["n_templates"]) == ("dl", 3)
    assert done["gallery_digest"] == told["result"]["gallery_digest"]
    assert room.uploads == []


def test_no_record_and_no_result_names_anybody(room: Room) -> None:
    file = room.file("p-secret", "q-secret", failure=["", "q-secret was ill"])
    told = room.enrolled(file)
    assert told["result"]["failures"] == {"other": 1}
    public = json.dumps(records(room.service, "enrollment", "enrolled"))
    assert "secret" not in public + json.dumps(told)


def test_who_had_it_done_is_sealed_on_the_log(room: Room) -> None:
    room.enrolled(room.file("p1"))
    entry = next(entry for entry, _ in room.service.desk.ledger.log.read() if entry.kind == "enrollment")
    assert list(entry.sealed) == ["by"]
    assert "31" not in entry.public.values()


def test_photos_become_templates_and_failures_are_counted_by_reason(room: Room) -> None:
    photos = {"a.png": PHOTO, "b.png": no_face(), "c.png": b"no photo", "d.png": b"also none"}
    rows = {"a.png": "flyer", "b.png": "flyer", "c.png": "p2", "d.png": "p2"}
    told = room.enrolled(album(rows, photos), given="photos")
    result = told["result"]
    assert (told["state"], result["n_templates"], result["n_failures"]) == ("done", 1, 3), told
    assert result["failures"] == {"no-face": 1, "unsupported-format": 2}
    assert room.people == {"astronaut", "flyer"}
    assert result["n_photos_kept"] == 1
    kept = room.service.photos.subject(SubjectId("flyer"))
    assert kept is not None
    assert kept.startswith(b"\x89PNG")
    assert room.service.photos.subject(SubjectId("p2")) is None


def test_the_same_photos_twice_are_refused_whole(room: Room) -> None:
    data = album({"a.png": "flyer"})
    assert room.enrolled(data, given="photos")["state"] == "done"
    told = room.enrolled(data, given="photos")
    assert (told["state"], "enrolled already" in told["said"]) == ("failed", True)
    assert told["said"].endswith("nobody was enrolled, the gallery is as it was")


def test_whoever_is_withheld_is_left_out_with_the_photo(room: Room) -> None:
    (room.service.desk.home.folder / WITHHELD_FILE).write_text("flyer\n")
    told = room.enrolled(album({"a.png": "flyer", "b.png": "p2"}), given="photos")
    assert (told["result"]["n_withheld"], told["result"]["n_templates"]) == (1, 1)
    assert room.people == {"astronaut", "p2"}
    assert room.service.photos.subject(SubjectId("flyer")) is None


@pytest.mark.parametrize(
    ("name", "status"),
    [("", 401), ("searcher", 403), ("auditor", 403), ("administrator", 403), ("other-enroller", 403)],
)
def test_nobody_but_an_enroller_of_the_keeping_agency_fills_the_gallery(
    still: Room, monkeypatch: pytest.MonkeyPatch, name: str, status: int
) -> None:
    foreign = CALLERS["other-searcher"]
    monkeypatch.setitem(
        CALLERS,
        "other-enroller",
        type(foreign)(
            **{
                **{one: getattr(foreign, one) for one in foreign.__slots__},
                "roles": CALLERS["enroller"].roles,
            }
        ),
    )
    assert send(still.app, still.file("p1"), name=name).status_code == status
    assert still.withdraw("astronaut", name=name)[0] == status
    assert still.people == {"astronaut"}
    assert still.uploads == []


def test_without_an_authority_on_file_nobody_is_enrolled_and_anybody_can_leave(room: Room) -> None:
    with patch("facegate.gate.enrolling.authority_cited", lambda *_: ""):
        refused(room, room.file("p1"), "no authority under which it is kept is on file", status=403)
        assert room.withdraw("astronaut")[0] == 200


def wrong_embedder(room: Room) -> bytes:
    other = EmbedderInfo("other", "ef" * 32, 128, room.info.metric)
    return file_of(templates(other, ["p1"]), room.folder)


def no_template_at_all(room: Room) -> bytes:
    return room.file("p1", failure=["no-face"])


def damaged_header(room: Room) -> bytes:
    import pyarrow.parquet as pq  # noqa: PLC0415  for this one file

    table = templates(room.info, ["p1"]).to_table()
    (key,) = table.schema.metadata
    about = json.loads(table.schema.metadata[key])
    del about["embedder"]["metric"]
    path = room.folder / "bad.parquet"
    pq.write_table(table.replace_schema_metadata({key: json.dumps(about).encode()}), path)
    return path.read_bytes()


BAD_TEMPLATES: list[tuple[Callable[[Room], bytes], str]] = [
    (wrong_embedder, "other"),
    (no_template_at_all, "none holds a template"),
    (damaged_header, "what it says of itself is damaged"),
    (lambda room: room.file("p\n1"), r"subject id 'p\n1' cannot be used"),
    (lambda room: room.file("p1", " "), "subject id ' ' cannot be used"),
    (lambda room: room.file(""), "subject id '' cannot be used"),
    (lambda room: room.file("p" * 81), "1 to 80 characters"),
    (lambda room: room.file("\u202eevil"), r"'\u202eevil' cannot be used"),
    (lambda room: room.file("p1", race=["\x1b[31m"]), "column race holds"),
    (lambda _: b"", "the upload is none"),
    (lambda _: b"PAR1 and nothing behind", "its description is damaged"),
    (lambda _: zipped({"a": b"b"}), "the upload is none"),
]


@pytest.mark.parametrize(("make", "words"), BAD_TEMPLATES)
def test_templates_that_cannot_be_used_are_refused_before_a_job(
    still: Room, make: Callable[[Room], bytes], words: str
) -> None:
    refused(still, make(still), words)


def bomb() -> bytes:
    return zipped(
        {"labels.csv": b"file,subject\na.png,p1\n", "a.png": bytes(9_000_000)}, way=zipfile.ZIP_DEFLATED
    )


BAD_ALBUMS: list[tuple[Callable[[], bytes], str]] = [
    (lambda: zipped({}), "the archive holds no photos"),
    (lambda: zipped({"labels.csv": b"file,subject\n"}), "the archive holds no photos"),
    (lambda: zipped({"a.png": PHOTO}), "holds no labels.csv"),
    (bomb, "as photos do not"),
    (
        lambda: album({"a.png": "p1"}, {"a.png": PHOTO, "b.png": PHOTO}),
        "without a line in labels.csv: 'b.png'",
    ),
    (
        lambda: album({"a.png": "p1", "b.png": "p1"}, {"a.png": PHOTO}),
        "names 1 files that are not in the archive",
    ),
    (lambda: album({"a.png": ""}), "subject is empty"),
    (lambda: album({"a.png": "\u200bp"}), "a control character"),
    (lambda: album({"../a.png": "p1"}), "wanted plain names"),
    (
        lambda: zipped({"labels.csv": b"file,subject\na.png,p1\na.png,p2\n", "a.png": PHOTO}),
        "line 3: the file of line 2 again",
    ),
    (
        lambda: zipped({"labels.csv": b"file,subject,group\na.png,p1,X\n", "a.png": PHOTO}),
        "which only tests take",
    ),
    (lambda: b"not a zip", "not a plain zip file"),
]


@pytest.mark.parametrize(("make", "words"), BAD_ALBUMS)
def test_archives_that_cannot_be_used_are_refused_before_a_job(
    still: Room, make: Callable[[], bytes], words: str
) -> None:
    refused(still, make(), words, given="photos")


def test_an_unknown_kind_of_input_is_refused(still: Room) -> None:
    assert send(still.app, b"x", given="names").status_code == 422


def test_a_template_that_is_enrolled_already_keeps_everybody_out(room: Room) -> None:
    assert room.enrolled(room.file("p1"))["state"] == "done"
    told = room.enrolled(file_of(both(room), room.folder))
    assert (told["state"], "p2" in room.people) == ("failed", False)
    assert told["said"].endswith("nobody was enrolled, the gallery is as it was")


def both(room: Room) -> TemplateSet:
    return templates(room.info, ["p2", "p1"], template_id=["new", "0-0"])


class Held:
    """Stands in a job's way until it is let go."""

    def __init__(self) -> None:
        self.there, self.go = threading.Event(), threading.Event()

    def __call__(self, *_: object, **__: object) -> None:
        self.there.set()
        assert self.go.wait(30)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """Hold an enrollment between its rows and its files: nothing of it counts yet."""
    held, take = Held(), gallery_enrollment.Enrollment.take

    def slowly(self: Any, parts: Any, on_progress: Any) -> None:  # noqa: ANN401  passed on
        held()
        take(self, parts, on_progress)

    monkeypatch.setattr(gallery_enrollment.Enrollment, "take", slowly)
    return held


def test_while_one_runs_another_is_refused_and_searches_go_on(room: Room, held: Held) -> None:
    first = send(room.app, room.file("p1"))
    assert held.there.wait(30)
    second = send(room.app, room.file("p2", seed=1))
    assert (second.status_code, second.json()["title"]) == (409, "Gallery busy")
    assert second.headers["retry-after"] == "30"
    assert room.withdraw("astronaut")[0] == 409
    assert room.people == {"astronaut"}
    held.go.set()
    assert ended(room.app, room.service, first)["state"] == "done"
    assert room.people == {"astronaut", "p1"}


def test_canceled_half_way_nobody_is_enrolled_and_it_says_so(room: Room, held: Held) -> None:
    answer = send(room.app, room.file("p1"))
    assert held.there.wait(30)
    path = answer.headers["location"]
    assert client_as(room.app, "enroller").delete(path).status_code == 202
    held.go.set()
    told = ended(room.app, room.service, answer)
    assert told["state"] == "interrupted"
    assert told["said"] == "stopped when it was told to; nobody was enrolled, the gallery is as it was"
    assert room.people == {"astronaut"}
    assert room.uploads == []
    assert [one["gallery"] for one in records(room.service, "enrollment", "enrolled")] == ["dl"]
    assert room.enrolled(room.file("p1"))["state"] == "done"


def test_canceled_while_photos_are_kept_it_says_who_was_enrolled(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, keep = Held(), room.service.photos.keep_subject

    def slowly(_: object, subject: SubjectId, png: bytes) -> None:
        held()
        keep(subject, png)

    monkeypatch.setattr(type(room.service.photos), "keep_subject", slowly)
    answer = send(room.app, album({"a.png": "flyer", "b.png": "p2"}), given="photos")
    assert held.there.wait(30)
    client_as(room.app, "enroller").delete(answer.headers["location"])
    monkeypatch.undo()
    held.go.set()
    told = ended(room.app, room.service, answer)
    assert told["state"] == "interrupted"
    assert "before that 2 templates were enrolled, of 2 people new to the gallery" in told["said"]
    assert room.people == {"astronaut", "flyer", "p2"}


def test_a_full_disk_leaves_the_gallery_as_it_was(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        msg = "cannot write the segment: No space left on device"
        raise StorageError(msg)

    monkeypatch.setattr(gallery_enrollment, "write_segment", full)
    told = room.enrolled(room.file("p1"))
    assert told["state"] == "failed"
    assert "No space left on device; nobody was enrolled" in told["said"]
    assert (room.people, room.uploads) == ({"astronaut"}, [])
    monkeypatch.undo()
    assert room.enrolled(room.file("p1"))["state"] == "done"


def test_a_disk_that_is_full_before_the_upload_is_kept_refuses_it(
    still: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    data = still.file("p1")
    monkeypatch.setattr(files, "os", SimpleNamespace(**{**vars(os), "open": full}))
    refused(still, data, "No space left on device", status=503)


def test_if_the_log_fails_after_the_gallery_changed_the_job_does_not_deny_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Ledger.record

    def half(self: Ledger, kind: str, **how: Any) -> int:  # noqa: ANN401  passed on
        if kind == "enrolled":
            msg = "the log cannot be written"
            raise AuditError(msg)
        return record(self, kind, **how)

    monkeypatch.setattr(Ledger, "record", half)
    told = room.enrolled(room.file("p1", "p2"))
    assert told["state"] == "failed"
    assert (
        "the gallery has changed since, and 2 of the 2 people of the upload are enrolled now" in told["said"]
    )


def test_nobody_is_enrolled_if_the_log_cannot_be_written(still: Room) -> None:
    with patch.object(Ledger, "record", side_effect=AuditError("the log cannot be written")):
        told = still.enrolled(still.file("p1"))
    assert (told["state"], still.people) == ("failed", {"astronaut"})


@pytest.mark.parametrize(
    ("committed", "words"),
    [
        (False, "nobody was enrolled, the gallery is as it was"),
        (True, "2 of the 2 people of the upload are enrolled now"),
    ],
)
def test_after_a_restart_in_the_middle_the_job_says_what_came_of_it(
    tmp_path: Path, *, committed: bool, words: str
) -> None:
    """A kill is played: the process is gone, its job's row is open, its upload and plan lie there."""
    with a_room(tmp_path) as room:
        job = room.service.jobs.new_id()
        folder = acts.folder_of(room.service) / job
        folder.mkdir(parents=True)
        (folder / "upload").write_bytes(room.file("p1", "p2"))
        before = room.service.desk.gate.gallery.digest
        (folder / "plan.json").write_text(json.dumps({"gallery_digest": before, "subjects": ["p1", "p2"]}))
        room.service.jobs.start("enrollment", "account-enroller", DMV, lambda told: told.stop(), job_id=job)
        room.service.jobs.wait(job, 30)
        with room.service.database.begin() as connection:
            connection.execute(job_rows.update().values(state="running", finished=None))
        if committed:
            with Gallery.open(room.service.desk.home.gallery, writable=True) as gallery:
                gallery.enroll(templates(room.info, ["p1", "p2"]))
        with Jobs(room.service.database, wall_clock) as anew:
            object.__setattr__(room.service, "jobs", anew)
            assert acts.settle_enrollments(room.service) == 1
            told = client_as(room.app, "enroller").get(f"/v1/jobs/{job}").json()
        assert (told["state"], words in told["said"]) == ("interrupted", True), told
        assert room.uploads == [str(folder.parent)] or room.uploads == []


def test_a_withdrawal_takes_templates_and_photo_and_is_on_the_log(room: Room) -> None:
    room.enrolled(album({"a.png": "flyer", "b.png": "flyer"}), given="photos")
    status, said = room.withdraw("flyer")
    assert (status, said["n_subjects"], said["n_templates"], said["n_photos"]) == (200, 1, 2, 1)
    assert room.people == {"astronaut"}
    assert room.service.photos.subject(SubjectId("flyer")) is None
    announced, done = records(room.service, "withdrawal", "withdrawn")
    assert (announced["n_subjects"], done["n_templates"]) == (1, 2)
    assert done["gallery_digest"] == room.service.desk.gate.gallery.digest
    assert "flyer" not in json.dumps([announced, done])


def test_if_one_of_those_named_is_not_enrolled_nobody_is_withdrawn(still: Room) -> None:
    status, said = still.withdraw("astronaut", "nobody")
    assert (status, said["detail"]) == (422, "1 of 2 subject ids are not enrolled; nobody was withdrawn")
    assert still.people == {"astronaut"}
    assert records(still.service, "withdrawal") == []


@pytest.mark.parametrize("subjects", [[], [""], ["a\nb"], ["x" * 81], ["a"] * 1001])
def test_subject_ids_of_a_bad_form_are_refused(still: Room, subjects: list[str]) -> None:
    assert still.withdraw(*subjects)[0] == 422


def test_the_same_key_enrolls_once(room: Room) -> None:
    data = room.file("p1")
    key = {"Idempotency-Key": '"enroll-once-1"'}
    first = send(room.app, data, **key)
    told = ended(room.app, room.service, first)
    assert told["state"] == "done"
    assert send(room.app, data, **key).json()["id"] == told["id"]
    assert len(records(room.service, "enrolled")) == 1


def test_a_list_names_ones_own_enrollments(room: Room) -> None:
    told = room.enrolled(room.file("p1"))
    listed = client_as(room.app, "enroller").get("/v1/enrollments").json()["jobs"]
    assert [one["id"] for one in listed] == [told["id"]]
    assert client_as(room.app, "searcher").get("/v1/enrollments").status_code == 403


def test_template_sets_of_this_room_are_as_facegate_reads_them(still: Room) -> None:
    made = templates(still.info, ["a", "b"], failure=["", "no-face"])
    assert np.isnan(made.vectors[1]).all()
    assert texts(["a"]).dtype == np.object_

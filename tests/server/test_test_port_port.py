"""The port at work: the record before and after, quotas, and files that go again."""

from __future__ import annotations

import io
import json
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import pytest
from port_room import (
    AT,
    CERTIFICATE,
    SMALL,
    Clock,
    a_port,
    npz,
    people,
    records_of_tests,
    run_through,
    with_colors,
    without_figures,
    zipped,
)
from service_fakes import CleanPhoto, FakeIntake

from facegate.errors import AuditError, CertificateError, InputError
from facegate.gate.in_force import InForce
from facegate.server.problems import Problem
from facegate.server.test_port import port as port_module
from facegate.server.test_port.given import Kind
from facegate.server.test_port.store import State
from facegate.server.test_port.system import system_in_force

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.server.test_port.port import TestPort

PHOTOS = zipped(people(2))
SCORES = b"score,first_subject,second_subject\n0.95,a,a\n0.1,a,b\n"


@pytest.fixture(autouse=True)
def colors(monkeypatch: pytest.MonkeyPatch) -> None:
    with_colors(monkeypatch)
    without_figures(monkeypatch)


class HeldIntake(FakeIntake):
    """Opens no photo until it is let go."""

    def __init__(self) -> None:
        self.reached, self.go = threading.Event(), threading.Event()

    def clean(self, data: bytes) -> CleanPhoto:
        self.reached.set()
        assert self.go.wait(30)
        return super().clean(data)


def files_of(port: TestPort) -> list[str]:
    if not port.folder.exists():
        return []
    return sorted(str(path.relative_to(port.folder)) for path in port.folder.rglob("*") if path.is_file())


def test_two_records_frame_a_test_and_name_its_digests(tmp_path: Path) -> None:
    with a_port(tmp_path) as port:
        run = run_through(port, PHOTOS)
        accepted, finished = records_of_tests(port)
    assert run.state is State.DONE
    assert (accepted["step"], finished["step"]) == ("accepted", "finished")
    assert (accepted["photos"], accepted["people"], accepted["groups"]) == (4, 2, 2)
    assert accepted["certificate"] == CERTIFICATE
    assert accepted["embedder_digest"] == "ab" * 32
    assert accepted["who"] == "tester key"
    assert finished["result_digest"] == run.result["digests"]["result.json"]
    assert finished["accepted"] == accepted["seq"] == run.settings["accepted"]


def test_whose_key_and_what_was_sent_are_sealed(tmp_path: Path) -> None:
    with a_port(tmp_path) as port:
        run_through(port, SCORES, Kind.SCORES, account="lab-7")
        entry, opening = next(one for one in port.ledger.log.read(0) if one[0].kind == "test")
    assert opening is not None
    assert opening.values["account"] == "lab-7"
    assert "lab-7" not in json.dumps(dict(entry.public))


def test_the_upload_is_gone_once_the_test_is_done(tmp_path: Path) -> None:
    with a_port(tmp_path) as port:
        run = run_through(port, PHOTOS)
        assert files_of(port) == [f"{run.id}/{name}" for name in ("report.html", "result.json", "scores.csv")]


def test_files_are_for_the_services_own_user_only(tmp_path: Path) -> None:
    with a_port(tmp_path, intake=HeldIntake()) as port:
        run = port.start(Kind.PHOTOS, io.BytesIO(PHOTOS), account="lab", agency="")
        folder = port.folder / run.id
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "upload").stat().st_mode & 0o777 == 0o600
        port.intake.go.set()  # type: ignore[attr-defined]
        port.jobs.wait(str(run.job), 60)


@pytest.mark.parametrize(
    "data", [b"", b"no zip", zipped({"a.png": b"x"}), zipped({"labels.csv": b"file,subject\n"})]
)
def test_a_bad_upload_leaves_no_file_no_row_and_no_record(tmp_path: Path, data: bytes) -> None:
    with a_port(tmp_path) as port:
        with pytest.raises(InputError):
            port.start(Kind.PHOTOS, io.BytesIO(data), account="lab", agency="")
        assert (files_of(port), records_of_tests(port), port.all_of("lab")) == ([], [], ())


def test_an_upload_over_the_limit_is_413_and_leaves_nothing(tmp_path: Path) -> None:
    with a_port(tmp_path) as port:
        with pytest.raises(Problem) as refused:
            port.start(Kind.PHOTOS, io.BytesIO(bytes(SMALL.upload_bytes + 1)), account="lab", agency="")
        assert refused.value.status == 413
        assert files_of(port) == []


def test_without_a_certificate_in_force_there_is_nothing_to_test(tmp_path: Path) -> None:
    with a_port(tmp_path) as port:
        closed = replace(port, system=lambda at: system_in_force(port.system(at).embedder, InForce(None), at))
        with pytest.raises(CertificateError, match="No accuracy certificate is in force"):
            closed.start(Kind.SCORES, io.BytesIO(SCORES), account="lab", agency="")
        assert records_of_tests(port) == []


def test_a_log_that_cannot_be_written_tests_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object, **__: object) -> NoReturn:
        msg = "the disk is full"
        raise AuditError(msg)

    with a_port(tmp_path) as port:
        monkeypatch.setattr(port.ledger, "record", down)
        with pytest.raises(AuditError, match="disk is full"):
            port.start(Kind.SCORES, io.BytesIO(SCORES), account="lab", agency="")
        assert (files_of(port), port.store.of("lab")) == ([], ())


def test_a_log_that_goes_down_in_between_hands_nothing_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> NoReturn:
        msg = "the disk is full"
        raise AuditError(msg)

    with a_port(tmp_path) as port:
        with monkeypatch.context() as patched:
            patched.setattr(port_module, "record_outcome", down)
            run = run_through(port, SCORES, Kind.SCORES)
        assert files_of(port) == []
        found = port.find("lab", run.id)  # the log is back, and is told
        assert found is not None
        assert found.state is State.FAILED
        assert [one["step"] for one in records_of_tests(port)] == ["accepted", "failed"]


def test_a_test_that_finds_no_face_says_so_and_counts_them(tmp_path: Path) -> None:
    with a_port(tmp_path) as port:
        run = run_through(port, zipped(people(2, faceless=4)))
        accepted, failed = records_of_tests(port)
    assert run.state is State.FAILED
    assert "none of the 4 photos gave a template" in run.result["why_not"]
    assert (failed["step"], failed["failures"], failed["accepted"]) == ("failed", 4, accepted["seq"])
    assert run.result["groups"][0]["failures"] == 2
    assert "why" not in failed


def test_a_fault_of_our_own_is_a_failed_test_on_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> NoReturn:
        msg = "secret detail"
        raise ZeroDivisionError(msg)

    with a_port(tmp_path) as port:
        monkeypatch.setattr(port_module, "perform", broken)
        run = run_through(port, SCORES, Kind.SCORES)
        assert run.state is State.FAILED
        assert "secret detail" not in run.result["why_not"]
        assert (files_of(port), records_of_tests(port)[-1]["step"]) == ([], "failed")


def test_one_test_at_a_time_of_one_key(tmp_path: Path) -> None:
    intake = HeldIntake()
    with a_port(tmp_path, intake=intake) as port:
        run = port.start(Kind.PHOTOS, io.BytesIO(PHOTOS), account="lab", agency="")
        with pytest.raises(Problem, match="at most 1 at once of one key") as refused:
            port.start(Kind.SCORES, io.BytesIO(SCORES), account="lab", agency="")
        intake.go.set()
        port.jobs.wait(str(run.job), 60)
        assert refused.value.status == 429
        assert "Retry-After" in refused.value.headers
        assert files_of(port)[0].startswith(run.id)


def test_so_many_tests_at_a_time_of_all_keys(tmp_path: Path) -> None:
    intake = HeldIntake()
    with a_port(tmp_path, intake=intake, limits=replace(SMALL, running_all=1)) as port:
        run = port.start(Kind.PHOTOS, io.BytesIO(PHOTOS), account="lab", agency="")
        with pytest.raises(Problem, match="at most 1 at once of all testers"):
            port.start(Kind.SCORES, io.BytesIO(SCORES), account="other", agency="")
        intake.go.set()
        port.jobs.wait(str(run.job), 60)


def test_deleting_is_no_way_round_the_days_quota(tmp_path: Path) -> None:
    clock = Clock()
    with a_port(tmp_path, clock=clock, limits=replace(SMALL, runs_per_day=1)) as port:
        port.delete(run_through(port, SCORES, Kind.SCORES))
        with pytest.raises(Problem, match="at most 1 tests a day of one key"):
            run_through(port, SCORES, Kind.SCORES)
        clock.forward(hours=24)
        assert run_through(port, SCORES, Kind.SCORES).state is State.DONE


def test_a_deleted_test_is_gone_with_its_files(tmp_path: Path) -> None:
    with a_port(tmp_path) as port:
        run = run_through(port, PHOTOS)
        port.delete(run)
        assert (files_of(port), port.all_of("lab"), port.find("lab", run.id)) == ([], (), None)
        kept = port.store.find(run.id)
        assert kept is not None
        assert dict(kept.result) == {}


def test_a_running_test_that_is_deleted_stops_and_is_withdrawn_on_the_log(tmp_path: Path) -> None:
    intake = HeldIntake()
    with a_port(tmp_path, intake=intake) as port:
        run = port.start(Kind.PHOTOS, io.BytesIO(PHOTOS), account="lab", agency="")
        assert intake.reached.wait(30)
        port.delete(run)
        intake.go.set()
        port.jobs.wait(str(run.job), 60)
        assert (files_of(port), list(port.folder.iterdir())) == ([], [])
        assert [one["step"] for one in records_of_tests(port)] == ["accepted", "withdrawn"]


def test_a_canceled_job_is_a_failed_test(tmp_path: Path) -> None:
    intake = HeldIntake()
    with a_port(tmp_path, intake=intake) as port:
        run = port.start(Kind.PHOTOS, io.BytesIO(PHOTOS), account="lab", agency="")
        assert intake.reached.wait(30)
        port.jobs._running[str(run.job)][0].stop()
        intake.go.set()
        port.jobs.wait(str(run.job), 60)
        found = port.find("lab", run.id)
        assert found is not None
        assert (found.state, files_of(port)) == (State.FAILED, [])
        assert found.result["why_not"] == "the test was stopped before it ended"


def test_results_go_after_their_days(tmp_path: Path) -> None:
    clock = Clock()
    with a_port(tmp_path, clock=clock) as port:
        run = run_through(port, SCORES, Kind.SCORES)
        clock.forward(days=SMALL.days_kept, hours=-1)
        assert port.find("lab", run.id) is not None
        clock.forward(hours=2)
        assert (port.all_of("lab"), files_of(port), port.store.of("lab")) == ((), [], ())


def test_a_test_that_a_restart_broke_off_is_settled_on_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_port(tmp_path) as port:
        run = run_through(port, PHOTOS)
        port.store.put(replace(run, state=State.RUNNING, result={}))
        monkeypatch.setattr(port_module, "PROCESS", "another process")
        found = port.find("lab", run.id)
        assert found is not None
        assert (found.state, files_of(port)) == (State.FAILED, [])
        assert "stopped before the test ended" in found.result["why_not"]
        port.tidy()
        assert [one["step"] for one in records_of_tests(port)] == ["accepted", "finished", "failed"]


def test_an_upload_that_a_crash_left_behind_is_swept_up(tmp_path: Path) -> None:
    with a_port(tmp_path) as port:
        left = port.folder / "01a2008d-7400-7000-8000-000000000000"
        left.mkdir(parents=True)
        (left / "upload").write_bytes(b"somebody's face")
        os.utime(left, (AT.timestamp() - 3600,) * 2)
        port.tidy()
        assert left.exists()  # may still be coming in
        os.utime(left, (AT.timestamp() - 8000,) * 2)
        port.tidy()
        assert not left.exists()


def test_another_keys_test_is_not_there(tmp_path: Path) -> None:
    with a_port(tmp_path) as port:
        run = run_through(port, SCORES, Kind.SCORES)
        assert port.find("other", run.id) is None
        assert port.all_of("other") == ()


def test_vectors_go_the_whole_way_too(tmp_path: Path) -> None:
    with a_port(tmp_path) as port:
        run = run_through(
            port, npz(vector=[[0.1, 0.2, 0.3], [0.1, 0.2, 0.4]], subject=["a", "b"]), Kind.VECTORS
        )
        assert run.state is State.DONE
        assert "scores.csv" in run.result["digests"]

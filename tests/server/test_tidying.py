"""What the service keeps no longer than it must."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from service_room import POLICE
from whole_service import whole_service

from facegate.errors import StorageError
from facegate.server.acts import benchmark_runs, enrollments
from facegate.server.idempotency import json_answer
from facegate.server.idempotency_key import request_digest
from facegate.server.tidying import Tidying, tidy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.server.service import Service

LONG = timedelta(days=91)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with whole_service(tmp_path_factory.mktemp("service")) as made:
        yield made


def job_with_leftovers(service: Service, folder: Path) -> str:
    """Give an ended job whose upload was left behind."""
    job_id = service.jobs.start("benchmark", "account", POLICE, lambda _: None)
    service.jobs.wait(job_id, 10)
    (folder / job_id).mkdir(parents=True)
    (folder / job_id / "upload").write_bytes(b"templates of people")
    return job_id


def at(service: Service, later: timedelta) -> Service:
    """Give the service as it is some time later."""
    clock, idempotency = service.desk.clock, service.idempotency
    gate = replace(service.desk.gate, clock=lambda: clock() + later)
    idempotency._clock = gate.clock
    return replace(service, desk=replace(service.desk, gate=gate))


def test_jobs_go_after_their_days_and_what_was_sent_for_them_with_them(service: Service) -> None:
    places = [service.desk.home.folder / benchmark_runs.UPLOADS, enrollments.folder_of(service)]
    held = [(place, job_with_leftovers(service, place)) for place in places]
    tidy(service)
    assert [(place / job).exists() for place, job in held] == [False, False]
    assert all(service.jobs.get(job) is not None for _, job in held)
    tidy(at(service, LONG))
    assert [service.jobs.get(job) for _, job in held] == [None, None]


def test_kept_replies_go_after_a_day(service: Service) -> None:
    digest = request_digest("POST", "/v1/cases")
    now = at(service, timedelta())
    now.idempotency.run("a-key-of-it", "account", digest, lambda: json_answer(200, {}))
    tidy(now)
    assert now.idempotency.run("a-key-of-it", "account", digest, lambda: json_answer(201, {})).replayed
    later = at(service, timedelta(hours=25))
    tidy(later)
    assert later.idempotency.forget() == 0


def test_one_thing_that_fails_keeps_nothing_else_from_being_removed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        msg = "the disk refuses"
        raise StorageError(msg)

    job_id = service.jobs.start("benchmark", "account", POLICE, lambda _: None)
    service.jobs.wait(job_id, 10)
    monkeypatch.setattr("facegate.server.tidying.tidy_tests", full)
    with pytest.raises(StorageError, match="the disk refuses"):
        tidy(at(service, LONG))
    assert service.jobs.get(job_id) is None


def test_it_is_done_while_the_service_runs_and_what_fails_is_told(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        msg = "the disk refuses"
        raise StorageError(msg)

    monkeypatch.setattr("facegate.server.tidying.tidy_tests", full)
    with Tidying(service, every_seconds=0.01):
        for _ in range(500):
            if caplog.messages:
                break
            time.sleep(0.01)
    assert "the disk refuses" in caplog.text

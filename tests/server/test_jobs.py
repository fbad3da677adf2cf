"""Jobs: states, progress, canceling, restarts, and whose they are."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from postgres_server import service_url

from facegate.errors import InputError
from facegate.server.database.connect import open_database
from facegate.server.identity.caller import NOBODY, By, Caller
from facegate.server.identity.roles import Role
from facegate.server.jobs import jobs as rooms
from facegate.server.jobs.job import Job, JobState
from facegate.server.jobs.jobs import Jobs
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from facegate.audit.canonical import JSONValue
    from facegate.server.jobs.progress import Progress

AGENCY = "WA0170000"


def caller(account: str, *roles: Role) -> Caller:
    """Give a caller of the agency."""
    return Caller(account, account, frozenset(roles), "", AGENCY, By.KEY, None)


OWNER = caller("owner", Role.ENROLLER)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_database(service_url(tmp_path))
    yield made
    made.dispose()


@pytest.fixture
def jobs(engine: Engine) -> Iterator[Jobs]:
    with Jobs(engine, lambda: datetime.now(UTC), workers=1) as made:
        yield made


class Held:
    """Work that waits until it is let go, and looks whether it shall stop."""

    def __init__(self) -> None:
        self.began, self.go = threading.Event(), threading.Event()

    def __call__(self, told: Progress) -> JSONValue:
        self.began.set()
        while not self.go.wait(0.005):
            told.check()
        return None


def ended(jobs: Jobs, job_id: str) -> Job:
    """Wait for a job and give it."""
    jobs.wait(job_id, 10)
    job = jobs.get(job_id)
    assert job is not None
    return job


def test_work_that_is_done_leaves_its_result(jobs: Jobs) -> None:
    def work(told: Progress) -> JSONValue:
        told(3, 3, "compared")
        return {"rate": "0.01", "groups": ["a", None]}

    job = ended(jobs, jobs.start("benchmark", "owner", AGENCY, work))
    assert (job.state, job.done, job.total, job.said) == (JobState.DONE, 3, 3, "compared")
    assert job.result == {"rate": "0.01", "groups": ["a", None]}
    assert job.finished is not None
    assert job.finished >= job.created


def test_a_job_waits_then_runs_and_tells_how_far_it_is(jobs: Jobs) -> None:
    first, told_one = Held(), threading.Event()

    def second(told: Progress) -> JSONValue:
        told(1, 4, "one of four")
        told_one.set()
        return first(told)

    one = jobs.start("a", "owner", AGENCY, first)
    other = jobs.start("b", "owner", AGENCY, second)
    assert first.began.wait(5)
    waiting = jobs.get(other)
    assert waiting is not None
    assert (waiting.state, waiting.total, waiting.finished) == (JobState.QUEUED, None, None)
    first.go.set()
    ended(jobs, one)
    assert told_one.wait(5)
    assert ended(jobs, other).state is JobState.DONE


def test_progress_can_be_read_while_the_work_runs(jobs: Jobs) -> None:
    held, told_one = Held(), threading.Event()

    def work(told: Progress) -> JSONValue:
        told(1, 4, "one of four")
        told_one.set()
        return held(told)

    job_id = jobs.start("a", "owner", AGENCY, work)
    assert told_one.wait(5)
    job = jobs.get(job_id)
    assert job is not None
    assert (job.state, job.done, job.total, job.said) == (JobState.RUNNING, 1, 4, "one of four")
    held.go.set()


def test_work_that_cannot_go_on_fails_with_its_sentence(jobs: Jobs) -> None:
    def work(told: Progress) -> JSONValue:
        told(1, 2)
        msg = "photo 2 has no face"
        raise InputError(msg)

    job = ended(jobs, jobs.start("enrollment", "owner", AGENCY, work))
    assert (job.state, job.said, job.done, job.result) == (JobState.FAILED, "photo 2 has no face", 1, None)


def test_an_unforeseen_error_is_not_told_to_the_owner(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    def work(_: Progress) -> JSONValue:
        secret = "row of jane doe"  # noqa: S105  what no job may tell
        raise RuntimeError(secret)

    job = ended(jobs, jobs.start("enrollment", "owner", AGENCY, work))
    assert job.state is JobState.FAILED
    assert "jane" not in job.said + caplog.text
    assert "RuntimeError at" in caplog.text


def test_a_result_that_is_no_json_is_a_failure(jobs: Jobs) -> None:
    job = ended(jobs, jobs.start("a", "owner", AGENCY, lambda _: {1, 2}))  # type: ignore[arg-type, return-value]  # on purpose
    assert job.state is JobState.FAILED


def test_a_running_job_stops_at_its_next_step_when_canceled(jobs: Jobs) -> None:
    held = Held()
    job_id = jobs.start("a", "owner", AGENCY, held)
    assert held.began.wait(5)
    jobs.cancel(OWNER, job_id)
    job = ended(jobs, job_id)
    assert (job.state, job.said) == (JobState.INTERRUPTED, "stopped when it was told to")


def test_a_waiting_job_that_is_canceled_never_begins(jobs: Jobs) -> None:
    first, second = Held(), Held()
    jobs.start("a", "owner", AGENCY, first)
    other = jobs.start("b", "owner", AGENCY, second)
    assert jobs.cancel(OWNER, other).state is JobState.INTERRUPTED
    first.go.set()
    assert not second.began.is_set()


def test_a_job_that_has_ended_cannot_be_canceled(jobs: Jobs) -> None:
    job_id = jobs.start("a", "owner", AGENCY, lambda _: 1)
    ended(jobs, job_id)
    with pytest.raises(Problem, match="ended already: done") as caught:
        jobs.cancel(OWNER, job_id)
    assert caught.value.status == 409


def test_after_a_restart_what_was_open_is_interrupted_and_does_not_run(engine: Engine, jobs: Jobs) -> None:
    held, waits = Held(), Held()
    ids = [jobs.start("a", "owner", AGENCY, one) for one in (held, waits)]
    assert held.began.wait(5)
    with Jobs(engine, lambda: datetime.now(UTC)) as restarted:
        found = [restarted.get(one) for one in ids]
        assert [one.state for one in found if one] == [JobState.INTERRUPTED] * 2
        assert all(one and "ask for it again" in one.said for one in found)


def test_what_was_called_interrupted_stays_so(engine: Engine, jobs: Jobs) -> None:
    held = Held()
    job_id = jobs.start("a", "owner", AGENCY, held)
    assert held.began.wait(5)
    Jobs(engine, lambda: datetime.now(UTC)).close()
    held.go.set()
    assert ended(jobs, job_id).state is JobState.INTERRUPTED


def test_closing_stops_what_runs_and_what_waits(engine: Engine) -> None:
    jobs = Jobs(engine, lambda: datetime.now(UTC), workers=1)
    held = Held()
    ids = [jobs.start("a", "owner", AGENCY, one) for one in (held, Held())]
    assert held.began.wait(5)
    jobs.close()
    assert [one.state for one in (jobs.get(each) for each in ids) if one] == [JobState.INTERRUPTED] * 2


@pytest.mark.parametrize(
    "other",
    [caller("other", Role.ENROLLER), caller("other", Role.ADMINISTRATOR), caller("", Role.PUBLIC), NOBODY],
    ids=["same-agency", "administrator", "no-account", "nobody"],
)
def test_a_job_is_not_there_for_anybody_but_its_owner(jobs: Jobs, other: Caller) -> None:
    job_id = jobs.start("a", "owner", AGENCY, lambda _: 1)
    for ask in (jobs.seen_by, jobs.cancel):
        with pytest.raises(Problem, match="no such job") as caught:
            ask(other, job_id)
        assert caught.value.status == 404
    assert jobs.seen_by(OWNER, job_id).id == job_id


def test_an_auditor_sees_a_job_and_cannot_cancel_it(jobs: Jobs) -> None:
    held = Held()
    job_id = jobs.start("a", "owner", AGENCY, held)
    auditor = caller("auditor", Role.AUDITOR)
    assert jobs.seen_by(auditor, job_id).account == "owner"
    with pytest.raises(Problem, match="no such job"):
        jobs.cancel(auditor, job_id)
    held.go.set()


def test_an_account_lists_its_own_jobs_newest_first(jobs: Jobs) -> None:
    ids = [jobs.start("a", "owner", AGENCY, lambda _: 1) for _ in range(3)]
    jobs.start("a", "other", AGENCY, lambda _: 1)
    assert {one.id for one in jobs.of("owner")} == set(ids)
    assert jobs.of("owner")[-1].created <= jobs.of("owner")[0].created


def test_too_many_jobs_are_refused_and_not_kept(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MOST_WAITING", 1)
    held = Held()
    jobs.start("a", "owner", AGENCY, held)
    with pytest.raises(Problem, match="try again later") as caught:
        jobs.start("a", "owner", AGENCY, held)
    assert caught.value.status == 503
    assert len(jobs.of("owner")) == 1
    held.go.set()


def test_jobs_that_ended_long_ago_are_dropped_and_those_that_run_are_not(jobs: Jobs) -> None:
    old = jobs.start("a", "owner", AGENCY, lambda _: None)
    ended(jobs, old)
    running = Held()
    runs = jobs.start("b", "owner", AGENCY, running)
    assert running.began.wait(10)
    assert jobs.forget(datetime.now(UTC) - timedelta(days=1)) == 0
    assert jobs.forget(datetime.now(UTC) + timedelta(days=1)) == 1
    assert (jobs.get(old), jobs.get(runs) is not None) == (None, True)
    running.go.set()

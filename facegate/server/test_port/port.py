"""The test port at work: quotas, the record before and after, the job between, and files that go again.

The order is the safety:

1. what is tested is looked up: no certificate in force, no test;
2. quotas; the upload is written into a folder of its own and looked at;
3. quotas again and the ``accepted`` record, in one turn: two uploads at once do not both pass the last place;
4. the job. It is given an embedder, a threshold and an upload, and no gallery;
5. the ``finished`` record with the digests of what was made is durable, or nothing is handed out;
6. what was sent is overwritten; results go when the tester deletes them, or after some days.

A test that a restart broke off is told so, on the log too, the next time anybody uses the port.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from facegate.errors import FacegateError
from facegate.gate.search_id import RANDOM_BYTES, new_search_id
from facegate.server.jobs.progress import Stopped
from facegate.server.problems import Problem
from facegate.server.test_port.files import erase, erase_upload, receive
from facegate.server.test_port.limits import DEFAULT_LIMITS
from facegate.server.test_port.records import record_accepted, record_outcome, record_withdrawn
from facegate.server.test_port.running import Counted, Findings, look_at, perform
from facegate.server.test_port.store import UNDER_WAY, State, TestRun

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger
    from facegate.server.jobs.jobs import Jobs
    from facegate.server.jobs.progress import Progress
    from facegate.server.test_port.given import Kind
    from facegate.server.test_port.limits import PortLimits
    from facegate.server.test_port.photos import Intake
    from facegate.server.test_port.running import Upload
    from facegate.server.test_port.store import RunStore
    from facegate.server.test_port.system import System

JOB: Final = "test"
DAY: Final = timedelta(days=1)
STRAY_AFTER: Final = timedelta(hours=2)
PROCESS: Final = secrets.token_hex(8)
"""Tells tests of this process from those that a restart broke off."""
NOTHING_KNOWN: Final = Counted(None, None, None)
BROKEN_OFF: Final = "the service was stopped before the test ended; send it again"
STOPPED: Final = "the test was stopped before it ended"
FAULT: Final = "the service made a fault of its own; its operator finds it in the service's log"


class _Withdrawn(Exception):  # noqa: N818  not a fault: the tester deleted the test
    """Stops a test that was deleted."""


@dataclass(frozen=True, slots=True)
class TestPort:
    """Everything the port needs; the gallery is not among it.

    Parameters
    ----------
    folder : Path
        Where each test has a folder.
    store : RunStore
        Which tests there are.
    ledger : Ledger
        Where each test is recorded.
    jobs : Jobs
        Does them.
    intake : Intake
        Opens photos.
    system : callable
        Gives what serves at a moment; raises CertificateError if nothing does.
    clock : callable
        The time, with its zone.
    random_bytes : callable
        For ids.
    limits : PortLimits
        Caps.
    """

    folder: Path
    store: RunStore
    ledger: Ledger
    jobs: Jobs
    intake: Intake
    system: Callable[[datetime], System]
    clock: Callable[[], datetime]
    random_bytes: Callable[[int], bytes] = field(repr=False)
    limits: PortLimits = DEFAULT_LIMITS

    __test__ = False  # no test case, whatever its name begins with

    def start(self, kind: Kind, data: BinaryIO, *, account: str, agency: str) -> TestRun:
        """Accept a test and have it done.

        Parameters
        ----------
        kind : Kind
            What is sent.
        data : file object
            The upload.
        account, agency : str
            Whose key; the agency may be empty.

        Returns
        -------
        TestRun
            Waiting; on the log as accepted.

        Raises
        ------
        CertificateError
            If nothing is in force that could be tested.
        Problem
            413 or 429: too large, or too many.
        InputError
            If the upload cannot be used.
        AuditError, StorageError
            If it could not be recorded or kept; nothing is tested, and nothing stays.
        """
        self.tidy()
        now = self.clock()
        system = self.system(now)
        self._demand_room(account, now)
        test = str(new_search_id(now, self.random_bytes(RANDOM_BYTES)))
        folder = self.folder / test
        try:
            upload = receive(folder, kind, data, most=self.limits.upload_bytes)
            counted = look_at(upload, system, self.limits)
            run = self._accepted(test, upload, counted=counted, system=system, account=account)
        except BaseException:
            erase(folder)
            raise
        return self._begun(run, upload, system, agency)

    def find(self, account: str, test: str) -> TestRun | None:
        """Give one of an account's tests; None if there is none, or it is another's, or it was deleted."""
        self.tidy()
        run = self.store.find(test)
        return None if run is None or run.account != account or run.state is State.DELETED else run

    def all_of(self, account: str) -> tuple[TestRun, ...]:
        """Give an account's tests, newest first."""
        self.tidy()
        return tuple(run for run in self.store.of(account) if run.state is not State.DELETED)

    def delete(self, run: TestRun) -> None:
        """Delete a test with everything that was sent and made; one that still runs is stopped.

        Raises
        ------
        AuditError
            If a test under way cannot be recorded as withdrawn; then it goes on.
        StorageError
            If the disk refuses.
        """
        with self.ledger.turn:
            now = self.store.find(run.id)
            if now is not None and now.state in UNDER_WAY:
                record_withdrawn(self.ledger, run.id, run.settings["accepted"], at=self.clock())
            self.store.put(replace(run, state=State.DELETED, result={}))
        erase(self.folder / run.id)

    def tidy(self) -> None:
        """Delete results past their days and uploads left behind; settle tests that a restart broke off."""
        now = self.clock()
        for run in self.store.under_way():
            if run.settings.get("process") != PROCESS or self._never_began(run):
                self._settle(run, Findings(NOTHING_KNOWN, {}, BROKEN_OFF))
        for run in self.store.before(now - timedelta(days=self.limits.days_kept)):
            if run.state not in UNDER_WAY:
                erase(self.folder / run.id)
                self.store.forget(run.id)
        for path in self.folder.iterdir() if self.folder.exists() else ():
            with suppress(FileNotFoundError):  # deleted by its tester meanwhile
                if now.timestamp() - path.stat().st_mtime > STRAY_AFTER.total_seconds() and self._is_stray(
                    path
                ):
                    erase(path)

    def _never_began(self, run: TestRun) -> bool:
        """Tell whether the job has ended and left the test as it was: it was canceled while it waited."""
        job = None if run.job is None else self.jobs.get(run.job)
        return job is not None and not job.open

    def _is_stray(self, path: Path) -> bool:
        run = self.store.find(path.name)
        return run is None or run.state is State.DELETED

    def _demand_room(self, account: str, now: datetime) -> None:
        """Refuse beyond the quotas; deleted tests count, or deleting would be a way round."""
        lately = [run for run in self.store.of(account) if now - run.created < DAY]
        if len(lately) >= self.limits.runs_per_day:
            again = lately[-1].created + DAY - now
            what = f"{self.limits.runs_per_day} tests a day of one key"
            raise _too_many(what, int(again.total_seconds()) + 1)
        running = self.store.under_way()
        if sum(run.account == account for run in running) >= self.limits.running_each:
            what = f"{self.limits.running_each} at once of one key"
            raise _too_many(what, 60)
        if len(running) >= self.limits.running_all:
            what = f"{self.limits.running_all} at once of all testers"
            raise _too_many(what, 60)

    def _accepted(
        self, test: str, upload: Upload, *, counted: Counted, system: System, account: str
    ) -> TestRun:
        """Take the place and put it on the log, in one turn."""
        settings: dict[str, Any] = {
            "input": str(upload.kind),
            "process": PROCESS,
            "tested": system.to_json(),
            "counted": counted.to_json(),
        }
        with self.ledger.turn:
            now = self.clock()  # in turn: records stand in the order of their times
            self._demand_room(account, now)
            seq = record_accepted(self.ledger, test, upload, counted, system, account=account, at=now)
            run = TestRun(test, account, State.WAITING, now, settings={**settings, "accepted": seq})
            self.store.add(run)
        return run

    def _begun(self, run: TestRun, upload: Upload, system: System, agency: str) -> TestRun:
        """Hand it to the jobs; what does not even begin has failed, and says so."""
        try:
            job = self.jobs.start(
                JOB, run.account, agency, lambda told: self._done(run, upload, system, told)
            )
        except BaseException:
            self._settle(run, Findings(NOTHING_KNOWN, {}, "the test could not be started; try again later"))
            raise
        begun = self.store.find(run.id) or run  # the job may be ahead of us
        begun = replace(begun, job=job)
        self.store.put_job(run.id, job)
        return begun

    def _done(self, run: TestRun, upload: Upload, system: System, told: Progress) -> JSONValue:
        """Do the test: the job's work."""
        folder = self.folder / run.id
        self.store.put(replace(run, state=State.RUNNING))

        def on_progress(what: str, done: int, total: int) -> None:
            found = self.store.find(run.id)
            if found is None or found.state is State.DELETED:
                raise _Withdrawn
            told(done, total, what)

        try:
            findings = perform(
                upload,
                system,
                self.intake,
                self.limits,
                folder=folder,
                measured_on=run.created.astimezone(UTC).date().isoformat(),
                on_progress=on_progress,
            )
        except _Withdrawn:
            erase(folder)
            return {"state": str(State.DELETED)}
        except Stopped:
            self._settle(run, Findings(NOTHING_KNOWN, {}, STOPPED))
            raise
        except FacegateError as error:
            findings = Findings(NOTHING_KNOWN, {}, str(error))
        except BaseException:
            self._settle(run, Findings(NOTHING_KNOWN, {}, FAULT))
            raise
        return {"state": str(self._settle(run, findings))}

    def _settle(self, run: TestRun, findings: Findings) -> State:
        """Record the outcome, then let it be seen; without the record nothing is handed out."""
        folder, now = self.folder / run.id, self.clock()
        state = State.FAILED if findings.why_not else State.DONE
        if findings.why_not:
            erase(folder)
        with self.ledger.turn:
            standing = self.store.find(run.id)
            if standing is None or standing.state is State.DELETED:
                erase(folder)
                return State.DELETED
            if standing.state not in UNDER_WAY:
                return standing.state  # settled by somebody else a moment ago
            try:
                seq = record_outcome(self.ledger, run.id, run.settings["accepted"], findings, at=now)
            except BaseException:
                erase(folder)  # the row stays under way, and is told of when the log can be written again
                self.store.put(replace(standing, settings={**run.settings, "process": ""}))
                raise
            result = _result(findings, seq)
            self.store.put(replace(standing, state=state, result=result, finished=now))
        erase_upload(folder)
        return state


def _result(findings: Findings, seq: int) -> dict[str, Any]:
    return {
        "counted": findings.counted.to_json(),
        "groups": findings.counted.groups_json(),
        "digests": dict(findings.digests),
        "record": seq,
        "why_not": findings.why_not,
    }


def _too_many(what: str, seconds: int) -> Problem:
    detail = f"the test port takes at most {what}; try again in {seconds} s"
    headers = {"Retry-After": str(seconds)}
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, "quota-exceeded", detail, headers=headers)

"""Jobs: long work in a bounded pool of threads, kept in the service's database.

- A job that waits or runs when the service stops is ``interrupted``, and so is one found open when it starts:
  its work is never begun again by itself.
- A job is its owner's to see and to cancel, and is seen by those who look in from outside (`SEES_ALL`); to
  everybody else it is not there.
"""

from __future__ import annotations

import json
import logging
import secrets
from concurrent.futures import Future, ThreadPoolExecutor, wait
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Final, Self

from facegate.errors import FacegateError, StorageError
from facegate.gate.search_id import RANDOM_BYTES, new_search_id
from facegate.server.database.connect import transaction
from facegate.server.database.tables import jobs as table
from facegate.server.edge.handlers import where
from facegate.server.identity.roles import SEES_ALL
from facegate.server.jobs.job import OPEN, Job, JobState
from facegate.server.jobs.progress import Progress, Stopped
from facegate.server.problems import Problem, not_here

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine, Row

    from facegate.audit.canonical import JSONValue
    from facegate.server.identity.caller import Caller

LOG: Final = logging.getLogger("facegate.server.jobs")
MOST_WAITING: Final = 32
MOST_LISTED: Final = 100
WHAT: Final = "job"


class Jobs:
    """Long work of one service; a context manager that ends it.

    Parameters
    ----------
    engine : Engine
        The service's database, at its newest step. One process has it: a job that is open when this is made
        belongs to a process that is gone.
    clock : callable
        The time, with its zone.
    workers : int
        Threads.
    random_bytes : callable
        Randomness for ids.
    """

    __slots__ = ("_clock", "_engine", "_lock", "_pool", "_random", "_running")

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        *,
        workers: int = 2,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._random = random_bytes
        self._lock = Lock()
        self._running: dict[str, tuple[Progress, Future[None]]] = {}
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="job")
        self._interrupt_all("the service stopped before it was done; ask for it again")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def new_id(self) -> str:
        """Give an id for a job whose files are laid down before it is started: a UUIDv7."""
        return str(new_search_id(self._clock(), self._random(RANDOM_BYTES)))

    def start(
        self,
        kind: str,
        account: str,
        agency: str,
        work: Callable[[Progress], JSONValue],
        *,
        job_id: str | None = None,
    ) -> str:
        """Begin a piece of work, as soon as a thread is free.

        Parameters
        ----------
        kind : str
            At most 40 characters, such as ``enrollment``.
        account, agency : str
            Whose it is.
        work : callable
            Does it, tells its progress, gives its result.
        job_id : str, optional
            As `new_id` gave it.

        Returns
        -------
        str
            Id of the job.

        Raises
        ------
        Problem
            503 if too many wait already.
        StorageError
            If the database is away: nothing was begun.
        """
        with self._lock:
            if len(self._running) >= MOST_WAITING:
                raise _too_many()
            now = self._clock()
            made = job_id or self.new_id()
            row = {"id": made, "kind": kind, "account": account, "agency": agency, "state": JobState.QUEUED}
            with transaction(self._engine) as connection:
                connection.execute(table.insert().values(**row, done=0, said="waits", created=now))
            progress = Progress(lambda done, total, said: self._set(made, done=done, total=total, said=said))
            self._running[made] = (progress, self._pool.submit(self._run, made, progress, work))
        return made

    def get(self, job_id: str) -> Job | None:
        """Give a job; None if there is none of that id. Whose it is, is not asked: see `seen_by`."""
        with transaction(self._engine) as connection:
            found = connection.execute(table.select().where(table.c.id == job_id)).one_or_none()
        return None if found is None else _job(found)

    def seen_by(self, caller: Caller, job_id: str) -> Job:
        """Give a job to its owner, or to somebody who looks in from outside.

        Raises
        ------
        Problem
            404 for everybody else, and if there is none.
        """
        job = self.get(job_id)
        if job is None or not (_owns(caller, job) or caller.roles & SEES_ALL):
            raise not_here(WHAT)
        return job

    def of(self, account: str) -> tuple[Job, ...]:
        """Give an account's last jobs, newest first, at most 100."""
        own = table.select().where(table.c.account == account).order_by(table.c.id.desc()).limit(MOST_LISTED)
        with transaction(self._engine) as connection:
            return tuple(_job(row) for row in connection.execute(own))

    def all_seen_by(self, caller: Caller) -> tuple[Job, ...]:
        """Give the last jobs of a caller, or of everybody to those who look in; newest first, at most 100."""
        if not caller.roles & SEES_ALL:
            return self.of(caller.account)
        every = table.select().order_by(table.c.id.desc()).limit(MOST_LISTED)
        with transaction(self._engine) as connection:
            return tuple(_job(row) for row in connection.execute(every))

    def any_open(self, kind: str) -> bool:
        """Tell whether a job of a kind waits or runs, whoever's it is."""
        which = (table.c.kind == kind) & table.c.state.in_(OPEN)
        with transaction(self._engine) as connection:
            return connection.execute(table.select().where(which).limit(1)).first() is not None

    def forget(self, before: datetime) -> int:
        """Drop the jobs that ended before a time; those that wait or run stay, however old.

        Returns
        -------
        int
            How many were dropped.
        """
        over = ~table.c.state.in_(OPEN) & (table.c.finished < before)
        with transaction(self._engine) as connection:
            return connection.execute(table.delete().where(over)).rowcount

    def explain(self, job_id: str, said: str) -> None:
        """Say of an interrupted job what had come of it, once that is known; others stay as they are."""
        which = (table.c.id == job_id) & (table.c.state == JobState.INTERRUPTED)
        with transaction(self._engine) as connection:
            connection.execute(table.update().where(which).values(said=said))

    def cancel(self, caller: Caller, job_id: str) -> Job:
        """Tell a job of one's own to stop.

        Returns
        -------
        Job
            As it stands now: one that runs stops at its next step.

        Raises
        ------
        Problem
            404 if it is not the caller's, 409 if it has ended.
        """
        job = self.get(job_id)
        if job is None or not _owns(caller, job):
            raise not_here(WHAT)
        if not job.open:
            raise Problem(HTTPStatus.CONFLICT, "job-ended", f"the job has ended already: {job.state}")
        with self._lock:
            held = self._running.get(job_id)
        if held is not None:
            progress, future = held
            progress.stop()
            if future.cancel():  # it had not begun
                self._end(job_id, JobState.INTERRUPTED, said="canceled before it began")
        return self.get(job_id) or job

    def wait(self, job_id: str, timeout_s: float) -> None:
        """Wait until a job has ended, or the time is up."""
        with self._lock:
            held = self._running.get(job_id)
        if held is not None:
            wait([held[1]], timeout_s)

    def close(self, *, wait_s: float = 10.0) -> None:
        """Tell all jobs to stop, wait for those that run, and keep as interrupted what has not ended.

        Parameters
        ----------
        wait_s : float
            Most seconds to wait.
        """
        with self._lock:
            held = list(self._running.values())
        for progress, future in held:
            progress.stop()
            future.cancel()
        wait([future for _, future in held], wait_s)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._interrupt_all("the service stopped before it was done; ask for it again")

    def _run(self, job_id: str, progress: Progress, work: Callable[[Progress], JSONValue]) -> None:
        """Do the work of one job; however it ends is kept."""
        try:
            self._set(job_id, state=JobState.RUNNING, said="runs")
            result = work(progress)
            json.dumps(result, allow_nan=False)  # what cannot be kept is a fault of the work, found here
            told = {"done": progress.done, "total": progress.total, "said": progress.said or "done"}
            self._end(job_id, JobState.DONE, result=result, **told)
        except Stopped as stop:
            said = stop.said or "stopped when it was told to"
            self._end(job_id, JobState.INTERRUPTED, done=progress.done, said=said)
        except FacegateError as error:
            self._end(job_id, JobState.FAILED, done=progress.done, said=str(error))
        except Exception as error:  # noqa: BLE001  the last place where it can be told without being shown
            LOG.error("unforeseen %s in job %s", where(error), job_id)  # noqa: TRY400  its text may tell
            said = "it failed in a way that nobody foresaw; the service's log has more"
            self._end(job_id, JobState.FAILED, done=progress.done, said=said)

    def _end(self, job_id: str, state: JobState, **values: JSONValue) -> None:
        """Keep how a job ended. If even that cannot be kept, the next start calls it interrupted."""
        try:
            self._set(job_id, state=state, finished=self._clock(), **values)
        except StorageError:
            LOG.error("how job %s ended (%s) could not be kept", job_id, state)  # noqa: TRY400  told whole
        finally:
            with self._lock:
                self._running.pop(job_id, None)

    def _set(self, job_id: str, **values: JSONValue | datetime) -> None:
        """Write to a job that is open; what has ended is not changed any more."""
        mine = (table.c.id == job_id) & table.c.state.in_(OPEN)
        with transaction(self._engine) as connection:
            connection.execute(table.update().where(mine).values(**values))

    def _interrupt_all(self, said: str) -> None:
        values = {"state": JobState.INTERRUPTED, "said": said, "finished": self._clock()}
        with transaction(self._engine) as connection:
            connection.execute(table.update().where(table.c.state.in_(OPEN)).values(**values))


def _owns(caller: Caller, job: Job) -> bool:
    return bool(caller.account) and caller.account == job.account


def _too_many() -> Problem:
    detail = f"{MOST_WAITING} jobs wait or run already; try again later"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "too-many-jobs", detail, headers={"Retry-After": "60"})


def _job(row: Row[tuple[object, ...]]) -> Job:
    """Read a job from its row."""
    said = row._mapping  # noqa: SLF001  SQLAlchemy's public name for it
    return Job(
        id=said["id"],
        kind=said["kind"],
        account=said["account"],
        agency=said["agency"],
        state=JobState(said["state"]),
        done=said["done"],
        total=said["total"],
        said=said["said"],
        result=said["result"],
        created=said["created"],
        finished=said["finished"],
    )

"""Which tests there are, whose, and in which state: rows of the service's database.

The files of a test lie in ``HOME/tests/ID``. A test that was deleted, or whose days are over, keeps its row
without its files for a day, since it counts for the day's quota; then the row goes too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from facegate.server.database.connect import transaction
from facegate.server.database.tables import test_runs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Engine


class State(StrEnum):
    """Where a test stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DELETED = "deleted"


UNDER_WAY: Final = (State.WAITING, State.RUNNING)


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test.

    Parameters
    ----------
    id : str
        UUIDv7.
    account : str
        Whose key.
    state : State
        Where it stands.
    job : str or None
        The job that does it; None before it was started.
    settings : mapping
        What was asked for: ``input``, ``accepted`` (position in the log), ``process`` (in which it runs), and
        what is tested.
    result : mapping
        What it came to: counts, groups, digests, ``record`` (position in the log), ``why_not``.
    created : datetime
        When it was accepted.
    finished : datetime or None
        When it ended.
    """

    id: str
    account: str
    state: State
    created: datetime
    job: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    finished: datetime | None = None

    __test__ = False  # no test case, whatever its name begins with


@dataclass(frozen=True, slots=True)
class RunStore:
    """The rows.

    Parameters
    ----------
    engine : Engine
        The service's database.
    """

    engine: Engine

    def add(self, run: TestRun) -> None:
        """Keep a new test."""
        with transaction(self.engine) as connection:
            connection.execute(sa.insert(test_runs).values(_row(run)))

    def put(self, run: TestRun) -> bool:
        """Keep a test's new state; False, and nothing is changed, if it was deleted meanwhile."""
        still = sa.and_(test_runs.c.id == run.id, test_runs.c.state != State.DELETED)
        with transaction(self.engine) as connection:
            done = connection.execute(sa.update(test_runs).where(still).values(_row(run)))
        return done.rowcount == 1

    def put_job(self, test: str, job: str) -> None:
        """Keep which job does a test, whatever its state."""
        with transaction(self.engine) as connection:
            connection.execute(sa.update(test_runs).where(test_runs.c.id == test).values(job=job))

    def find(self, test: str) -> TestRun | None:
        """Give one test; None if there is none of this id."""
        found = self._some(test_runs.c.id == test)
        return found[0] if found else None

    def of(self, account: str) -> tuple[TestRun, ...]:
        """Give an account's tests, newest first, deleted ones included."""
        return self._some(test_runs.c.account == account)

    def under_way(self) -> tuple[TestRun, ...]:
        """Give everybody's tests that wait or run."""
        return self._some(test_runs.c.state.in_([str(one) for one in UNDER_WAY]))

    def before(self, moment: datetime) -> tuple[TestRun, ...]:
        """Give everybody's tests that were accepted before a moment."""
        return self._some(test_runs.c.created < moment)

    def forget(self, test: str) -> None:
        """Remove a row."""
        with transaction(self.engine) as connection:
            connection.execute(sa.delete(test_runs).where(test_runs.c.id == test))

    def _some(self, which: sa.ColumnElement[bool]) -> tuple[TestRun, ...]:
        asked = sa.select(test_runs).where(which).order_by(test_runs.c.created.desc(), test_runs.c.id.desc())
        with transaction(self.engine) as connection:
            rows = connection.execute(asked).mappings().all()
        return tuple(TestRun(**{**row, **_read(dict(row))}) for row in rows)


def _row(run: TestRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "account": run.account,
        "state": str(run.state),
        "job": run.job,
        "settings": dict(run.settings),
        "result": dict(run.result),
        "created": run.created,
        "finished": run.finished,
    }


def _read(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "state": State(row["state"]),
        "settings": row["settings"] or {},
        "result": row["result"] or {},
    }

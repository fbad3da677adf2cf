"""How often a secret may be guessed: five failures lock an account for ten minutes (CJIS policy, AC-7).

An attempt is counted *before* it is checked, and taken back when it was right: a hundred at once are a
hundred attempts. Unknown names are counted like known ones, so a lock tells nobody that there is an account.
Whoever knows a name can keep its holder out, ten minutes at a time; that is recorded, and the price of the
lock.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from facegate.server.database.connect import transaction
from facegate.server.database.tables import throttles
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from facegate.server.identity.pepper import Pepper

WINDOW: Final = timedelta(minutes=10)
MOST_OF_ACCOUNT: Final = 5
MOST_OF_ADDRESS: Final = 50
"""Of one address, all names together: a whole station may sit behind one."""
MOST_TESTS: Final = 5
FORGOTTEN: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts attempts.

    Parameters
    ----------
    engine : Engine
        Where the counts stand: a restart forgives nothing.
    pepper : Pepper
        Names and addresses are kept as marks.
    clock : callable
        The time, with its zone.
    """

    engine: Engine
    pepper: Pepper
    clock: Callable[[], datetime]
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def take(self, what: str, who: str, most: int) -> bool:
        """Count one attempt.

        Parameters
        ----------
        what : str
            What is guessed at, such as ``account``.
        who : str
            Whose, such as the name typed.
        most : int
            Attempts that may fail within ten minutes.

        Returns
        -------
        bool
            Whether this attempt, if it fails, is the one that locks.

        Raises
        ------
        Problem
            429 if it is locked; the attempt is not to be checked.
        """
        mark, now = self.pepper.mark(f"throttle {what}", who), self.clock()
        with self._turn, transaction(self.engine) as connection:
            connection.execute(sa.delete(throttles).where(throttles.c.since < now - FORGOTTEN))
            row = connection.execute(sa.select(throttles).where(throttles.c.mark == mark)).first()
            if row is not None and row.until is not None and row.until > now:
                raise locked(row.until - now)
            failures, since = 1, now
            if row is not None and row.until is None and row.since > now - WINDOW:
                failures, since = row.failures + 1, row.since
            until = now + WINDOW if failures >= most else None
            _put(connection, mark, failures, since, until)
        return until is not None

    def clear(self, what: str, who: str) -> None:
        """Forget the attempts: the last one was right."""
        with self._turn, transaction(self.engine) as connection:
            mark = self.pepper.mark(f"throttle {what}", who)
            connection.execute(sa.delete(throttles).where(throttles.c.mark == mark))

    def give_back(self, what: str, who: str, *, locked_it: bool) -> None:
        """Take one attempt back; those before it still count.

        Parameters
        ----------
        what, who : str
            As `take`.
        locked_it : bool
            What `take` said of this attempt: only a lock that it set is lifted. One that another attempt set
            stays, however many good ones were under way beside it.
        """
        mark = self.pepper.mark(f"throttle {what}", who)
        values: dict[str, Any] = {"failures": throttles.c.failures - 1}
        if locked_it:
            values["until"] = None
        with self._turn, transaction(self.engine) as connection:
            here = (throttles.c.mark == mark) & (throttles.c.failures > 0)
            connection.execute(sa.update(throttles).where(here).values(values))


def locked(wait: timedelta) -> Problem:
    """Say that no attempt is checked for a while."""
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    detail = "too many attempts failed; nothing is checked for some minutes"
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS, "too-many-attempts", detail, headers={"Retry-After": str(seconds)}
    )


def _put(connection: Connection, mark: str, failures: int, since: datetime, until: datetime | None) -> None:
    values = {"failures": failures, "since": since, "until": until}
    changed = connection.execute(sa.update(throttles).where(throttles.c.mark == mark).values(values))
    if not changed.rowcount:
        connection.execute(sa.insert(throttles).values(mark=mark, **values))

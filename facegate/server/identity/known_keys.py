"""Keys that were shown lately, so that not every request asks the database who shows one.

What is remembered is forgotten, all of it, as soon as anything is written to keys or accounts through the
engine, once more when that is committed, and after a minute in any case: the one process that serves from a
database makes every change itself, and an operator who changes a row by hand waits a minute, not for a
restart. A key that opened nothing is never remembered.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from facegate.server.database.tables import accounts, api_keys

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from facegate.server.identity.account import Account

KEPT: Final = timedelta(minutes=1)
MOST: Final = 4096
_WATCHED: Final = (accounts.name, api_keys.name)
_CHANGED: Final = "keys or accounts were changed"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that opened an account.

    Parameters
    ----------
    account : Account
        What it opens.
    expires : datetime
        Until when.
    last_used : datetime
        As the database has it.
    seen : datetime
        When the database was asked.
    """

    account: Account
    expires: datetime
    last_used: datetime
    seen: datetime


class KnownKeys:
    """What is remembered of keys; may be shared by threads.

    Parameters
    ----------
    engine : Engine
        Through which keys and accounts are changed.
    """

    def __init__(self, engine: Engine) -> None:
        self._turn = threading.Lock()
        self._by_mark: dict[str, KnownKey] = {}
        self._changes = 0
        sa.event.listen(engine, "before_cursor_execute", self._executing)
        sa.event.listen(engine, "checkin", self._given_back)

    @property
    def changes(self) -> int:
        """A number that is another after each change: see `keep`."""
        return self._changes

    def get(self, mark: str, at: datetime) -> KnownKey | None:
        """Give what is remembered of a key, by its mark; None if nothing is that still holds."""
        known = self._by_mark.get(mark)
        if known is None or at >= known.expires or not known.seen <= at < known.seen + KEPT:
            return None
        return known

    def keep(self, mark: str, known: KnownKey, changes: int) -> None:
        """Remember a key, unless anything was changed since `changes` was read, before the database was."""
        with self._turn:
            if changes == self._changes:
                if len(self._by_mark) >= MOST:
                    self._by_mark.clear()
                self._by_mark[mark] = known

    def _forget(self) -> None:
        with self._turn:
            self._changes += 1
            self._by_mark.clear()

    def _executing(self, connection: Connection, _cursor: object, statement: str, *_: Any) -> None:  # noqa: ANN401  as the library calls it
        """Forget before it is written: whoever reads the old row meanwhile keeps nothing, see `keep`."""
        if statement.lstrip()[:6].upper() != "SELECT" and any(name in statement for name in _WATCHED):
            connection.info[_CHANGED] = True
            self._forget()

    def _given_back(self, _line: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        """Forget once more when it is committed: who read the old row in between may have kept it."""
        if entry.info.pop(_CHANGED, None):
            self._forget()

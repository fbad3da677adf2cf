"""How requests ended is written behind their replies, by one thread, for several at once.

A reply does not wait for it. What cannot be written, because the database is away, is held until it can:
with whatever ends next, when its key is sent again, and once more when the service stops. It cannot grow
without end: while the database is away no new key is taken. A process that is killed in between leaves a
key whose end nobody knows.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import sleep
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from facegate.errors import StorageError
from facegate.server.database.connect import transaction
from facegate.server.database.tables import idempotency as table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

LOG: Final = logging.getLogger("facegate.server.idempotency")
GATHER_S: Final = 0.01
"""Seconds for which ends are gathered before they are written: until then the reply is out, too."""
# Put together once: SQLAlchemy takes longer to write it than the database to answer.
_END: Final = table.update().where(table.c.key_hash == sa.bindparam("mark"))


class ReplyWriter:
    """Writes how requests ended.

    Parameters
    ----------
    engine : Engine
        The service's database.
    """

    __slots__ = ("_ends", "_engine", "_turn", "_writer")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._ends: dict[str, Callable[[], Mapping[str, object]]] = {}  # by mark: not written yet
        self._writer = ThreadPoolExecutor(1, "keeping-replies")

    def put(self, mark: str, values: Callable[[], Mapping[str, object]]) -> None:
        """Write an end in a moment.

        Parameters
        ----------
        mark : str
            What the key is kept under; the row stands.
        values : callable
            Gives what is written to the row; asked by the thread that writes, each time it tries.
        """
        with self._turn:
            self._ends[mark] = values
        self._writer.submit(self._write)

    def settle(self, mark: str) -> None:
        """Return when the end of a request is written, or there is none to be; it is tried again if need be.

        Raises
        ------
        StorageError
            If it still cannot be written.
        """
        with self._turn:
            waiting = mark in self._ends
        if waiting:
            self._writer.submit(self._write).result()

    def close(self) -> None:
        """Write what is left, and end. What cannot be written is lost, and the service's log says so."""
        self._writer.shutdown()
        with suppress(StorageError):
            self._write()
        if self._ends:
            LOG.error(
                "replies were given and not kept, their keys are answered with 409: %d", len(self._ends)
            )
            self._ends.clear()

    def _write(self) -> None:
        if not self._ends:  # written with those before
            return
        sleep(GATHER_S)
        with self._turn:
            ends = dict(self._ends)
        try:
            rows = [{"mark": mark, **values()} for mark, values in ends.items()]
            with transaction(self._engine) as connection:
                for row in rows:
                    connection.execute(_END, row)
        except StorageError as error:
            LOG.error("replies were given and are not kept yet: %s", error)  # noqa: TRY400  no traceback: paths
            raise
        with self._turn:
            for mark in ends:
                del self._ends[mark]

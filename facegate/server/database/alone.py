"""One process serves from a database: what another one has in flight would be taken for broken off.

A file of SQLite lies in the agency's folder, whose log has one writer already. A database on a server can be
named from anywhere: by a copy of the folder, or from a second machine.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from pg8000.exceptions import Error as DriverError  # type: ignore[import-untyped]  # ships no types
from sqlalchemy.exc import SQLAlchemyError

from facegate.errors import StorageError
from facegate.server.database.connect import away

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

SERVING: Final = 0x73657276696E67  # "serving"
TRIES: Final = 10
PAUSE_S: Final = 0.5  # the server needs a moment to see that a process ended


@contextmanager
def served_alone(engine: Engine) -> Iterator[None]:
    """Be the only process that serves from this database, as long as the server keeps the connection.

    Parameters
    ----------
    engine : Engine
        The service's database.

    Raises
    ------
    StorageError
        If another process has it, or the database is away.

    Notes
    -----
    An advisory lock of the session (PostgreSQL 18 documentation, section 13.3.5). After a server was started
    again nobody holds it: it stops who begins to serve beside another, and does not end who serves.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    connection = _locked(engine)
    try:
        yield
    finally:
        with suppress(SQLAlchemyError, DriverError):  # it may be gone already
            connection.close()


def _locked(engine: Engine) -> Connection:
    """Take the lock on a connection that is nobody else's and never goes back to the others."""
    ask = sa.select(sa.func.pg_try_advisory_lock(SERVING))
    try:
        connection = engine.connect()
        connection.detach()
        for _ in range(TRIES):
            if connection.execute(ask).scalar():
                connection.commit()
                return connection
            time.sleep(PAUSE_S)
        connection.close()
    except (SQLAlchemyError, OSError) as error:
        raise away(error) from error
    msg = "another process serves from this service's database; one database is for one process"
    raise StorageError(msg)

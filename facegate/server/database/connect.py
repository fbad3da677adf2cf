"""Opening the service's database: SQLite in the agency's folder, or PostgreSQL by one setting.

Nothing here is answered from a database that is not at the newest step: it is brought there when it is
opened. A database that is away is a `StorageError`, and so a 503.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from facegate.errors import InputError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

VERSIONS: Final = "service_alembic_version"
OWNER_ONLY: Final = 0o600
STEPS: Final = Path(__file__).with_name("migrations")
WAIT: Final = 10  # seconds for a lock or a server
LOCK: Final = 0x6661636567617465  # "facegate": two processes that start at once migrate one after the other


def default_url(folder: Path) -> str:
    """Give the address of the database in an agency's folder."""
    return URL.create("sqlite", database=str(folder / "service.db")).render_as_string(hide_password=False)


def open_database(url: str) -> Engine:
    """Open a database and bring its tables to the newest step.

    Parameters
    ----------
    url : str
        ``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST/NAME``; PostgreSQL is spoken to by pg8000.

    Returns
    -------
    Engine
        Of SQLAlchemy; `dispose` it in the end.

    Raises
    ------
    InputError
        If the address is of no known form; the message does not repeat it, for it may hold a password.
    StorageError
        If the database cannot be reached, or is newer than this program.
    """
    engine = _engine(_parsed(url))
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            command.upgrade(_steps(connection), "head")
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise _away(error) from error
    except CommandError as error:
        engine.dispose()
        msg = f"the service's database is at a step this program does not know: {error}"
        raise StorageError(msg) from error
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Do everything inside or nothing of it.

    Raises
    ------
    StorageError
        If the database is away or refuses.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except (SQLAlchemyError, OSError) as error:
        raise _away(error) from error


def _away(error: Exception) -> StorageError:
    # Its own words may repeat values that were to be written: only what kind of error it was is told.
    return StorageError(f"the service's database cannot be used ({type(error).__name__}); try again later")


def _parsed(url: str) -> URL:
    wanted = "wanted sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        msg = f"the database's address is of no known form, {wanted}"
        raise InputError(msg) from error
    if parsed.drivername == "sqlite" and parsed.database:
        return parsed
    if parsed.drivername in {"postgres", "postgresql", "postgresql+pg8000"}:
        return _by_socket(parsed.set(drivername="postgresql+pg8000"))
    msg = f"the database's address is for {parsed.drivername}, {wanted}"
    raise InputError(msg)


def _by_socket(url: URL) -> URL:
    """Put a folder with a server's socket, ``?host=/run/postgresql`` as libpq has it, in pg8000's way."""
    folder = url.query.get("host")
    if not isinstance(folder, str):
        return url
    socket = f"{folder}/.s.PGSQL.{url.port or 5432}"
    return url.difference_update_query(["host"]).update_query_dict({"unix_sock": socket})


def _engine(url: URL) -> Engine:
    if url.drivername != "sqlite":
        # A connection that the server closed meanwhile is found before it is used.
        return sa.create_engine(url, pool_pre_ping=True, connect_args={"timeout": WAIT})
    _made(Path(str(url.database)))
    engine = sa.create_engine(url, connect_args={"timeout": WAIT})
    sa.event.listen(engine, "connect", _durable)
    return engine


def _made(path: Path) -> None:
    """Make the file, for its owner only, before SQLite makes it for everybody."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY))
    except OSError as error:
        msg = f"cannot make {path}: {error.strerror}"
        raise StorageError(msg) from error


def _durable(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    """Have SQLite wait for the disk at every commit: a key that was revoked stays so."""
    del entry
    cursor = connection.cursor()
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _steps(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config

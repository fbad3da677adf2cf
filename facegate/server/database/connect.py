"""Opening the service's database: SQLite in the agency's folder, or PostgreSQL by one setting.

- Nothing here is answered from a database that is not at the newest step: it is brought there when it is
  opened. A database that is away is a `StorageError`, and so a 503.
- PostgreSQL's address is read as the ledger reads it (`facegate.gate.ledger.postgres_address`): beyond this
  machine the server shows a certificate of its name, or nobody's account goes there.
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
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from facegate.errors import InputError, StorageError
from facegate.gate.ledger.postgres_address import SCHEMES, Address, parse_address
from facegate.gate.ledger.postgres_index import reason, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import ExceptionContext
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

VERSIONS: Final = "service_alembic_version"
OWNER_ONLY: Final = 0o600
STEPS: Final = Path(__file__).with_name("migrations")
WAIT: Final = 10  # seconds for a lock or a server
LOCK: Final = 0x6661636567617465  # "facegate": two processes that start at once migrate one after the other
WANTED: Final = "wanted sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
BROKEN: Final = frozenset({"FATAL", "PANIC"})  # severities after which the server hangs up


def default_url(folder: Path) -> str:
    """Give the address of the database in an agency's folder."""
    return URL.create("sqlite", database=str(folder / "service.db")).render_as_string(hide_password=False)


def open_database(url: str) -> Engine:
    """Open a database and bring its tables to the newest step.

    Parameters
    ----------
    url : str
        ``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST/NAME``, see `parse_address`; PostgreSQL is
        spoken to by pg8000.

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
    engine, where = _engine(url)
    try:
        with engine.begin() as connection:
            if where:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            command.upgrade(_steps(connection), "head")
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise (_unreachable(where, error) if where else away(error)) from error
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
        raise away(error) from error


def away(error: Exception) -> StorageError:
    """Say that the database cannot be used."""
    # Its own words may repeat values that were to be written: only what kind of error it was is told.
    return StorageError(f"the service's database cannot be used ({type(error).__name__}); try again later")


def _unreachable(where: str, error: Exception) -> StorageError:
    """Say in the server's own words why it does not open: nothing was written yet that it could repeat."""
    cause = error.orig if isinstance(error, DBAPIError) and isinstance(error.orig, Exception) else error
    return StorageError(f"the service's database at {where} cannot be used: {reason(cause)}")


def _engine(url: str) -> tuple[Engine, str]:
    """Make an engine; a server is named, too."""
    scheme = url.partition(":")[0]
    if scheme in SCHEMES:
        address = parse_address(url)
        return _on_a_server(address), address.where
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        msg = f"the database's address is of no known form, {WANTED}"
        raise InputError(msg) from None  # the cause repeats it
    if parsed.drivername != "sqlite" or not parsed.database:
        msg = f"the database's address is for {parsed.drivername}, {WANTED}"
        raise InputError(msg)
    return _in_a_file(parsed), ""


def _on_a_server(address: Address) -> Engine:
    url = URL.create(
        "postgresql+pg8000",
        username=address.user,
        password=address.password,
        host=address.host or None,
        port=address.port,
        database=address.database,
    )
    options = {
        "timeout": WAIT,
        "unix_sock": address.socket,
        "ssl_context": address.tls_context() or False,  # None would take any certificate, or none
        "application_name": "facegate service",
        "startup_params": {"synchronous_commit": "on"},  # a key that was revoked stays so
    }
    # A connection that the server closed meanwhile is found before it is used.
    engine = sa.create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=options)
    sa.event.listen(engine, "handle_error", _hung_up)
    return engine


def _hung_up(context: ExceptionContext) -> None:
    """Take the server's last words for what they are: the driver's dialect knows only a line that is dead."""
    if told(context.original_exception, "V") in BROKEN:  # type: ignore[arg-type]  # never an exit
        context.is_disconnect = True


def _in_a_file(url: URL) -> Engine:
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

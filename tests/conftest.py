"""Puts the tests folder on the path, so that every room can import the oracles of reference.py.

So it does with the rooms whose made-up agencies and reviews other rooms start from.

The console takes its width from COLUMNS when it is made, if it is set then, and keeps it; test runners of
several workers set it. Each test shall say its own width.
"""

import os
import sys
from pathlib import Path

os.environ.pop("COLUMNS", None)

for room in ("audit", "faces", "gate", "oversight", "server", "client"):
    sys.path.append(str(Path(__file__).parent / room))

import pytest  # noqa: E402  the rooms above must be on the path before the server's module is imported
from postgres_server import CHOSEN, put_everything_there  # noqa: E402  likewise

if CHOSEN in os.environ:
    put_everything_there(pytest.MonkeyPatch())


@pytest.fixture(params=["PostgreSQL"] if CHOSEN in os.environ else ["SQLite", "PostgreSQL"])
def either_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test once for each home of the ledger."""
    if request.param == "PostgreSQL":
        put_everything_there(monkeypatch)
    return str(request.param)

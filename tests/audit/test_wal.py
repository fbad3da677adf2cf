"""Folding beside the work: nothing is lost, nothing grows without end, a refusing disk is told."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from facegate.audit import wal
from facegate.audit.wal import FOLD_EVERY, WalFolder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

N = 3 * FOLD_EVERY


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "one.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE one (number INTEGER PRIMARY KEY)")
        yield connection


def write(connection: sqlite3.Connection, folder: WalFolder, numbers: range) -> None:
    for number in numbers:
        connection.execute("INSERT INTO one VALUES (?)", (number,))
        folder.committed()


def folded(tmp_path: Path) -> int:
    """Count the rows of the database file alone, without its write-ahead log."""
    copy = tmp_path / "copy.db"
    copy.write_bytes((tmp_path / "one.db").read_bytes())
    with closing(sqlite3.connect(copy)) as alone:
        [[number]] = alone.execute("SELECT count(*) FROM one").fetchall()
    return int(number)


def test_what_is_committed_gets_into_the_database_while_the_writer_goes_on(
    connection: sqlite3.Connection, tmp_path: Path
) -> None:
    folder = WalFolder(connection, tmp_path / "one.db")
    write(connection, folder, range(N))
    folder.close()
    assert FOLD_EVERY <= folded(tmp_path) <= N
    assert connection.execute("SELECT count(*) FROM one").fetchall() == [(N,)]


def test_no_commit_folds_by_itself(connection: sqlite3.Connection, tmp_path: Path) -> None:
    WalFolder(connection, tmp_path / "one.db").close()
    assert connection.execute("PRAGMA wal_autocheckpoint").fetchall() == [(0,)]


def test_the_log_does_not_grow_without_end_under_a_steady_writer(
    connection: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wal, "EMPTY_EVERY", 2 * FOLD_EVERY)
    folder = WalFolder(connection, tmp_path / "one.db")
    write(connection, folder, range(2 * FOLD_EVERY))
    size = (tmp_path / "one.db-wal").stat().st_size
    write(connection, folder, range(2 * FOLD_EVERY, 20 * FOLD_EVERY))
    folder.close()
    assert (tmp_path / "one.db-wal").stat().st_size <= 2 * size


@pytest.mark.usefixtures("connection")
def test_a_writer_waits_for_a_folding_that_does_not_keep_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wal, "EMPTY_EVERY", 2 * FOLD_EVERY)
    go_on = threading.Event()
    honest = WalFolder._fold

    def slow(self: WalFolder) -> None:
        go_on.wait(10)
        honest(self)

    monkeypatch.setattr(WalFolder, "_fold", slow)
    own = connection_again(tmp_path)
    folder = WalFolder(own, tmp_path / "one.db")
    writer = threading.Thread(target=write, args=(own, folder, range(N)))
    writer.start()
    writer.join(0.5)
    assert writer.is_alive()
    go_on.set()
    writer.join(10)
    folder.close()
    own.close()
    assert folded(tmp_path) >= FOLD_EVERY


def connection_again(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(tmp_path / "one.db", isolation_level=None, check_same_thread=False)


def test_a_folding_that_the_disk_refused_stops_the_writer(
    connection: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: WalFolder) -> None:
        msg = "database or disk is full"
        raise sqlite3.OperationalError(msg)

    monkeypatch.setattr(WalFolder, "_fold", refuse)
    folder = WalFolder(connection, tmp_path / "one.db")
    with pytest.raises(sqlite3.OperationalError, match="disk is full"):
        write(connection, folder, range(N))
    folder.close()

"""The index of the log, made anew from the log and compared with the one in use.

The one in use may be behind: it is caught up when it is opened next. So it is held against an index of
exactly as many records as it says it has entered.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import islice, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, cast

from facegate.audit.log_tree import read_tree
from facegate.audit.reading import read_records
from facegate.errors import AuditError
from facegate.gate.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facegate.audit.entry import Entry
    from facegate.audit.log import AuditLog
    from facegate.audit.sealing.sealed import Opening
    from facegate.gate.ledger.event import Book


class _LogSoFar:
    """The first records of a log, as the ledger reads them; nothing can be appended."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._tree = read_tree(folder)[1]
        self.size = size

    def leaf(self, index: int) -> bytes:
        return self._tree.leaf(index)

    def read(self, start: int = 0) -> Iterator[tuple[Entry, Opening | None]]:
        return islice(read_records(self._folder, start=start), self.size - start)


def ledger_differences(path: Path, log: Path, books: Sequence[Book]) -> tuple[int | None, tuple[str, ...]]:
    """Compare the index in use with one made anew from the log, table by table.

    Parameters
    ----------
    path : Path
        The index in use.
    log : Path
        The writer's folder, with its sealed part.
    books : sequence of Book
        What the index is made of.

    Returns
    -------
    int or None
        Records that the index in use has entered; None if there is no index: it is made when it is needed.
    tuple of str
        The tables that differ; empty if none does.

    Raises
    ------
    AuditError
        If the log cannot be read, or what lies at ``path`` is no index.
    """
    if not path.exists():
        return None, ()
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as used:
            used.isolation_level = None
            used.execute("BEGIN")  # one state of it, whatever is recorded meanwhile
            [(size,)] = used.execute("SELECT size FROM ledger_state").fetchall()
            with TemporaryDirectory(
                prefix="facegate-ledger-"
            ) as folder:  # mode 700: sealed fields in the clear
                anew = Path(folder) / "ledger.db"
                _make(anew, log, size, books)
                return int(size), tuple(_compare(used, anew))
    except sqlite3.Error as error:
        msg = f"the ledger {path} cannot be read: {error}; `facegate log fsck --repair` makes it anew"
        raise AuditError(msg) from error


def make_ledger_anew(path: Path, log: AuditLog, books: Sequence[Book]) -> None:
    """Throw the index away and make it anew from its log.

    Parameters
    ----------
    path : Path
        The index.
    log : AuditLog
        Open for appending: nobody uses the index meanwhile.
    books : sequence of Book
        What it is made of.
    """
    for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        one.unlink(missing_ok=True)
    Ledger.open(path, log, books, random_bytes=_no_keys).close()


def _make(path: Path, log: Path, size: int, books: Sequence[Book]) -> None:
    # The ledger asks a log for its size, a leaf and its records, when it is only made and closed.
    so_far = cast("AuditLog", _LogSoFar(log, size))
    Ledger.open(path, so_far, books, random_bytes=_no_keys).close()


def _no_keys(n_bytes: int) -> bytes:
    msg = f"an index that is only compared records nothing, {n_bytes} random bytes were asked for"
    raise RuntimeError(msg)


def _compare(used: sqlite3.Connection, anew: Path) -> Iterator[str]:
    """Name the tables that are not the same in both."""
    with closing(sqlite3.connect(anew)) as other:
        names = _tables(used) | _tables(other)
        for name in sorted(names):
            if any(mine != made for mine, made in zip_longest(_rows(used, name), _rows(other, name))):
                yield name


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _rows(connection: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    """Read a table in an order of its content; a table that is not there has no rows."""
    if table not in _tables(connection):
        return iter(())
    n_columns = len(connection.execute(f'PRAGMA table_info("{table}")').fetchall())
    order = ", ".join(str(column + 1) for column in range(n_columns))
    return connection.execute(f'SELECT * FROM "{table}" ORDER BY {order}')  # noqa: S608  a name out of the database

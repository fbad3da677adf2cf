"""The index in a file of SQLite: where it is unless another place was set.

The file is mode 600, and deleted content is overwritten: it holds sealed fields in the clear.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.audit.wal import WalFolder
from facegate.durable import wipe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWNER_ONLY: Final = 0o600


class SqliteIndex(sqlite3.Connection):
    """SQLite's connection, whose write-ahead log is folded beside the work."""

    lost: Final = False
    _folder: WalFolder | None = None

    def fold_beside(self, path: Path) -> None:
        """Fold the write-ahead log in a thread of its own from now on."""
        self._folder = WalFolder(self, path)

    def begin(self) -> None:
        """Begin to write, and be the only writer from the first word."""
        self.execute("BEGIN IMMEDIATE")

    def committed(self) -> None:
        """Count a commit for the folding; the error of a folding that failed is raised here."""
        if self._folder is not None:
            self._folder.committed()

    def close(self) -> None:
        """Wait for a folding under way, and close."""
        if self._folder is not None:
            self._folder.close()
        super().close()


@dataclass(frozen=True, slots=True)
class SqlitePlace:
    """One file.

    Parameters
    ----------
    path : Path
        The file; made when it is needed.
    """

    path: Path

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    @property
    def whole_name(self) -> str:
        """Name of the file."""
        return self.name

    def there(self) -> SqliteIndex | None:
        """Open the file; None if it is no database with a state of a ledger."""
        index = None
        try:
            index = _connected(self.path)
            index.execute("SELECT form, books, size, last_leaf FROM ledger_state").fetchall()
        except sqlite3.DatabaseError:  # no such table, or no database at all
            if index is not None:
                index.close()
            return None
        return index

    def empty(self) -> SqliteIndex:
        """Make an empty file in the place of whatever is there."""
        self.discard()
        return _connected(self.path)

    def discard(self) -> None:
        """Overwrite and remove the file and what SQLite keeps beside it."""
        for one in files_of(self.path):
            wipe(one)

    @contextmanager
    def looked_at(self) -> Iterator[SqliteTables | None]:
        """Read one state of the file without writing to it."""
        if not self.path.exists():
            yield None
            return
        with closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN")
            yield SqliteTables(connection)


@dataclass(frozen=True, slots=True)
class SqliteTables:
    """The tables of one file."""

    connection: sqlite3.Connection

    @property
    def names(self) -> set[str]:
        """Its tables."""
        rows = self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows}

    def rows(self, name: str) -> Iterator[tuple[object, ...]]:
        """Read a table in an order of its content."""
        n_columns = len(self.connection.execute(f'PRAGMA table_info("{name}")').fetchall())
        order = ", ".join(str(column + 1) for column in range(n_columns))
        return self.connection.execute(f'SELECT * FROM "{name}" ORDER BY {order}')  # noqa: S608  a name out of the database

    def kept(self, row: tuple[object, ...]) -> tuple[object, ...]:
        """Keep a row as it is."""
        return row


def files_of(path: Path) -> tuple[Path, Path, Path]:
    """Name a database, its write-ahead log and the index of that."""
    return path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def _connected(path: Path) -> SqliteIndex:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY))  # SQLite would go by the process's umask
    index = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=SqliteIndex)
    try:
        index.row_factory = sqlite3.Row
        for setting in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
            index.execute(f"PRAGMA {setting}")
        index.fold_beside(path)
    except BaseException:
        index.close()
        raise
    return index

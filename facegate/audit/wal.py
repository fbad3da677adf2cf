"""Folding a write-ahead log into its database beside the work, not in the middle of it.

SQLite by itself folds when the write-ahead log has grown to 1,000 pages, inside the commit that made it so:
that one waits until megabytes have reached the disk. Here another connection does it, in a thread of its
own, while the writer goes on. What a commit promises does not change: it is in the write-ahead log, flushed
as ``synchronous`` says.

References
----------
SQLite, "Write-Ahead Logging", section 3.1, "Automatic Checkpoint" (and how an application does it itself).
"""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

FOLD_EVERY = 64  # commits: some megabytes
HEADER_BYTES = 100
FORM = b"SQLite format 3\x00"
LARGEST_PAGE = 65_536  # does not fit its two bytes, and stands there as 1
EMPTY_EVERY = 4096  # commits: so often a writer waits, or the write-ahead log would grow without end


def cut_short(path: Path) -> bool:
    """Tell whether a database at rest is shorter than its own header says.

    SQLite opens such a file, and finds out when it happens to need what is missing. While there is a
    write-ahead log a database may be shorter: the rest is in there.

    References
    ----------
    SQLite, "Database File Format", section 1.3 (page size at byte 16, size in pages at byte 28).
    """
    log = path.with_name(f"{path.name}-wal")
    if log.exists():
        return False
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES or not head.startswith(FORM):
        return False  # no database at all, and SQLite says so
    page = int.from_bytes(head[16:18], "big")
    stated = int.from_bytes(head[28:32], "big") * (LARGEST_PAGE if page == 1 else page)
    return path.stat().st_size < stated and not log.exists()  # a writer may just have begun


class WalFolder:
    """Folds the write-ahead log of one database. Closed before the database is.

    Parameters
    ----------
    connection : sqlite3.Connection
        The writer's; from now on it does not fold by itself.
    path : Path
        The database.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        self._connection = connection
        self._path = path.resolve()  # the thread must not depend on where the process stands by then
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"fold {path.name}")
        self._folding: Future[None] | None = None
        self._unfolded = 0
        self._commits = 0

    def committed(self) -> None:
        """Count a commit, and see that enough of them are folded.

        Raises
        ------
        sqlite3.Error
            If the disk refused the last folding. The commit stands; whoever writes should stop.
        """
        self._unfolded += 1
        self._commits += 1
        empty = self._commits % EMPTY_EVERY == 0
        if self._folding is not None and (self._folding.done() or empty):
            folding, self._folding = self._folding, None
            folding.result()
        if empty:
            # SQLite begins the log anew only when all of it is folded, which beside a steady writer never is.
            self._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        elif self._folding is None and self._unfolded >= FOLD_EVERY:
            self._unfolded = 0
            self._folding = self._worker.submit(self._fold)

    def close(self) -> None:
        """Wait for a folding under way; the rest is folded when the database's last connection closes."""
        self._worker.shutdown()

    def _fold(self) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

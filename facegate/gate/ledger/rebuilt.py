"""The index of the log, made anew from the log and compared with the one in use.

The one in use may be behind: it is caught up when it is opened next. So it is held against an index of
exactly as many records as it says it has entered.
"""

from __future__ import annotations

import sqlite3
from itertools import islice, zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from facegate.audit.log_tree import read_tree
from facegate.audit.reading import read_records
from facegate.errors import AuditError
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.ledger.sqlite_place import SqlitePlace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facegate.audit.entry import Entry
    from facegate.audit.log import AuditLog
    from facegate.audit.sealing.sealed import Opening
    from facegate.gate.ledger.event import Book
    from facegate.gate.ledger.place import Place, Tables


STATE_SIZE = 3  # column of the ledger's state


class _LogSoFar:
    """The first records of a log, as the ledger reads them; nothing can be appended."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._tree = read_tree(folder)[1]
        self.size = self.acknowledged = size

    def cover(self) -> None:
        """Do nothing: what is read is covered."""

    def leaf(self, index: int) -> bytes:
        return self._tree.leaf(index)

    def read(self, start: int = 0) -> Iterator[tuple[Entry, Opening | None]]:
        return islice(read_records(self._folder, start=start), self.size - start)


def ledger_differences(place: Place, log: Path, books: Sequence[Book]) -> tuple[int | None, tuple[str, ...]]:
    """Compare the index in use with one made anew from the log, table by table.

    Parameters
    ----------
    place : Place
        Where the index in use lives.
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
        If the log cannot be read, or what lies there is no index.
    """
    try:
        with (
            place.looked_at() as used,
            TemporaryDirectory(prefix="facegate-ledger-") as folder,  # mode 700: sealed fields in the clear
        ):
            if used is None:
                return None, ()
            size = _size(used)
            anew = SqlitePlace(Path(folder) / "ledger.db")
            _make(anew, log, size, books)
            return size, tuple(_compare(used, anew))
    except (sqlite3.Error, ValueError) as error:
        mend = "`facegate log fsck --repair` makes it anew"
        msg = f"the ledger {place.whole_name} cannot be read: {error}; {mend}"
        raise AuditError(msg) from error


def make_ledger_anew(place: Place, log: AuditLog, books: Sequence[Book]) -> None:
    """Throw the index away and make it anew from its log.

    Parameters
    ----------
    place : Place
        Of the index.
    log : AuditLog
        Open for appending: nobody uses the index meanwhile.
    books : sequence of Book
        What it is made of.
    """
    place.discard()
    Ledger.open(place, log, books, random_bytes=_no_keys).close()


def _size(used: Tables) -> int:
    """Read how many records the index has entered."""
    rows: list[Any] = [*used.rows("ledger_state")]
    if len(rows) != 1:
        msg = f"it holds {len(rows)} states of a ledger, wanted one"
        raise ValueError(msg)
    return int(rows[0][STATE_SIZE])


def _make(place: Place, log: Path, size: int, books: Sequence[Book]) -> None:
    # The ledger asks a log for how many records it has, a leaf and them, when it is only made and closed.
    so_far = cast("AuditLog", _LogSoFar(log, size))
    Ledger.open(place, so_far, books, random_bytes=_no_keys).close()


def _no_keys(n_bytes: int) -> bytes:
    msg = f"an index that is only compared records nothing, {n_bytes} random bytes were asked for"
    raise RuntimeError(msg)


def _compare(used: Tables, place: SqlitePlace) -> Iterator[str]:
    """Name the tables that are not the same in both."""
    with place.looked_at() as anew:
        for name in sorted(used.names | (anew.names if anew else set())):
            made = (used.kept(row) for row in _rows(anew, name))
            if any(mine != theirs for mine, theirs in zip_longest(_rows(used, name), made)):
                yield name


def _rows(tables: Tables | None, name: str) -> Iterator[tuple[object, ...]]:
    """Read a table; one that is not there has no rows."""
    return tables.rows(name) if tables and name in tables.names else iter(())

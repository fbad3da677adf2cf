"""The ledger: an index of the log that can be thrown away, and is made again from it.

- The log is the only truth. Whatever changes (an officer suspended, a permit used, a finding recorded) is a
  record there first, durable and hashed; then it is entered here.
- Opened, the ledger reads the records it does not have yet. If it is missing, or was made from another
  history than the log's, it is made anew. So a kill or a power cut between the two loses nothing, and an
  edited ledger is found by making it anew.
- Hence no commit here waits for the disk (``synchronous = NORMAL``): the log's did.

The file holds the sealed fields in the clear (case numbers, officer ids), mode 600, deleted content
overwritten. Who may not read ``sealed.db`` may not read this.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any, Self

from facegate.audit.commitments import RECORD_KEY_BYTES
from facegate.audit.log import Record
from facegate.audit.wal import WalFolder
from facegate.durable import wipe
from facegate.errors import AuditError
from facegate.gate.ledger.event import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from facegate.audit.canonical import JSONValue
    from facegate.audit.entry import Entry
    from facegate.audit.log import AuditLog
    from facegate.audit.sealing.sealed import Opening
    from facegate.gate.ledger.event import Book

OWNER_ONLY = 0o600
FORM = 2  # of the tables; another form is made anew

_MINE = """
CREATE TABLE IF NOT EXISTS ledger_state (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    form INTEGER NOT NULL,
    books TEXT NOT NULL,
    size INTEGER NOT NULL,
    last_leaf BLOB NOT NULL
);
"""


class Ledger:
    """The index of one log. Made by `Ledger.open`; use it as a context manager.

    Parameters
    ----------
    connection : sqlite3.Connection
        The index, caught up.
    path : Path
        Its file.
    log : AuditLog
        What it is an index of.
    books : sequence of Book
        Its parts.
    random_bytes : callable
        Source of record keys, such as `secrets.token_bytes`.

    Attributes
    ----------
    turn : RLock
        Held by the one thread that asks or records. Whoever records because of what he asked holds it over
        both: otherwise two threads are told that a permit is unused.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        log: AuditLog,
        books: Sequence[Book],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._connection = connection
        self._path = path
        self._folder = WalFolder(connection, path)
        self.log = log
        self._books = tuple(books)
        self._taken: dict[str, tuple[Book, ...]] = {}  # by kind of record
        self._random_bytes = random_bytes
        self._size = 0  # records entered
        self.turn = threading.RLock()

    @classmethod
    def open(
        cls, path: Path, log: AuditLog, books: Sequence[Book], *, random_bytes: Callable[[int], bytes]
    ) -> Self:
        """Open the index of a log, reading whatever it does not have yet.

        Parameters
        ----------
        path : Path
            The file; made if it is not there, made anew if it does not fit the log.
        log : AuditLog
            Open for appending: nobody else adds records meanwhile.
        books : sequence of Book
            What is kept.
        random_bytes : callable
            Source of record keys.

        Raises
        ------
        AuditError
            If the file cannot be used.
        """
        with _as_audit_error():
            names = _digest_of(books)
            connection = _fitting(path, log, names) or _made(path, books)
        ledger = cls(connection, path, log, books, random_bytes)
        ledger._catch_up()
        return ledger

    def record(
        self, kind: str, *, at: datetime, public: Mapping[str, JSONValue], sealed: Mapping[str, str]
    ) -> int:
        """Put a record on the log, durable, then into the index.

        Parameters
        ----------
        kind : str
            What happened.
        at : datetime
            When, with its zone.
        public : mapping of str to JSONValue
            Fields that anybody may read; ``kind`` and ``time`` are set here. No floats.
        sealed : mapping of str to str
            Fields of which only a commitment is public.

        Returns
        -------
        int
            Position in the log.

        Raises
        ------
        InputError
            If it cannot be a record; nothing was written.
        AuditError
            If it could not be made durable: whoever asked must not act.
        """
        if clash := sorted({"kind", "time"} & public.keys()):
            msg = f"a record's public fields cannot be named {', '.join(clash)}: the ledger sets them"
            raise RuntimeError(msg)
        whole: dict[str, JSONValue] = {**public, "kind": kind, "time": stamp(at)}
        with self.turn:
            seq = self.log.append(whole, sealed, record_key=self._random_bytes(RECORD_KEY_BYTES))
            if self._size != seq:  # an entry before this one failed: nothing is passed over
                self._catch_up()
                return seq
            with _as_audit_error():
                self._enter([Event(seq, kind, at, whole, sealed)])
        return seq

    def erase(
        self, seqs: Sequence[int], *, at: datetime, public: Mapping[str, JSONValue], sealed: Mapping[str, str]
    ) -> int:
        """Destroy what opens some records, and make the index anew, in which it stood in the clear.

        Parameters
        ----------
        seqs : sequence of int
            Records of the log.
        at : datetime
            When, with its zone.
        public : mapping of str to JSONValue
            On what authority, of the erasure's record; ``kind``, ``time`` and ``records`` are set here.
        sealed : mapping of str to str
            Fields of which only a commitment is public.

        Returns
        -------
        int
            Position of the erasure's record.

        Raises
        ------
        InputError
            If there is no such record; nothing was done.
        AuditError
            If it could not be finished; it is when log and ledger are opened next.
        """
        whole = Record({**public, "time": stamp(at)}, sealed, self._random_bytes(RECORD_KEY_BYTES))
        with self.turn, _as_audit_error():
            self._connection.execute(
                "UPDATE ledger_state SET form = 0"
            )  # whatever comes now: it is made anew
            seq = self.log.erase(seqs, whole)
            self._make_anew()
        return seq

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Answer every question inside from one state of the index, at half the cost each.

        Nothing may be recorded inside. Other threads wait.
        """
        with self.turn:
            self.rows("BEGIN")
            try:
                yield
            finally:
                self.rows("COMMIT")

    def rows(self, query: str, *values: str | float | bytes | None) -> list[Any]:
        """Ask the index; rows can be read by column name.

        Raises
        ------
        AuditError
            If it cannot be asked.
        """
        # Half a surrogate pair in a claim is asked for as it would be written: no error of the database.
        asked = [writable(one) if isinstance(one, str) and not one.isascii() else one for one in values]
        try:  # not the context manager below: sixty questions a search, and it costs as much as one
            with self.turn:
                if self._size != self.log.size:  # a record is on the log that could not be entered here
                    self._catch_up()
                return self._connection.execute(query, asked).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise _unusable(error) from error

    def value(self, query: str, *values: str | float | bytes | None) -> Any:  # noqa: ANN401  whatever the column holds
        """Ask for one value; None if there is no row."""
        rows = self.rows(query, *values)
        return rows[0][0] if rows else None

    def close(self) -> None:
        """Close the index; the log stays open."""
        self._folder.close()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make_anew(self) -> None:
        """Throw the index away and read the whole log again."""
        self._folder.close()
        self._connection.close()
        for one in _files(self._path):
            wipe(one)  # what was erased stood in it in the clear
        self._connection = _made(self._path, self._books)
        self._folder = WalFolder(self._connection, self._path)
        self._catch_up()

    def _catch_up(self) -> None:
        """Enter the records that came after the last one entered here."""
        with _as_audit_error():
            [(self._size,)] = self._connection.execute("SELECT size FROM ledger_state").fetchall()
            if self._size < self.log.size:
                self._enter(_event(*one) for one in self.log.read(self._size))

    def _taking(self, kind: str) -> tuple[Book, ...]:
        """Give the books that take a kind of record."""
        if kind not in self._taken:
            self._taken[kind] = tuple(book for book in self._books if kind in book.kinds)
        return self._taken[kind]

    def _enter(self, events: Iterable[Event]) -> None:
        """Enter records, all or none of them."""
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            for event in events:
                for book in self._taking(event.kind):
                    book.enter(connection, event)
            size = self.log.size
            connection.execute(
                "UPDATE ledger_state SET size = ?, last_leaf = ?", (size, self.log.leaf(size - 1))
            )
            connection.execute("COMMIT")
            self._size = size
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        self._folder.committed()


def _digest_of(books: Sequence[Book]) -> str:
    """Tell one set of tables from any other: an index with other tables is made anew."""
    return hashlib.sha256("\n".join((_MINE, *(book.tables for book in books))).encode()).hexdigest()


def _event(entry: Entry, opening: Opening | None) -> Event:
    return Event(entry.seq, entry.kind, entry.time, entry.public, {} if opening is None else opening.values)


def writable(text: str | None) -> str:
    """Make any claim writable: half a surrogate pair must not keep its refusal off the log."""
    if not text or text.isascii():
        return text or ""
    return text.encode(errors="backslashreplace").decode()


def stamp(moment: datetime) -> str:
    """Write a time as RFC 3339 in UTC with hundredths, as CJIS AU-8 asks."""
    return f"{moment.astimezone(tz=UTC).isoformat(timespec='milliseconds')[:22]}Z"


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY))  # SQLite would go by the process's umask
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        for setting in ("journal_mode = WAL", "synchronous = NORMAL", "secure_delete = ON"):
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def _made(path: Path, books: Sequence[Book]) -> sqlite3.Connection:
    """Make an empty index in the place of whatever is there."""
    _remove(path)
    connection = _connect(path)
    for tables in (_MINE, *(book.tables for book in books)):
        connection.executescript(tables)
    connection.execute("INSERT INTO ledger_state VALUES (1, ?, ?, 0, x'')", (FORM, _digest_of(books)))
    return connection


def _fitting(path: Path, log: AuditLog, names: str) -> sqlite3.Connection | None:
    """Open the index if it was made, in this form, from the beginning of this log."""
    connection = None
    try:
        connection = _connect(path)
        if _fits(connection, log, names):
            return connection
    except sqlite3.DatabaseError:  # no such table, or no database at all
        pass
    if connection is not None:
        connection.close()
    return None


def _fits(connection: sqlite3.Connection, log: AuditLog, names: str) -> bool:
    rows = connection.execute("SELECT form, books, size, last_leaf FROM ledger_state").fetchall()
    if len(rows) != 1 or tuple(rows[0])[:2] != (FORM, names):
        return False
    size, last_leaf = rows[0]["size"], rows[0]["last_leaf"]
    return bool(size <= log.size and (size == 0 or log.leaf(size - 1) == last_leaf))


def _remove(path: Path) -> None:
    for one in _files(path):
        one.unlink(missing_ok=True)


def _files(path: Path) -> tuple[Path, ...]:
    return path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


@contextmanager
def _as_audit_error() -> Iterator[None]:
    """Say in one sentence that the index cannot be used; the log itself is not touched by that."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> AuditError:
    return AuditError(f"the ledger cannot be used: {error}; nothing may be searched")

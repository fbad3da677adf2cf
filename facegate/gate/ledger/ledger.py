"""The ledger: an index of the log that can be thrown away, and is made again from it.

- The log is the only truth. Whatever changes (an officer suspended, a permit used, a finding recorded) is a
  record there first, durable and hashed; then it is entered here.
- Opened, the ledger reads the records it does not have yet. If it is missing, or was made from another
  history than the log's, it is made anew. So a kill or a power cut between the two loses nothing, and an
  edited ledger is found by making it anew.
- Hence no commit here waits for the disk: the log's did.
- It lives in a file of SQLite, or in PostgreSQL (`facegate.gate.ledger.place`). A server that goes away fails
  what is asked of it meanwhile; when it is back the index is opened again, and caught up.

It holds the sealed fields in the clear (case numbers, officer ids). Who may not read ``sealed.db`` may not
read this.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from contextlib import contextmanager, suppress
from datetime import UTC
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Self

from facegate.audit.commitments import RECORD_KEY_BYTES
from facegate.audit.log import Record
from facegate.errors import AuditError, StorageError
from facegate.gate.ledger.event import Event
from facegate.gate.ledger.sqlite_place import SqlitePlace
from facegate.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from facegate.audit.canonical import JSONValue
    from facegate.audit.entry import Entry
    from facegate.audit.log import AuditLog
    from facegate.audit.sealing.sealed import Opening
    from facegate.gate.ledger.event import Book
    from facegate.gate.ledger.place import OpenIndex, Place

FORM = 2  # of the tables; another form is made anew
_ENTERING = Threads(1, "entering-records")
GATHER_S = 0.01  # what is entered beside is gathered so long: by then whoever recorded has gone on
_UNKNOWN = -1  # records entered: nobody knows before the index is opened again

_MINE = """
CREATE TABLE IF NOT EXISTS ledger_state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
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
    index : OpenIndex
        The index, made of these books.
    place : Place
        Where it lives.
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
        index: OpenIndex,
        place: Place,
        log: AuditLog,
        books: Sequence[Book],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._index = index
        self._place = place
        self.log = log
        self._books = tuple(books)
        self._taken: dict[str, tuple[Book, ...]] = {}  # by kind of record
        self._random_bytes = random_bytes
        self._size = 0  # records entered
        self._waiting: list[Event] = []  # recorded here and not entered yet
        self._is_reading = False
        self._closed = False
        self.turn = threading.RLock()

    @classmethod
    def open(
        cls,
        place: Path | Place,
        log: AuditLog,
        books: Sequence[Book],
        *,
        random_bytes: Callable[[int], bytes],
    ) -> Self:
        """Open the index of a log, reading whatever it does not have yet.

        Parameters
        ----------
        place : Path or Place
            A file of SQLite, or another place; made if it is not there, made anew if it does not fit the log.
        log : AuditLog
            Open for appending: nobody else adds records meanwhile.
        books : sequence of Book
            What is kept.
        random_bytes : callable
            Source of record keys.

        Raises
        ------
        AuditError
            If it cannot be used.
        """
        lives = SqlitePlace(place) if isinstance(place, Path) else place
        with _as_audit_error():
            index = _fitting(lives, log, books) or _made(lives, books)
        ledger = cls(index, lives, log, books, random_bytes)
        try:
            ledger._catch_up()
        except BaseException:
            ledger.close()  # an index in a database stays locked as long as somebody has it open
            raise
        return ledger

    def record(
        self,
        kind: str,
        *,
        at: datetime,
        public: Mapping[str, JSONValue],
        sealed: Mapping[str, str],
        beside: bool = False,
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
        beside : bool
            Return as soon as it is durable; have the log's checkpoint cover it, and the index take it, in
            another thread. Whoever asks next waits for that, or does it himself, and is told if it cannot be
            done; so nothing is ever answered without it.

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
        RuntimeError
            If the public fields have a ``kind`` or a ``time``.
        """
        whole = stamped(kind, at, public)
        with self.turn:
            key = self._random_bytes(RECORD_KEY_BYTES)
            seq = self.log.append(whole, sealed, record_key=key, cover=not beside)
            self._waiting.append(Event(seq, kind, at, whole, sealed))
            if beside:
                _ENTERING.submit(self._entered_beside)
            else:
                self._catch_up()
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
            self._index.execute("UPDATE ledger_state SET form = 0")  # whatever comes now: it is made anew
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
            self._is_reading = True
            try:
                yield
            finally:
                self._is_reading = False
                with _as_audit_error():
                    self._index.rollback()  # nothing was written

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
                # A record could not be entered yet, or the index is gone:
                if self._size != self.log.acknowledged or self._index.lost:
                    self._catch_up()
                return self._index.execute(query, asked).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise _unusable(error) from error

    def value(self, query: str, *values: str | float | bytes | None) -> Any:  # noqa: ANN401  whatever the column holds
        """Ask for one value; None if there is no row."""
        rows = self.rows(query, *values)
        return rows[0][0] if rows else None

    def enter_waiting(self) -> None:
        """Enter what was recorded to be entered beside, now.

        Raises
        ------
        AuditError
            If it cannot be: the next question tries again, and says so.
        """
        with self.turn:
            if self._waiting and not self._closed:
                self._catch_up()

    def close(self) -> None:
        """Close the index; the log stays open."""
        with self.turn:
            self._closed = True  # what waits to be entered is when it is opened next
            self._index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make_anew(self) -> None:
        """Throw the index away and read the whole log again."""
        self._size = _UNKNOWN
        self._index.close()
        self._index = _made(self._place, self._books)  # what was erased stood in it in the clear
        self._catch_up()

    def _catch_up(self) -> None:
        """Enter the records that came after the last one entered here; open a lost index again."""
        with _as_audit_error():
            if self._index.lost:
                self._open_again()
            waiting, self._waiting = self._waiting, []
            if not (waiting and waiting[0].seq == self._size == self.log.acknowledged - len(waiting)):
                # Somebody else recorded, or the last ones could not be entered: what the log says counts.
                [(self._size,)] = self._index.execute("SELECT size FROM ledger_state").fetchall()
                waiting = []
            if self._size < self.log.acknowledged:
                self.log.cover()  # the index is never ahead of the files: whoever compares them would find it
                self._enter(waiting or (_event(*one) for one in self.log.read(self._size)))

    def _entered_beside(self) -> None:
        """Enter what waits; if it cannot be, the next question says so."""
        if not self._waiting:
            return
        sleep(GATHER_S)
        with suppress(AuditError):
            self.enter_waiting()

    def _open_again(self) -> None:
        """Open an index whose server went away; what it holds by now is looked at as on the first day."""
        if self._is_reading:  # what was asked before came from a state that is gone
            msg = "the ledger cannot be used: its database went away in the middle; nothing may be searched"
            raise AuditError(msg)
        self._size = _UNKNOWN
        self._index = _fitting(self._place, self.log, self._books) or _made(self._place, self._books)

    def _taking(self, kind: str) -> tuple[Book, ...]:
        """Give the books that take a kind of record."""
        if kind not in self._taken:
            self._taken[kind] = tuple(book for book in self._books if kind in book.kinds)
        return self._taken[kind]

    def _enter(self, events: Iterable[Event]) -> None:
        """Enter records, all or none of them."""
        index, size = self._index, self._size
        index.begin()
        try:
            for event in events:
                for book in self._taking(event.kind):
                    book.enter(index, event)
                size = event.seq + 1  # not the log's size: it may have grown meanwhile
            index.execute("UPDATE ledger_state SET size = ?, last_leaf = ?", (size, self.log.leaf(size - 1)))
            index.commit()
            self._size = size
        except BaseException:
            index.rollback()
            raise
        index.committed()


def stamped(kind: str, at: datetime, public: Mapping[str, JSONValue]) -> dict[str, JSONValue]:
    """Give the public fields of a record with its kind and time."""
    if clash := sorted({"kind", "time"} & public.keys()):
        msg = f"a record's public fields cannot be named {', '.join(clash)}: the ledger sets them"
        raise RuntimeError(msg)
    return {**public, "kind": kind, "time": stamp(at)}


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


def _made(place: Place, books: Sequence[Book]) -> OpenIndex:
    """Make an empty index in the place of whatever is there."""
    index = place.empty()
    try:
        for tables in (_MINE, *(book.tables for book in books)):
            index.executescript(tables)
        state = (FORM, _digest_of(books), b"")
        index.execute("INSERT INTO ledger_state VALUES (1, ?, ?, 0, ?)", state)
    except BaseException:
        index.close()
        raise
    return index


def _fitting(place: Place, log: AuditLog, books: Sequence[Book]) -> OpenIndex | None:
    """Open the index if it was made, in this form, from the beginning of this log."""
    index = place.there()
    if index is None:
        return None
    try:
        if _fits(index, log, _digest_of(books)):
            return index
    except BaseException:
        index.close()
        raise
    index.close()
    return None


def _fits(index: OpenIndex, log: AuditLog, names: str) -> bool:
    rows = index.execute("SELECT form, books, size, last_leaf FROM ledger_state").fetchall()
    if len(rows) != 1 or tuple(rows[0])[:2] != (FORM, names):
        return False
    size, last_leaf = rows[0]["size"], rows[0]["last_leaf"]
    return bool(size <= log.size and (size == 0 or log.leaf(size - 1) == last_leaf))


@contextmanager
def _as_audit_error() -> Iterator[None]:
    """Say in one sentence that the index cannot be used; the log itself is not touched by that."""
    try:
        yield
    except (OSError, sqlite3.Error, StorageError) as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> AuditError:
    return AuditError(f"the ledger cannot be used: {error}; nothing may be searched")

"""One record of the log as the ledger reads it: public fields, and the sealed ones opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from facegate.audit.canonical import JSONValue


@dataclass(frozen=True, slots=True)
class Event:
    """One record.

    Parameters
    ----------
    seq : int
        Position in the log.
    kind : str
        What happened, such as ``officer``, ``case``, ``intent`` or ``review``.
    time : datetime
        When, UTC.
    public : mapping of str to JSONValue
        Fields that anybody may read.
    sealed : mapping of str to str
        Sealed fields, opened; empty where the opening was erased, and a book must bear that.
    """

    seq: int
    kind: str
    time: datetime
    public: Mapping[str, JSONValue]
    sealed: Mapping[str, str] = field(repr=False)  # must not reach a message or a trace

    def text(self, name: str) -> str:
        """Give a field as text, public or sealed; empty if it is not there or is no text."""
        value = self.public.get(name, self.sealed.get(name, ""))
        return value if isinstance(value, str) else ""


class Row(Protocol):
    """One row of an answer: read by name of a column, by position, or in the order of the columns."""

    def __getitem__(self, column: str | int, /) -> Any: ...  # noqa: ANN401  whatever the column holds

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...


class Answer(Protocol):
    """What a query found."""

    def fetchone(self) -> Any:  # noqa: ANN401  a `Row`, or None after the last
        """Give the next row."""

    def fetchall(self) -> list[Any]:
        """Give all rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Index(Protocol):
    """Where books enter records and questions are asked: SQLite's own connection is one.

    Queries keep to what SQLite and PostgreSQL both know: ``?`` for a value, ``ON CONFLICT (key)`` with the
    columns it may meet, ``coalesce``, ``CASE`` for the greater of two, truth written as ``= 1``. Tables say
    INTEGER (64 bits), TEXT or BLOB; text is ordered by its bytes in both.
    """

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Answer:
        """Run one query."""

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Run one query once per row of values."""


class Book(Protocol):
    """One part of the ledger: its tables, and how a record is entered into them.

    A book never refuses a record: it is on the log, it happened. What may be recorded is decided before.
    """

    @property
    def tables(self) -> str:
        """SQL that makes the tables, each ``CREATE TABLE IF NOT EXISTS``; names start with the book's."""

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes."""

    def enter(self, connection: Index, event: Event) -> None:
        """Enter one record; called once per record, in the log's order."""

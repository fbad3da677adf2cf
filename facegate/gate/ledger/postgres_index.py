"""The index in PostgreSQL, spoken to by pg8000: one connection, statements prepared once.

- Whatever breaks off in the middle of an answer, an interrupt included, leaves a connection of which nobody
  knows what it will say next. It is closed at once, and the index is lost until it is opened again.
- An answer that does not come within `PATIENCE` is such a break: nobody waits for a server for ever.
- Messages name the server and what it said, never a query, a value or the password.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pg8000.native  # type: ignore[import-untyped]  # ships no types
from pg8000.exceptions import DatabaseError, InterfaceError  # type: ignore[import-untyped]  # likewise

from facegate.errors import AuditError
from facegate.gate.ledger.postgres_words import numbered, sent, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from facegate.gate.ledger.postgres_address import Address

PATIENCE: Final = 30  # seconds for one answer
LOCK_PATIENCE: Final = "5s"  # for another process to let go
MOST_PREPARED: Final = 256  # lists of values come in every length
NUMERIC: Final = 1700  # type of a sum of 64 bits
LOCKED: Final = "55P03"  # lock_not_available
SETTINGS: Final = (
    "SET client_encoding TO 'UTF8'",
    "SET standard_conforming_strings TO on",
    f"SET lock_timeout TO '{LOCK_PATIENCE}'",
    "SET synchronous_commit TO off",  # the log's commit waits for the disk; this is its index
    "SET client_min_messages TO warning",
    "SET tcp_keepalives_idle TO 30",  # a machine that died must not hold the lock for hours
)


class PostgresRow:
    """One row, read by name, by position or in order."""

    __slots__ = ("_places", "_values")

    def __init__(self, places: dict[str, int], values: list[Any]) -> None:
        self._places, self._values = places, values

    def __getitem__(self, column: str | int, /) -> Any:  # noqa: ANN401  whatever the column holds
        if isinstance(column, str):
            try:
                return self._values[self._places[column]]
            except KeyError:
                msg = f"no column {column} in this answer"  # an IndexError, as SQLite's rows raise
                raise IndexError(msg) from None
        return self._values[column]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def keys(self) -> list[str]:
        """Name the columns, so that ``dict`` can read a row."""
        return list(self._places)

    def __len__(self) -> int:
        return len(self._values)


class PostgresAnswer:
    """Rows found, all read already: the connection is free."""

    __slots__ = ("_rows",)

    def __init__(self, rows: list[PostgresRow]) -> None:
        self._rows = iter(rows)

    def fetchone(self) -> PostgresRow | None:
        """Give the next row."""
        return next(self._rows, None)

    def fetchall(self) -> list[PostgresRow]:
        """Give the rows that are left."""
        return list(self._rows)

    def __iter__(self) -> Iterator[PostgresRow]:
        return self._rows


class PostgresIndex:
    """One connection to a server.

    Parameters
    ----------
    address : Address
        Where it listens.

    Raises
    ------
    AuditError
        If it cannot be reached, lets nobody of that name in, or keeps text in another form than UTF-8.
    """

    def __init__(self, address: Address) -> None:
        self._where = address.where
        self._prepared: dict[str, tuple[Any, ...]] = {}
        self._connection: pg8000.native.Connection | None = None
        context = address.tls_context()
        try:
            self._connection = pg8000.native.Connection(
                address.user,
                host=address.host or None,
                database=address.database,
                port=address.port,
                password=address.password,
                unix_sock=address.socket,
                ssl_context=context or False,
                timeout=PATIENCE,
                application_name="facegate ledger",
            )
        except (InterfaceError, DatabaseError, OSError, ssl.SSLError) as error:
            raise _away(self._where, error) from error
        self._connection.register_in_adapter(NUMERIC, int)
        self.script(*SETTINGS)
        if self.value("SHOW server_encoding") != "UTF8":
            self.close()
            why = f"its database at {self._where} does not keep text in UTF8"
            raise _unusable(why)

    @property
    def lost(self) -> bool:
        """Whether the connection broke, or was closed."""
        return self._connection is None

    def execute(self, query: str, values: Sequence[Any] = (), /) -> PostgresAnswer:
        """Run one query.

        Raises
        ------
        AuditError
            If it cannot be run.
        """
        connection = self._open()
        try:
            name, columns, places, read = self._prepared.get(query) or self._prepare(connection, query)
            answer = connection.execute_named(name, [sent(one) for one in values], columns, read, query)
        except BaseException as error:
            raise self._broken(error) from error
        return PostgresAnswer([PostgresRow(places, row) for row in answer.rows or ()])

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> None:
        """Run one query once per row of values."""
        for values in rows:
            self.execute(query, values)

    def executescript(self, tables: str, /) -> None:
        """Make tables."""
        self.script(tables_of(tables))

    def script(self, *statements: str) -> None:
        """Run statements of PostgreSQL's own, without values."""
        connection = self._open()
        try:
            for one in statements:
                connection.execute_simple(one)
        except BaseException as error:
            raise self._broken(error) from error

    def value(self, query: str, *values: str | int) -> Any:  # noqa: ANN401  whatever it is
        """Ask for one value; None if there is no row."""
        row = self.execute(query, values).fetchone()
        return None if row is None else row[0]

    def begin(self) -> None:
        """Begin to write."""
        self.script("BEGIN")

    def commit(self) -> None:
        """Keep what was written."""
        self.script("COMMIT")

    def rollback(self) -> None:
        """Forget what was written; a connection that broke forgot it by itself."""
        if not self.lost:
            self.script("ROLLBACK")

    def committed(self) -> None:
        """Do nothing: the server sees to its own files."""

    def close(self) -> None:
        """Let the server go."""
        connection, self._connection = self._connection, None
        self._prepared.clear()
        if connection is not None:
            with suppress(Exception):  # it may be gone already, in any state
                connection.close()

    def _open(self) -> pg8000.native.Connection:
        if self._connection is None:
            why = f"its database at {self._where} went away"
            raise _unusable(why)
        return self._connection

    def _prepare(self, connection: pg8000.native.Connection, query: str) -> tuple[Any, ...]:
        """Have the server read a query once; the one that was prepared first makes room."""
        if len(self._prepared) >= MOST_PREPARED:
            oldest = next(iter(self._prepared))
            connection.close_prepared_statement(self._prepared.pop(oldest)[0])
        name, columns, read = connection.prepare_statement(numbered(query), ())
        names = [one["name"] for one in columns or ()]
        places = {one: at for at, one in reversed(list(enumerate(names)))}  # of two of a name, the first
        self._prepared[query] = (name, columns, places, read)
        return self._prepared[query]

    def _broken(self, error: BaseException) -> BaseException:
        """Say what happened; whatever was not a plain refusal of one query ends the connection."""
        if not isinstance(error, DatabaseError) or told(error, "V") in {"FATAL", "PANIC"}:
            self.close()
        return _away(self._where, error) if isinstance(error, Exception) else error


def told(error: Exception, field: str) -> str:
    """Give one field of what the server said: ``M`` message, ``C`` code, ``V`` severity; empty if none."""
    said = error.args[0] if error.args else None
    return str(said.get(field, "")) if isinstance(said, dict) else ""


def reason(error: BaseException) -> str:
    """Say what went wrong in the server's words, or the system's: what the driver says of a line is less.

    The server's last words are looked for behind the error, too: it hangs up after them, and the driver then
    tells that the line is dead.
    """
    # The primary message names a table or a role; detail and context would repeat values.
    behind: BaseException | None = error
    while behind is not None:
        if isinstance(behind, DatabaseError) and (words := told(behind, "M")):
            return words
        behind = behind.__cause__ or behind.__context__
    return str(error.__cause__ or error)


def _away(where: str, error: Exception) -> AuditError:
    if isinstance(error, AuditError):
        return error
    return _unusable(f"its database at {where} says: {reason(error)}")


def _unusable(why: str) -> AuditError:
    return AuditError(f"the ledger cannot be used: {why}; nothing may be searched")

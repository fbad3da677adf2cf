"""The index in a schema of a PostgreSQL database.

- The file ``ledger.db`` holds no index then, only a random number: with the folder's path it gives the schema
  its name, so that many agencies' folders, and copies of one, share a server without meeting.
- The process that writes holds an advisory lock of that name: a second one is refused, and so is this one
  as long as the server believes in an earlier connection.
- The role needs the right to make schemas (``GRANT CREATE ON DATABASE``), and no other role should have any
  on them: the tables hold sealed fields in the clear. Connect to the server itself, not to a pooler that
  hands one session to several clients.
- A folder that is moved, or goes back to SQLite, leaves its schema behind, sealed fields in the clear
  included: drop it (``DROP SCHEMA facegate_... CASCADE``).
- What is dropped is not overwritten on the server's disk.

References
----------
PostgreSQL 18 documentation, "Explicit Locking", section 13.3.5, "Advisory Locks".
"""

from __future__ import annotations

import hashlib
import re
import secrets
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.durable import create_secret, wipe
from facegate.errors import AuditError
from facegate.gate.ledger.postgres_address import Address, parse_address
from facegate.gate.ledger.postgres_index import LOCKED, PostgresIndex, told
from facegate.gate.ledger.postgres_words import kept
from facegate.gate.ledger.sqlite_place import files_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NUMBER: Final = re.compile(rb"facegate ledger in PostgreSQL, ([0-9a-f]{32})\n")
AT_ONCE: Final = 2000  # rows of a table that is compared
_TABLES_OF = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """One schema.

    Parameters
    ----------
    path : Path
        The file with its number.
    address : Address
        The server.
    """

    path: Path
    address: Address

    @classmethod
    def at(cls, path: Path, url: str) -> PostgresPlace:
        """Name a place by its file and the server's address; see `parse_address`.

        Raises
        ------
        InputError
            If the address is of no known form.
        """
        return cls(path, parse_address(url))

    @property
    def name(self) -> str:
        """Name of the schema, or of its file as long as there is none."""
        return self._schema() or self.path.name

    @property
    def whole_name(self) -> str:
        """Name of the schema, of the database and of where it is served."""
        schema = self._schema()
        whose = f"schema {schema} of" if schema else "the index in"
        return f"{whose} database {self.address.database} at {self.address.where}"

    def there(self) -> PostgresIndex | None:
        """Open the schema; None if there is none with a state of a ledger."""
        if (schema := self._schema()) is None:
            return None
        index = self._locked(schema)
        try:
            if index.value("SELECT to_regclass(?)::text", f"{schema}.ledger_state") is not None:
                index.script(f"SET search_path TO {schema}")
                return index
        except BaseException:
            index.close()
            raise
        index.close()
        return None

    def empty(self) -> PostgresIndex:
        """Make an empty schema in the place of whatever is there."""
        schema = self._schema() or self._numbered()
        index = self._locked(schema)
        try:
            index.script(
                f"DROP SCHEMA IF EXISTS {schema} CASCADE",
                f"CREATE SCHEMA {schema}",
                f"SET search_path TO {schema}",
            )
        except BaseException:
            index.close()
            raise
        return index

    def discard(self) -> None:
        """Drop the schema; its number stays."""
        if (schema := self._schema()) is not None:
            with closing(self._locked(schema)) as index:
                index.script(f"DROP SCHEMA IF EXISTS {schema} CASCADE")

    @contextmanager
    def looked_at(self) -> Iterator[PostgresTables | None]:
        """Read one state of the schema without writing to it, and without its lock."""
        if (schema := self._schema()) is None:
            yield None
            return
        with closing(PostgresIndex(self.address)) as index:
            index.script(f"SET search_path TO {schema}", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            tables = PostgresTables(index, schema)
            yield tables if tables.names else None

    def _schema(self) -> str | None:
        """Give the schema's name: letters of our own, safe to stand in a query."""
        try:
            number = NUMBER.fullmatch(self.path.read_bytes())
        except FileNotFoundError:
            return None
        if number is None:
            return None
        whole = number[1] + b"\n" + str(self.path.resolve()).encode(errors="surrogateescape")
        return f"facegate_{hashlib.sha256(whole).hexdigest()[:24]}"

    def _numbered(self) -> str:
        """Draw the number; an index in SQLite that lies here is destroyed, or no erasure would reach it."""
        for one in files_of(self.path):
            wipe(one)
        create_secret(self.path, f"facegate ledger in PostgreSQL, {secrets.token_hex(16)}\n".encode())
        return self.name

    def _locked(self, schema: str) -> PostgresIndex:
        """Connect, and be the only one who writes to the schema."""
        index = PostgresIndex(self.address)
        key = int.from_bytes(hashlib.sha256(schema.encode()).digest()[:8], signed=True)
        try:
            index.value("SELECT pg_advisory_lock(?)::text", key)
        except AuditError as error:
            index.close()
            if isinstance(error.__cause__, Exception) and told(error.__cause__, "C") == LOCKED:
                msg = (
                    f"the ledger cannot be used: another process has the index of {self.path.parent} open in "
                    f"the database at {self.address.where}; nothing may be searched"
                )
                raise AuditError(msg) from error
            raise
        return index


@dataclass(frozen=True, slots=True)
class PostgresTables:
    """The tables of one schema, in a transaction that only reads."""

    index: PostgresIndex
    schema: str

    @property
    def names(self) -> set[str]:
        """Its tables."""
        return {name for (name,) in self.index.execute(_TABLES_OF, (self.schema,))}

    def rows(self, name: str) -> Iterator[tuple[object, ...]]:
        """Read a table in an order of its content, some at a time."""
        head = self.index.value(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = ? AND table_name = ?",
            self.schema,
            name,
        )
        order = ", ".join(f"{column + 1} NULLS FIRST" for column in range(head))  # as SQLite has it
        read = f'DECLARE "read {name}" NO SCROLL CURSOR FOR SELECT * FROM "{name}" ORDER BY {order}'  # noqa: S608  a name out of the database
        self.index.script(read)
        while rows := self.index.execute(f'FETCH {AT_ONCE} FROM "read {name}"').fetchall():
            yield from map(tuple, rows)
        self.index.script(f'CLOSE "read {name}"')

    def kept(self, row: tuple[object, ...]) -> tuple[object, ...]:
        """Keep a row as PostgreSQL does."""
        return kept(row)

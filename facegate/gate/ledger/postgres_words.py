"""The ledger's queries and values in PostgreSQL's words.

- Numbers are 64 bits, as in SQLite.
- Text is compared and ordered by its bytes (``COLLATE "C"``), as in SQLite, whatever the server speaks.
- Tables are UNLOGGED: their rows never reach the server's write-ahead log, hence no replica, no archive of it
  and no base backup, where an erased opening would live on. After a crash of the server they are empty, and
  the index is made anew from the log.
- A NUL character, which PostgreSQL cannot store, is kept as its picture U+2400: a record that is on the log
  is entered whatever was claimed in it, and asked for in the same way.

References
----------
PostgreSQL 18 documentation, "CREATE TABLE" (UNLOGGED), "Collation Support", "Character Types".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

NUL, NUL_PICTURE = "\x00", "\u2400"
_MARK: Final = re.compile(r"'[^']*'|\?")
_TABLES: Final = (
    (re.compile(r"\bCREATE TABLE\b"), "CREATE UNLOGGED TABLE"),
    (re.compile(r"\)\s*WITHOUT ROWID\b"), ")"),
    (re.compile(r"\bINTEGER\b"), "BIGINT"),
    (re.compile(r"\bBLOB\b"), "BYTEA"),
    (re.compile(r"\bTEXT\b"), 'TEXT COLLATE "C"'),
)


@lru_cache(maxsize=1024)
def numbered(query: str) -> str:
    """Write a number at the place of each value.

    Examples
    --------
    >>> numbered("SELECT a FROM t WHERE b = ? AND c <> '?' AND d = ?")
    "SELECT a FROM t WHERE b = $1 AND c <> '?' AND d = $2"
    """
    count = 0

    def place(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] != "?":
            return found[0]
        count += 1
        return f"${count}"

    return _MARK.sub(place, query)


def tables_of(tables: str) -> str:
    """Write what makes tables.

    Examples
    --------
    >>> tables_of("CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b BLOB) WITHOUT ROWID;")
    'CREATE UNLOGGED TABLE IF NOT EXISTS t (a BIGINT PRIMARY KEY, b BYTEA);'
    """
    for pattern, words in _TABLES:
        tables = pattern.sub(words, tables)
    return tables


def sent(value: Any) -> str | None:  # noqa: ANN401  whatever a column holds
    """Write a value as PostgreSQL's protocol sends it: as text, its type known from where it stands."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.replace(NUL, NUL_PICTURE)
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return str(int(value)) if isinstance(value, bool) else str(value)


def kept(row: Iterable[object]) -> tuple[object, ...]:
    """Tell how a row of SQLite's is kept here."""
    return tuple(one.replace(NUL, NUL_PICTURE) if isinstance(one, str) else one for one in row)

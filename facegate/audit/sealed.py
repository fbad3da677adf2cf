"""What the sealed fields say: record keys and values, beside the log, for its keeper only.

The log itself holds commitments. This file (SQLite, mode 600) holds what opens them, and is the only
part of the log that may ever be erased: a record's existence stays provable when its content is gone.

- Deleted content is overwritten with zeros (``secure_delete``), not just unlinked.
- One row per record, even for a record with nothing sealed: a record without its row was never written
  by this log. Its fields are one canonical JSON object.
- A commit is on disk when `SealedStore.put` returns (write-ahead log, ``synchronous=FULL``).

Known limit: a record key gives the salts of all fields of its record. To erase one field and keep
the others, the key must be exchanged for the salts of those that stay.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facegate.audit.canonical import canonical_json
from facegate.audit.commitments import commit
from facegate.audit.wal import WalFolder
from facegate.errors import AuditError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

OWNER_ONLY = 0o600

_TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS openings (
    seq INTEGER PRIMARY KEY,
    record_key BLOB NOT NULL CHECK (length(record_key) = 32),
    fields TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens the sealed fields of one record: secret.

    Parameters
    ----------
    record_key : bytes
        32 bytes; `salt_of` derives each field's salt from it.
    values : mapping of str to str
        Value of each sealed field.
    """

    record_key: bytes
    values: Mapping[str, str]

    def commitments(self) -> dict[str, str]:
        """Compute what the log must hold for it: 64 hexadecimal digits per field."""
        return {field: commit(field, value, self.record_key).hex() for field, value in self.values.items()}

    def __repr__(self) -> str:
        """Name the fields only: this must not reach a message or a trace."""
        return f"Opening(fields={sorted(self.values)})"


class SealedStore:
    """The openings of one log.

    Parameters
    ----------
    path : Path
        The SQLite file; must exist (`SealedStore.create` makes it).

    Raises
    ------
    AuditError
        If it is missing or no SQLite file, here and in every method when the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        with _as_audit_error(path):
            path.chmod(OWNER_ONLY)
            address = f"{path.resolve().as_uri()}?mode=rw"
            # One log is one lock and one connection, but its callers may be several threads.
            self._connection = sqlite3.connect(
                address, uri=True, isolation_level=None, check_same_thread=False
            )
        self._path = path
        self._folder: WalFolder | None = None
        try:
            self._run("PRAGMA synchronous = FULL")
            self._run("PRAGMA secure_delete = ON")
            self._run("SELECT seq FROM openings LIMIT 1")
            with _as_audit_error(path):
                self._folder = WalFolder(self._connection, path)
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(cls, path: Path) -> SealedStore:
        """Make the file and its tables, readable by their owner only, and open it."""
        with _as_audit_error(path):
            # SQLite would create it by the process's umask: make it first, and narrow.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY))
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.executescript(_TABLES)
        return cls(path)

    def put(self, seq: int, opening: Opening) -> None:
        """Keep what opens record ``seq``; durable when this returns.

        Raises
        ------
        InputError
            If a value is no valid Unicode text.
        """
        fields = canonical_json(opening.values).decode()
        self._run("INSERT INTO openings VALUES (?, ?, ?)", seq, opening.record_key, fields)
        self._committed()

    def get(self, seq: int) -> Opening | None:
        """Give what opens record ``seq``, or None if it is not there (any more).

        Raises
        ------
        VerificationError
            If what stands there is no opening: somebody changed it.
        """
        rows = self._run("SELECT record_key, fields FROM openings WHERE seq = ?", seq)
        if not rows:
            return None
        [(record_key, fields)] = rows
        return Opening(record_key, _texts(fields, seq))

    def last(self) -> int:
        """Give the highest record that has a row, -1 if there is none."""
        [(last,)] = self._run("SELECT coalesce(max(seq), -1) FROM openings")
        return int(last)

    def discard(self, seq: int) -> None:
        """Take back the opening of a record that never came to be."""
        self._run("DELETE FROM openings WHERE seq = ?", seq)
        self._committed()

    def close(self) -> None:
        """Close the file."""
        with _as_audit_error(self._path):
            if self._folder is not None:
                self._folder.close()
            self._connection.close()

    def _committed(self) -> None:
        if self._folder is not None:
            with _as_audit_error(self._path):
                self._folder.committed()

    def _run(self, statement: str, *values: int | str | bytes) -> list[tuple[Any, ...]]:
        with _as_audit_error(self._path):
            return self._connection.execute(statement, values).fetchall()


def _texts(fields: object, seq: int) -> dict[str, str]:
    try:
        values = json.loads(fields if isinstance(fields, str) else "")
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, dict) and all(isinstance(value, str) for value in values.values()):
        return values
    msg = f"the sealed fields of record {seq} cannot be read: they were changed"
    raise VerificationError(msg)


@contextmanager
def _as_audit_error(path: Path) -> Iterator[None]:
    """Say in one sentence that the openings cannot be kept."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        msg = f"the sealed part of the log, {path.name}, cannot be used: {error}; nothing may be searched"
        raise AuditError(msg) from error

"""What the sealed fields say: record keys and values, beside the log, encrypted, for its keeper only.

The log itself holds commitments. This file (SQLite, mode 600) holds what opens them, and is the only
part of the log that may ever be erased: a record's existence stays provable when its content is gone.

- One row per record, even for a record with nothing sealed: a record without its row was never written
  by this log, or was deleted by somebody. Its record key and fields (one canonical JSON object) are
  encrypted with AES-256-GCM, bound to the record's place, under a key of its own (see `row_keys`).
- To erase is to destroy that key, and then the row, which is overwritten with zeros (``secure_delete``).
  Copies of this file made before cannot be opened any more either.
- A commit is on disk when `SealedStore.put` returns (write-ahead log, ``synchronous=FULL``).

Known limit: a record is erased whole. Its record key gives the salts of all of its fields.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from facegate.audit.canonical import canonical_json
from facegate.audit.commitments import RECORD_KEY_BYTES, commit_all
from facegate.audit.sealing.openings_key import openings_key_of
from facegate.audit.sealing.row_keys import RowKeys
from facegate.audit.wal import WalFolder, cut_short
from facegate.errors import AuditError, InputError, StorageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterator, Mapping, Sequence
    from pathlib import Path

OWNER_ONLY = 0o600
NONCE_BYTES = 12
_FORM = 2  # of the table: 1 was not encrypted

_TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS openings (
    seq INTEGER PRIMARY KEY,
    box BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS batch (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL
);
PRAGMA user_version = 2;
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
        return {field: one.hex() for field, one in commit_all(self.values, self.record_key).items()}

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
        If it is missing or no SQLite file, here and in every method when the disk refuses; if its keys
        are missing or unusable.
    """

    def __init__(self, path: Path) -> None:
        self._keys_path = openings_key_of(path.parent)
        with _as_audit_error(path):
            path.chmod(OWNER_ONLY)
            if cut_short(path):
                msg = f"the sealed part of the log, {path.name}, was cut short: put it back from a backup"
                raise AuditError(msg)
            address = f"{path.resolve().as_uri()}?mode=rw"
            # One log is one lock and one connection, but its callers may be several threads.
            self._connection = sqlite3.connect(
                address, uri=True, isolation_level=None, check_same_thread=False
            )
        self._path = path
        # A row read while another thread commits would lock SQLite out of folding its log.
        self._turn = threading.RLock()
        self._folder: WalFolder | None = None
        try:
            self._run("PRAGMA synchronous = FULL")
            self._run("PRAGMA secure_delete = ON")
            self._run("SELECT seq FROM openings LIMIT 1")
            self._demand_form()
            self._keys = RowKeys.read(self._keys_path)
            with _as_audit_error(path):
                self._folder = WalFolder(self._connection, path)
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(cls, path: Path) -> SealedStore:
        """Make the file, its tables and its keys, readable by their owner only, and open it.

        Raises
        ------
        AuditError
            If the disk refuses, or keys lie there of which some were destroyed: those are of another log.
        """
        keys_path = openings_key_of(path.parent)
        with _as_audit_error(path):
            if not keys_path.exists():
                RowKeys.create(keys_path, random_bytes=os.urandom)
            # SQLite would create it by the process's umask: make it first, and narrow.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY))
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.executescript(_TABLES)
        store = cls(path)
        if store.last() < 0 and not store._keys.untouched:
            store.close()
            msg = f"{keys_path} has keys of another log: some were destroyed, and {path.name} is new"
            raise AuditError(msg)
        return store

    def put(self, seq: int, opening: Opening) -> None:
        """Keep what opens record ``seq``; durable when this returns.

        Raises
        ------
        InputError
            If a value is no valid Unicode text.
        """
        self.put_many(seq, (opening,))

    def put_many(self, start: int, openings: Sequence[Opening]) -> None:
        """Keep what opens the records from ``start`` on; all durable when this returns, or none.

        Raises
        ------
        InputError
            If a value is no valid Unicode text.
        """
        rows = [(seq, self._sealed(seq, one)) for seq, one in enumerate(openings, start=start)]
        with self._changing(together=len(rows) > 1):
            self._connection.executemany("INSERT INTO openings VALUES (?, ?)", rows)
            if len(rows) > 1:
                self._connection.execute(
                    "INSERT OR REPLACE INTO batch VALUES (1, ?, ?)", (start, rows[-1][0])
                )

    def get(self, seq: int) -> Opening | None:
        """Give what opens record ``seq``, or None if it is not there (any more): see `destroyed`.

        Raises
        ------
        VerificationError
            If what stands there is no opening of this record: somebody changed it.
        """
        key = self._keys.key(seq)
        rows = self._run("SELECT box FROM openings WHERE seq = ?", seq)
        if not rows or key is None:
            return None
        box = rows[0][0]
        try:
            plain = AESGCM(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], _place(seq))
        except (InvalidTag, TypeError, ValueError) as error:
            msg = f"the sealed fields of record {seq} cannot be read: they were changed"
            raise VerificationError(msg) from error
        return Opening(plain[:RECORD_KEY_BYTES], json.loads(plain[RECORD_KEY_BYTES:]))

    def opened(self, seq: int, commitments: Mapping[str, str], erased: Container[int]) -> Opening | None:
        """Give what opens record ``seq``, held to what the log committed to; None if it was erased.

        Parameters
        ----------
        seq : int
            The record.
        commitments : mapping of str to str
            Its sealed fields as they stand in the log, 64 hexadecimal digits each.
        erased : container of int
            Records that erasures on the log name: of those nothing is given, even if it could be.

        Raises
        ------
        VerificationError
            If the opening is another one, or is missing though no erasure on the log names the record.
        """
        if seq in erased:
            return None
        opening = self.get(seq)
        if opening is None:
            msg = f"what opens record {seq} is missing, and no erasure names it: somebody destroyed it"
            raise VerificationError(msg)
        if opening.commitments() != commitments:
            msg = f"the sealed fields of record {seq} are not those the log committed to: they were changed"
            raise VerificationError(msg)
        return opening

    def destroyed(self, seq: int) -> bool:
        """Whether the key of record ``seq`` was destroyed: nobody can open it, in no copy."""
        if self._keys.key(seq) is not None:
            self._keys = RowKeys.read(self._keys_path)  # a writer in another process may just have done it
        return self._keys.key(seq) is None

    def destroyed_below(self, size: int) -> list[range]:
        """Give the records below ``size`` whose keys were destroyed, as ranges."""
        return self._keys.destroyed_below(size)

    def last(self) -> int:
        """Give the highest record that has a row, -1 if there is none."""
        [(last,)] = self._run("SELECT coalesce(max(seq), -1) FROM openings")
        return int(last)

    def last_batch(self) -> int:
        """Give the first record of those whose openings were put together last; -1 if there is none."""
        last = self.last()
        rows = self._run("SELECT first FROM batch WHERE last = ?", last)
        return int(rows[0][0]) if rows else last

    def discard(self, seq: int) -> None:
        """Take back the openings from record ``seq`` on, of records that never came to be."""
        with self._changing():
            self._connection.execute("DELETE FROM openings WHERE seq >= ?", (seq,))
            # Or a later record in the last one's place would pass for the end of a batch: see `last_batch`.
            self._connection.execute("DELETE FROM batch WHERE last >= ?", (seq,))

    def erase(self, seqs: Collection[int]) -> None:
        """Destroy the keys of records, and then their rows. May be called again for the same ones.

        Raises
        ------
        AuditError
            If the disk refuses: call it again.
        """
        with self._turn, _as_audit_error(self._path):
            keys = RowKeys.read(self._keys_path)
            keys.destroy(seqs)
            keys.write(self._keys_path)  # first: a row without its key is noise
            self._keys = keys
            self._delete(seqs)

    def close(self) -> None:
        """Close the file."""
        with self._turn, _as_audit_error(self._path):
            if self._folder is not None:
                self._folder.close()
            self._connection.close()

    def _delete(self, seqs: Collection[int]) -> None:
        with self._changing():
            self._connection.executemany("DELETE FROM openings WHERE seq = ?", [(one,) for one in seqs])

    def _sealed(self, seq: int, opening: Opening) -> bytes:
        key = self._keys.key(seq)
        if key is None:
            msg = f"the key of record {seq} was destroyed before the record was written: another log's keys"
            raise AuditError(msg)
        plain = opening.record_key + canonical_json(opening.values)
        # Random, not counted: after a crash another record may be sealed in the place of a discarded one.
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, plain, _place(seq))

    def _demand_form(self) -> None:
        if self._run("PRAGMA user_version")[0][0] != _FORM:
            msg = f"{self._path.name} was made by another version of facegate and cannot be read by this one"
            raise AuditError(msg)

    @contextmanager
    def _changing(self, *, together: bool = True) -> Iterator[None]:
        """Let one thread change rows; on disk, all of them or none, when it is left."""
        with self._turn, _as_audit_error(self._path):
            with self._transaction(together=together):
                yield
            if self._folder is not None:
                self._folder.committed()

    @contextmanager
    def _transaction(self, *, together: bool) -> Iterator[None]:
        """Commit several rows together; one by itself is a transaction anyway."""
        if not together:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _run(self, statement: str, *values: int | str | bytes) -> list[tuple[Any, ...]]:
        with self._turn, _as_audit_error(self._path):
            return self._connection.execute(statement, values).fetchall()


def _place(seq: int) -> bytes:
    """Name what a box is bound to: moved to another record it does not open."""
    return str(seq).encode()


@contextmanager
def _as_audit_error(path: Path) -> Iterator[None]:
    """Say in one sentence that the openings cannot be kept."""
    try:
        yield
    except (OSError, sqlite3.Error, StorageError, InputError) as error:
        msg = f"the sealed part of the log, {path.name}, cannot be used: {error}; nothing may be searched"
        raise AuditError(msg) from error

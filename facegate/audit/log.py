"""The append-only log: a record is on disk, hashed into the tree, before anybody acts on it.

An append makes four things durable, in this order, each before the next begins:

1. the opening in ``sealed.db``: a commitment that nobody could ever open would be worthless;
2. the entry's frame;
3. its leaf hash;
4. the checkpoint, replaced whole. Only now is the record's index returned.

If any step fails, or is interrupted, nobody can say what the disk holds: this writer refuses all
further appends, and the next `AuditLog.open` looks and settles it (see `recovery`).

What the log alone does not show: that an operator rewrote all of it, checkpoint included. For that
somebody else must hold an earlier checkpoint (`verify_log`).
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from facegate.audit.checkpoint import Checkpoint, demand_origin
from facegate.audit.commitments import commit, demand_record_key
from facegate.audit.entry import encode_entry
from facegate.audit.frames import frame
from facegate.audit.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash
from facegate.audit.recovery import read_stored, unfinished_entry
from facegate.audit.sealed import Opening, SealedStore
from facegate.audit.storage import (
    CHECKPOINT,
    ENTRIES,
    LEAVES,
    SEALED,
    AppendFile,
    make_folder,
    only_writer,
    writing,
)
from facegate.durable import fsync_path, replace_bytes
from facegate.errors import AuditError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from facegate.audit.canonical import JSONValue
    from facegate.audit.recovery import Stored


class AuditLog:
    """One log, open for appending. Made by `AuditLog.open`; use it as a context manager.

    May be shared by threads: appends take turns.
    """

    def __init__(self, folder: Path, stored: Stored, sealed: SealedStore, held: ExitStack) -> None:
        self._folder = folder
        self._held = held  # lock, files and database, given back together
        self._sealed = sealed
        self._checkpoint = stored.checkpoint  # the acknowledged state; the tree may be one ahead in doubt
        self._tree = stored.tree
        self._entries = AppendFile(folder / ENTRIES, end=stored.entries_end)
        held.callback(self._entries.close)
        self._leaves = AppendFile(folder / LEAVES, end=stored.tree.size * HASH_BYTES)
        held.callback(self._leaves.close)
        self._turn = threading.Lock()
        self._in_doubt = False
        self._closed = False
        self._recovered = ""

    @classmethod
    def open(cls, folder: Path, *, origin: str) -> Self:
        """Open a log for appending, settling what an interrupted append left; make it if there is none.

        Every record is checked against its leaf and the leaves against the checkpoint.

        Parameters
        ----------
        folder : Path
            The log's own folder.
        origin : str
            Name of the log, such as ``facegate.example/test``; must be the one it was made with.

        Returns
        -------
        AuditLog
            The only writer, in this process and among all.

        Raises
        ------
        InputError
            If the origin has another form.
        AuditError
            If another writer holds it, the disk refuses, or it is another log.
        VerificationError
            If the stored log does not hold. Nothing was changed.
        """
        demand_origin(origin)
        with ExitStack() as held, writing(folder):
            make_folder(folder)
            held.enter_context(only_writer(folder))
            if not (folder / CHECKPOINT).exists():
                _create(folder, origin)
            stored = read_stored(folder)
            _demand_same_origin(folder, stored.checkpoint.origin, origin)
            sealed = _open_sealed(folder)
            held.callback(sealed.close)
            log = cls(folder, stored, sealed, held)
            log._settle(stored, unfinished_entry(stored, sealed))
            log._held = held.pop_all()
            return log

    @property
    def size(self) -> int:
        """Acknowledged records."""
        return self._checkpoint.size

    @property
    def root(self) -> str:
        """Merkle root over the acknowledged records, 64 hexadecimal digits."""
        return self._checkpoint.root.hex()

    @property
    def checkpoint_text(self) -> bytes:
        """The acknowledged state in three lines: give it away, and the past cannot be rewritten unseen."""
        return self._checkpoint.text()

    @property
    def recovered(self) -> str:
        """What was settled when the log was opened, as a sentence; empty if nothing was."""
        return self._recovered

    def append(self, public: Mapping[str, JSONValue], sealed: Mapping[str, str], *, record_key: bytes) -> int:
        """Add one record; it is durable when this returns.

        Parameters
        ----------
        public : mapping of str to JSONValue
            Fields that anybody may read. ``kind`` and ``time`` (UTC with hundredths, such as
            ``2026-11-22T03:20:11.42Z``) are required; a ``result`` also needs ``intent``, the
            index of the intent it answers, and ``outcome``. No floats: scores go in as text.
        sealed : mapping of str to str
            Fields that only a commitment goes into the log for.
        record_key : bytes
            32 secret random bytes, fresh for this record.

        Returns
        -------
        int
            Index of the record.

        Raises
        ------
        InputError
            If the record has no canonical form, is longer than 65,535 bytes, or is not a record.
            Nothing was written, and the log stays usable.
        AuditError
            If it could not be made durable. It may or may not be in the log: this writer takes
            no more, and whoever asked must not act.
        RuntimeError
            If the log is closed.
        """
        with self._turn:
            self._demand_usable()
            demand_record_key(record_key)
            commitments = {field: commit(field, value, record_key) for field, value in sealed.items()}
            entry = encode_entry(self.size, public, commitments)
            self._in_doubt = True  # set first: Ctrl-C between two steps must leave it set
            with writing(self._folder):
                seq = self._write(entry, Opening(record_key, dict(sealed)))
            self._in_doubt = False
            return seq

    def close(self) -> None:
        """Give the log free for another writer."""
        with self._turn:
            self._closed = True
            self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, entry: bytes, opening: Opening) -> int:
        """Take the four steps; the order is the safety."""
        seq = self.size
        self._sealed.put(seq, opening)  # 1
        self._entries.append(frame(entry))  # 2
        self._add_leaf(entry)  # 3, 4
        return seq

    def _add_leaf(self, entry: bytes) -> None:
        """Hash a durable entry into the tree and publish the new state."""
        leaf = leaf_hash(entry)
        self._leaves.append(leaf)
        self._tree.append(leaf)
        grown = Checkpoint(self._checkpoint.origin, self._tree.size, self._tree.root())
        replace_bytes(self._folder / CHECKPOINT, grown.text())
        self._checkpoint = grown

    def _settle(self, stored: Stored, unfinished: bytes | None) -> None:
        """Complete the record that was being written, or clear away what is left of it."""
        with writing(self._folder):
            for aside in self._folder.glob(f".{CHECKPOINT}.*"):  # a kill in the middle of a replace
                aside.unlink()
            if unfinished is not None:
                # Written again, not only flushed: after a failed fsync the kernel may hold the bytes
                # as clean without their being on disk.
                self._entries.append(frame(unfinished))
                self._add_leaf(unfinished)
                self._recovered = f"record {self.size - 1} was whole but not acknowledged; it was completed"
                return
            self._entries.cut()
            if self._sealed.last() == self.size:
                self._sealed.discard(self.size)
            if stored.tail:
                self._recovered = (
                    f"{len(stored.tail)} bytes of a record {self.size} that was never whole nor "
                    "acknowledged were cut off"
                )

    def _demand_usable(self) -> None:
        if self._closed:
            msg = "append to a log that is closed"
            raise RuntimeError(msg)
        if self._in_doubt:
            msg = "the log takes no more records: an append before this one failed; open the log again"
            raise AuditError(msg)


def _create(folder: Path, origin: str) -> None:
    """Make an empty log; its checkpoint comes last, so a log half made is one not yet there."""
    for name in (ENTRIES, LEAVES):
        path = folder / name
        if path.exists() and path.stat().st_size:
            msg = f"the log {folder} is not whole: {CHECKPOINT} is missing, {name} is there"
            raise VerificationError(msg)
        path.touch()
    sealed = SealedStore.create(folder / SEALED)
    last = sealed.last()
    sealed.close()
    if last >= 0:
        msg = f"the log {folder} is not whole: {SEALED} knows record {last}, the log itself is gone"
        raise VerificationError(msg)
    fsync_path(folder)
    replace_bytes(folder / CHECKPOINT, Checkpoint(origin, 0, EMPTY_ROOT).text())


def _open_sealed(folder: Path) -> SealedStore:
    if not (folder / SEALED).exists():
        msg = f"the log {folder} is not whole: {SEALED} is missing, and with it what opens the sealed fields"
        raise VerificationError(msg)
    return SealedStore(folder / SEALED)


def _demand_same_origin(folder: Path, found: str, wanted: str) -> None:
    if found != wanted:
        msg = f"the log {folder} is {found}, wanted {wanted}"
        raise AuditError(msg)

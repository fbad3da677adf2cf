"""The append-only log: a record is on disk, hashed into the tree, before anybody acts on it.

An append takes four steps, in this order, each done before the next begins:

1. the opening in ``sealed.db``, flushed: a commitment that nobody could ever open would be worthless;
2. the entry's frame, flushed. From here on the record cannot be lost;
3. its leaf hash, written: it can be made again from the entry;
4. the checkpoint, replaced whole. Only now is the record's index returned.

Every `MARK_EVERY` records and when the log is closed, leaves and checkpoint are flushed, too, and the
checkpoint is kept as ``mark``: so far back a power cut can take steps 3 and 4, and no farther.

If any step fails, or is interrupted, nobody can say what the disk holds: this writer refuses all
further appends, and the next `AuditLog.open` looks and settles it (see `recovery`).

What the log alone does not show: that an operator rewrote all of it, checkpoint included. For that
somebody else must hold an earlier checkpoint (`verify_log`).
"""

from __future__ import annotations

import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Self

from facegate.audit.checkpoint import Checkpoint, demand_origin
from facegate.audit.commitments import commit, demand_record_key
from facegate.audit.entry import encode_entry, parse_entry
from facegate.audit.frames import frame
from facegate.audit.merkle import EMPTY_ROOT, leaf_hash
from facegate.audit.recovery import read_stored, unfinished_entries
from facegate.audit.sealed import Opening, SealedStore
from facegate.audit.storage import (
    CHECKPOINT,
    ENTRIES,
    LEAVES,
    MARK,
    SEALED,
    AppendFile,
    make_folder,
    only_writer,
    read_entries,
    writing,
)
from facegate.durable import clear_swap, fsync_path, replace_bytes, swap_bytes
from facegate.errors import AuditError, StorageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from facegate.audit.canonical import JSONValue
    from facegate.audit.entry import Entry
    from facegate.audit.recovery import Stored

MARK_EVERY = 256  # records: a flush costs about as much as an append


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
        self._leaves = AppendFile(folder / LEAVES, end=stored.leaves_end)
        held.callback(self._leaves.close)
        self._turn = threading.Lock()
        self._in_doubt = False
        self._closed = False
        self._recovered = ""
        self._marked = stored.tree.size

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
            log._settle(stored, unfinished_entries(stored, sealed))
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

    def leaf(self, index: int) -> bytes:
        """Give the leaf hash of an acknowledged record, 32 bytes."""
        return self._tree.leaf(index)

    def read(self, start: int = 0) -> Iterator[tuple[Entry, Opening | None]]:
        """Read acknowledged records with what opens their sealed fields.

        Parameters
        ----------
        start : int
            The first record wanted.

        Yields
        ------
        Entry
            One record.
        Opening or None
            None where it was erased.

        Raises
        ------
        VerificationError
            If a record is not there or is none, or its opening is another than the log committed to.
        """
        for seq, data in enumerate(read_entries(self._folder, start=start), start=start):
            entry, opening = parse_entry(data), self._sealed.get(seq)
            if opening is not None and opening.commitments() != entry.sealed:
                msg = (
                    f"the sealed fields of record {seq} are not those the log committed to: they were changed"
                )
                raise VerificationError(msg)
            yield entry, opening

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
                if self.size - self._marked >= MARK_EVERY:
                    self._flush()
            self._in_doubt = False
            return seq

    def close(self) -> None:
        """Give the log free for another writer."""
        with self._turn:
            if not (self._closed or self._in_doubt or self._marked == self.size):
                with suppress(OSError, StorageError):  # an older mark serves as well: no record hangs on it
                    self._flush()
            self._closed = True
            with suppress(OSError):  # what waits beside the checkpoint for the next swap
                clear_swap(self._folder / CHECKPOINT)
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
        self._leaves.append(leaf, flush=False)
        self._tree.append(leaf)
        grown = Checkpoint(self._checkpoint.origin, self._tree.size, self._tree.root())
        swap_bytes(self._folder / CHECKPOINT, grown.text())
        self._checkpoint = grown

    def _flush(self) -> None:
        """Bring leaves and checkpoint to the disk, and say so in the mark."""
        self._leaves.flush()
        replace_bytes(self._folder / MARK, self._checkpoint.text())
        self._marked = self.size

    def _settle(self, stored: Stored, unfinished: tuple[bytes, ...]) -> None:
        """Complete the records that are not covered yet, or clear away what is left of one."""
        with writing(self._folder):
            for aside in [*self._folder.glob(f".{CHECKPOINT}.*"), *self._folder.glob(f".{MARK}.*")]:
                aside.unlink()  # a kill in the middle of a replace
            if stored.lost_leaves:
                self._leaves.append(stored.lost_leaves)
            for entry in unfinished:
                # Written again, not only flushed: after a failed fsync the kernel may hold the bytes
                # as clean without their being on disk.
                self._entries.append(frame(entry))
                self._add_leaf(entry)
            torn = len(stored.tail) - sum(len(frame(entry)) for entry in unfinished)
            self._entries.cut()
            if self._sealed.last() == self.size:
                self._sealed.discard(self.size)
            if unfinished or stored.lost_leaves or torn:
                self._flush()
        self._recovered = _settled(self.size, len(unfinished), torn)

    def _demand_usable(self) -> None:
        if self._closed:
            msg = "append to a log that is closed"
            raise RuntimeError(msg)
        if self._in_doubt:
            msg = "the log takes no more records: an append before this one failed; open the log again"
            raise AuditError(msg)


def _settled(size: int, n_completed: int, torn: int) -> str:
    """Say what was settled, as a sentence; empty if nothing was."""
    told = []
    if n_completed == 1:
        told.append(f"record {size - 1} was whole but not acknowledged; it was completed")
    elif n_completed:
        told.append(
            f"records {size - n_completed} to {size - 1} were whole but not covered; they were completed"
        )
    if torn:
        told.append(f"{torn} bytes of a record {size} that was never whole nor acknowledged were cut off")
    return "; ".join(told)


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
    empty = Checkpoint(origin, 0, EMPTY_ROOT).text()
    replace_bytes(folder / MARK, empty)
    replace_bytes(folder / CHECKPOINT, empty)


def _open_sealed(folder: Path) -> SealedStore:
    if not (folder / SEALED).exists():
        msg = f"the log {folder} is not whole: {SEALED} is missing, and with it what opens the sealed fields"
        raise VerificationError(msg)
    return SealedStore(folder / SEALED)


def _demand_same_origin(folder: Path, found: str, wanted: str) -> None:
    if found != wanted:
        msg = f"the log {folder} is {found}, wanted {wanted}"
        raise AuditError(msg)

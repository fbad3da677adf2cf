"""The append-only log: a record is on disk, hashed into the tree, before anybody acts on it.

An append takes four steps, in this order, each done before the next begins:

1. the opening in ``sealed.db``, flushed: a commitment that nobody could ever open would be worthless;
2. the entry's frame, flushed. From here on the record cannot be lost;
3. its leaf hash, written: it can be made again from the entry;
4. the checkpoint, replaced whole. Only now is the record's index returned.

Whoever is in a hurry gets the index behind step 2 (``cover=False``), and sees that `AuditLog.cover` takes the
others before anybody is told what came of it. Nobody who asks for size, checkpoint or entries finds the files
behind: the record is covered first.

Every `MARK_EVERY` records and when the log is closed, leaves and checkpoint are flushed, too, and the
checkpoint is kept as ``mark``: so far back a power cut can take steps 3 and 4, and no farther. The same
is done before the keys of any record are destroyed: a record that nobody can open is never in doubt.

If any step fails, or is interrupted, nobody can say what the disk holds: this writer refuses all
further appends, and the next `AuditLog.open` looks and settles it (see `recovery`).

What the log alone does not show: that an operator rewrote all of it, checkpoint included. For that
somebody else must hold an earlier checkpoint (`verify_log`).
"""

from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from facegate.audit.checkpoint import Checkpoint, demand_origin
from facegate.audit.commitments import commit_all, demand_record_key
from facegate.audit.entry import encode_entry, parse_entry
from facegate.audit.frames import frame
from facegate.audit.log_files import demand_same_origin, make_log_files, open_sealed
from facegate.audit.merkle import leaf_hash
from facegate.audit.recovery import read_stored, unfinished_entries
from facegate.audit.sealing.erasure import (
    ERASURE,
    PENDING,
    Erased,
    announce,
    announced,
    demand_erasable,
    erased_by,
    public_part,
    withdraw,
)
from facegate.audit.sealing.sealed import Opening, SealedStore
from facegate.audit.storage import (
    CHECKPOINT,
    ENTRIES,
    LEAVES,
    MARK,
    AppendFile,
    FramePlaces,
    make_folder,
    only_writer,
    read_entries,
    writing,
)
from facegate.durable import clear_swap, replace_bytes, swap_bytes
from facegate.errors import AuditError, InputError, StorageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from facegate.audit.canonical import JSONValue
    from facegate.audit.entry import Entry
    from facegate.audit.recovery import Stored

MARK_EVERY = 256  # records: a flush costs about as much as an append
LARGEST_BATCH = 256  # records appended together


@dataclass(frozen=True, slots=True)
class Record:
    """One record to be appended.

    Parameters
    ----------
    public : mapping of str to JSONValue
        Fields that anybody may read: see `AuditLog.append`.
    sealed : mapping of str to str
        Fields that only a commitment goes into the log for.
    record_key : bytes
        32 secret random bytes, fresh for this record.
    """

    public: Mapping[str, JSONValue]
    sealed: Mapping[str, str] = field(repr=False)  # these must not reach a message or a trace
    record_key: bytes = field(repr=False)

    def opening(self) -> Opening:
        """Give what opens it; the record key is checked."""
        demand_record_key(self.record_key)
        return Opening(self.record_key, dict(self.sealed))


class AuditLog:
    """One log, open for appending. Made by `AuditLog.open`; use it as a context manager.

    May be shared by threads: appends take turns.
    """

    def __init__(self, folder: Path, stored: Stored, sealed: SealedStore, held: ExitStack) -> None:
        self._folder = folder
        self._held = held  # lock, files and database, given back together
        self._sealed = sealed
        self._checkpoint = stored.checkpoint  # what the files say; the tree may be ahead
        self._tree = stored.tree
        self._acknowledged = stored.tree.size
        self._entries = AppendFile(folder / ENTRIES, end=stored.entries_end)
        held.callback(self._entries.close)
        self._leaves = AppendFile(folder / LEAVES, end=stored.leaves_end)
        held.callback(self._leaves.close)
        self._turn = threading.Lock()
        self._in_doubt = False
        self._closed = False
        self._recovered = ""
        self._erased = Erased()
        self._marked = stored.tree.size
        self._places = FramePlaces(folder)

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
                make_log_files(folder, origin)
            stored = read_stored(folder)
            demand_same_origin(folder, stored.checkpoint.origin, origin)
            sealed = open_sealed(folder)
            held.callback(sealed.close)
            log = cls(folder, stored, sealed, held)
            unfinished = unfinished_entries(stored, sealed)
            log._settle(stored, unfinished)
            log._settle_openings((*stored.erasures, *unfinished))
            log._held = held.pop_all()
            return log

    @property
    def acknowledged(self) -> int:
        """Records that are durable, and whoever appended them was told so; the files may say fewer still."""
        return self._acknowledged

    @property
    def size(self) -> int:
        """Records that the files say there are; what is durable is covered first, if the disk lets it be."""
        return self.checkpoint.size

    @property
    def root(self) -> str:
        """Merkle root over the acknowledged records, 64 hexadecimal digits."""
        with self._turn:
            return self._tree.root(self._acknowledged).hex()

    @property
    def checkpoint_text(self) -> bytes:
        """The checkpoint in three lines: give it away, and the past cannot be rewritten unseen."""
        return self.checkpoint.text()

    @property
    def recovered(self) -> str:
        """What was settled when the log was opened, as a sentence; empty if nothing was."""
        return self._recovered

    @property
    def usable(self) -> bool:
        """Whether it takes another record; not once one could not be made durable, nor when it is closed."""
        with self._turn:
            return not (self._in_doubt or self._closed)

    def leaf(self, index: int) -> bytes:
        """Give the leaf hash of an acknowledged record, 32 bytes."""
        return self._tree.leaf(index)

    def entries(self, start: int = 0) -> Iterator[bytes]:
        """Read the bytes of acknowledged records, from one on: see `read_entries`."""
        self.cover()
        return read_entries(self._folder, start=start, places=self._places)

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
        for seq, data in enumerate(self.entries(start), start=start):
            entry = parse_entry(data)
            try:
                opening = self._sealed.opened(seq, entry.sealed, self._erased)
            except VerificationError:  # another thread may have erased it between the look and the reading
                opening = self._sealed.opened(seq, entry.sealed, self._erased)
            yield entry, opening

    def append(
        self,
        public: Mapping[str, JSONValue],
        sealed: Mapping[str, str],
        *,
        record_key: bytes,
        cover: bool = True,
    ) -> int:
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
        cover : bool
            Bring leaf and checkpoint up to it as well. Who leaves that for later calls `cover` soon.

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
        return self.append_many((Record(public, sealed, record_key),), cover=cover)[0]

    def append_many(self, records: Sequence[Record], *, cover: bool = True) -> range:
        """Add records together; all are durable when this returns, for the price of one.

        Parameters
        ----------
        records : sequence of Record
            1 to 256 of them. If the process is killed, some of the first may be on the log.
        cover : bool
            As in `append`.

        Returns
        -------
        range
            Their indices.

        Raises
        ------
        InputError
            If one of them cannot be a record (see `append`) or is an erasure, which only `erase` may put on
            record, or there are none or too many: nothing was written.
        AuditError, RuntimeError
            As `append` does.
        """
        if not 1 <= len(records) <= LARGEST_BATCH:
            msg = f"{len(records)} records to be appended together, wanted 1 to {LARGEST_BATCH}"
            raise InputError(msg)
        if any(one.public.get("kind") == ERASURE for one in records):
            msg = "an erasure goes on record only when it is carried out: erase the records instead"
            raise InputError(msg)
        with self._turn:
            self._demand_usable()
            entries, openings = self._prepared(records)
            with self._in_doubt_until_done():
                return self._write(entries, openings, cover=cover)

    def cover(self) -> None:
        """Bring leaves and checkpoint up to the acknowledged records; nothing if they are.

        Raises
        ------
        AuditError
            If the disk refuses, or did before. The records are on the log, but this writer takes no more.
        """
        if self._is_covered():
            return  # without a turn: whoever reads does not wait for whoever writes
        with self._turn:
            if not (self._is_covered() or self._closed):
                self._demand_usable()
                with self._in_doubt_until_done():
                    self._cover()

    def _prepared(self, records: Sequence[Record]) -> tuple[list[bytes], list[Opening]]:
        """Make the next entries and what opens them; whatever is no record is refused here."""
        openings = [one.opening() for one in records]
        entries = [
            encode_entry(seq, one.public, commit_all(one.sealed, one.record_key))
            for seq, one in enumerate(records, start=self._acknowledged)
        ]
        return entries, openings

    @contextmanager
    def _in_doubt_until_done(self) -> Iterator[None]:
        """Let the log be used again only if every step was taken."""
        self._in_doubt = True  # set first: Ctrl-C between two steps must leave it set
        with writing(self._folder):
            yield
        self._in_doubt = False

    def erase(self, seqs: Sequence[int], record: Record) -> int:
        """Destroy what opens some records, and say so on the log; the records themselves stay.

        Parameters
        ----------
        seqs : sequence of int
            Records of this log.
        record : Record
            The erasure's own: on whose authority, and why. Its kind and its records are set here.

        Returns
        -------
        int
            Index of the erasure's record.

        Raises
        ------
        InputError
            If there are none or too many, or one is not on the log; nothing was done.
        AuditError
            If it could not be finished: it is when the log is opened next, or it was never begun.
        """
        with self._turn:
            self._demand_usable()
            demand_erasable(seqs, self._acknowledged)
            whole = Record(public_part(record.public, seqs), record.sealed, record.record_key)
            entries, openings = self._prepared((whole,))  # refuses before anything is announced
            with self._in_doubt_until_done():
                announce(self._folder, self._acknowledged, seqs)
                at = self._write(entries, openings, cover=True)[0]
                self._flush()  # behind the mark a record is known by its opening, which is about to go
                # Named before it is gone: no reader may find it gone and not named.
                self._erased = Erased((*self._erased.runs(), *(range(seq, seq + 1) for seq in seqs)))
                self._sealed.erase(seqs)
                withdraw(self._folder)
            return at

    def proof(self, index: int, size: int) -> list[bytes]:
        """Prove a record to be in an earlier state of the log: see `MerkleTree.inclusion_proof`."""
        with self._turn:
            return self._tree.inclusion_proof(index, size)

    def consistency_proof(self, old_size: int, new_size: int) -> list[bytes]:
        """Prove one state of the log to go on from another: see `MerkleTree.consistency_proof`."""
        with self._turn:
            return self._tree.consistency_proof(old_size, new_size)

    def root_at(self, size: int) -> bytes:
        """Give the root over the first records, 32 bytes.

        Raises
        ------
        InputError
            If the log holds fewer.
        """
        with self._turn:
            return self._tree.root(size)

    @property
    def checkpoint(self) -> Checkpoint:
        """What the files say; what is durable is covered first, if the disk lets it be."""
        with suppress(AuditError):  # then the log is in doubt, and the files say what they said before
            self.cover()
        return self._checkpoint

    def close(self) -> None:
        """Give the log free for another writer."""
        with self._turn:
            if self._closed:
                return  # what waits beside the checkpoint may be another writer's by now
            if not self._in_doubt:
                with suppress(OSError, StorageError):  # an older mark serves as well: no record hangs on it
                    self._cover()
                    if self._marked != self._checkpoint.size:
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

    def _write(self, entries: Sequence[bytes], openings: Sequence[Opening], *, cover: bool) -> range:
        """Take the first two steps, or all four; the order is the safety."""
        first = self._tree.size
        self._sealed.put_many(first, openings)  # 1
        self._entries.append(b"".join(frame(entry) for entry in entries))  # 2
        for entry in entries:
            self._tree.append(leaf_hash(entry))
        if cover:
            self._cover()  # 3, 4
        self._acknowledged = self._tree.size
        return range(first, self._acknowledged)

    def _cover(self) -> None:
        """Publish the state of the tree, and flush now and then."""
        new = range(self._checkpoint.size, self._tree.size)
        if not new:
            return
        self._leaves.append(b"".join(map(self._tree.leaf, new)), flush=False)
        grown = Checkpoint(self._checkpoint.origin, self._tree.size, self._tree.root())
        swap_bytes(self._folder / CHECKPOINT, grown.text())
        self._checkpoint = grown
        if grown.size - self._marked >= MARK_EVERY:
            self._flush()

    def _flush(self) -> None:
        """Bring leaves and checkpoint to the disk, and say so in the mark."""
        self._leaves.flush()
        replace_bytes(self._folder / MARK, self._checkpoint.text())
        self._marked = self._checkpoint.size

    def _settle(self, stored: Stored, unfinished: tuple[bytes, ...]) -> None:
        """Complete the records that are not covered yet, or clear away what is left of one."""
        with writing(self._folder):
            for name in (CHECKPOINT, MARK, PENDING):
                for aside in self._folder.glob(f".{name}.*"):
                    aside.unlink()  # a kill in the middle of a replace
            if stored.lost_leaves:
                self._leaves.append(stored.lost_leaves)
            for entry in unfinished:
                # Written again, not only flushed: after a failed fsync the kernel may hold the bytes
                # as clean without their being on disk.
                self._entries.append(frame(entry))
                self._tree.append(leaf_hash(entry))
            self._cover()
            self._acknowledged = self._tree.size
            torn = len(stored.tail) - sum(len(frame(entry)) for entry in unfinished)
            self._entries.cut()
            if self._sealed.last() >= self._acknowledged:
                self._sealed.discard(self._acknowledged)
            if (self._folder / CHECKPOINT).read_bytes() != self._checkpoint.text():
                # A power cut took it back, and nothing has followed that would write it anew.
                swap_bytes(self._folder / CHECKPOINT, self._checkpoint.text())
            if unfinished or stored.lost_leaves or torn:
                self._flush()  # before any key is destroyed, as in `erase`
            told = self._settle_erasure()
        self._recovered = "; ".join(one for one in (_settled(self.size, len(unfinished), torn), told) if one)

    def _settle_erasure(self) -> str:
        """Carry out an erasure that is on the log but was cut off; forget one that never got there."""
        if (pending := announced(self._folder)) is None:
            return ""
        at, ranges = pending
        entry = parse_entry(next(self.entries(at))) if at < self.size else None
        recorded = entry is not None and erased_by(entry) == ranges
        if recorded:
            self._sealed.erase([seq for one in ranges for seq in one])
        withdraw(self._folder)
        return f"the erasure that record {at} announces was carried out" if recorded else ""

    def _settle_openings(self, erasures: Sequence[bytes]) -> None:
        """Hold what can be opened against what the log says was erased.

        Keys that came back (an old backup of them was put in place) are destroyed again: the erasure stands.
        Keys that are gone without an erasure were destroyed by somebody else: the log is refused.
        """
        self._erased = Erased.of(erasures)
        gone = Erased(self._sealed.destroyed_below(self.size))
        if quiet := [seq for run in gone.runs() for seq in run if seq not in self._erased]:
            msg = (
                f"what opens record {quiet[0]} was destroyed, and no erasure on the log says so: put "
                "keys/openings.key back from a backup"
            )
            raise VerificationError(msg)
        if back := [seq for seq in self._erased if seq not in gone]:
            self._sealed.erase(back)
            told = f"the keys of {len(back)} erased records had come back; they were destroyed again"
            self._recovered = "; ".join(one for one in (self._recovered, told) if one)

    def _is_covered(self) -> bool:
        return self._checkpoint.size >= self._acknowledged

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
        told.append(f"record {size - 1} was whole but not covered; it was completed")
    elif n_completed:
        told.append(
            f"records {size - n_completed} to {size - 1} were whole but not covered; they were completed"
        )
    if torn:
        told.append(f"{torn} bytes of a record {size} that was never whole nor acknowledged were cut off")
    return "; ".join(told)

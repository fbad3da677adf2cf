"""Verify a whole log offline: no key, no server, no trust in whoever keeps it.

In this order, and the first failure is named:

1. every record's frame, its bytes against its leaf, canonical form, position;
2. the root over the leaves against the checkpoint;
3. nothing stands after what the checkpoint covers;
4. the checkpoint the verifier kept from earlier, if any, against the history shown now;
5. results against intents, and times.

What is not caught without an earlier checkpoint: an operator who rewrites the history and makes new
leaves and a new checkpoint for it, who cuts the log at an earlier record, or who shows different logs to
different people. Whoever holds a checkpoint from before catches the first two. The writer's own checkpoint is
not signed; what is published is, and witnessed (see `published`).
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.diagnosis import first_bad_record
from facegate.audit.entry import parse_entry
from facegate.audit.frames import FrameCutShort, read_frame
from facegate.audit.merkle import HASH_BYTES, MerkleTree, leaf_hash
from facegate.audit.pairing import Pairing
from facegate.audit.storage import ENTRIES, LEAVES, read_checkpoint, reading
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from facegate.audit.checkpoint import Checkpoint
    from facegate.audit.entry import Entry

    Progress = Callable[[int, int], None]

MAX_SKEW_SECONDS = 10.0
PATIENCE_SECONDS = 1.0  # an append takes milliseconds; one that takes longer was cut off
PAUSE_SECONDS = 0.02
PROGRESS_EVERY = 1_000


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """A log that holds.

    Parameters
    ----------
    origin : str
        Name of the log, as its checkpoint says.
    size : int
        Records.
    root : str
        Merkle root over them, 64 hexadecimal digits.
    n_by_kind : mapping of str to int
        Records of each kind, kinds in alphabetical order.
    open_intents : tuple of int
        Intents without a result: searches that broke off, are still running, or whose result was
        never written.
    dated_back : tuple of int
        Records dated earlier than some record before them, within the skew allowed.
    """

    origin: str
    size: int
    root: str
    n_by_kind: Mapping[str, int]
    open_intents: tuple[int, ...]
    dated_back: tuple[int, ...]


def verify_log(
    folder: Path,
    *,
    trusted: bytes | None = None,
    origin: str | None = None,
    max_skew_seconds: float = MAX_SKEW_SECONDS,
    progress: Progress | None = None,
) -> VerifiedLog:
    """Verify every record of a log; it may be appended to meanwhile.

    Parameters
    ----------
    folder : Path
        The log, or a copy of its ``entries``, ``leaves`` and ``checkpoint``.
    trusted : bytes, optional
        Content of an earlier ``checkpoint`` file of this log that the verifier kept.
    origin : str, optional
        Name the log must have. Without it and without ``trusted`` the name is taken on trust.
    max_skew_seconds : float
        How far a record may be dated before an earlier one, in seconds.
    progress : callable, optional
        Called now and then with (records verified, records in all).

    Returns
    -------
    VerifiedLog
        What stands in a log that holds.

    Raises
    ------
    VerificationError
        If it does not hold; the sentence names the first bad record.
    AuditError
        If there is no log, or it cannot be read.
    InputError
        If ``trusted`` is no checkpoint.
    """
    kept = None if trusted is None else _kept_checkpoint(trusted)
    checkpoint = read_checkpoint(folder)
    _demand_origin(checkpoint, origin if kept is None else kept.origin)
    _demand_origin(checkpoint, origin)
    with reading(folder), _Walk(folder, Pairing(max_skew_seconds=max_skew_seconds), progress) as walk:
        walk.advance(checkpoint)
        checkpoint = _follow(walk, folder, checkpoint)
    if kept is not None:
        _demand_kept(walk.tree, kept)
    if walk.pairing.complaint:
        raise VerificationError(walk.pairing.complaint)
    return verified_log(checkpoint, walk.pairing)


def entry_at(seq: int, data: bytes) -> Entry:
    """Read the record at a place of the log, whose bytes fit its leaf.

    Raises
    ------
    VerificationError
        If it is none, or says that it stands somewhere else.
    """
    try:
        entry = parse_entry(data)
    except VerificationError as error:
        msg = f"record {seq} is none, though leaf {seq} was made for it: {error}"
        raise VerificationError(msg) from error
    if entry.seq != seq:
        msg = f"record {seq} is numbered {entry.seq}: a record was dropped, moved or put in"
        raise VerificationError(msg)
    return entry


def verified_log(checkpoint: Checkpoint, pairing: Pairing) -> VerifiedLog:
    """Say what stands in a log of which everything was found to hold."""
    return VerifiedLog(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        n_by_kind=dict(sorted(pairing.n_by_kind.items())),
        open_intents=pairing.open_intents,
        dated_back=tuple(pairing.dated_back),
    )


class _Walk:
    """One pass over entries and leaves side by side; it can go on when the log has grown."""

    def __init__(self, folder: Path, pairing: Pairing, progress: Progress | None) -> None:
        self.tree = MerkleTree()
        self.pairing = pairing
        self._folder = folder
        self._progress = progress
        self._files = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self._entries = opened.enter_context((self._folder / ENTRIES).open("rb"))
            self._leaves = opened.enter_context((self._folder / LEAVES).open("rb"))
            self._files = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def advance(self, checkpoint: Checkpoint) -> None:
        """Verify the records up to a checkpoint, and its root."""
        while self.tree.size < checkpoint.size:
            self._take(checkpoint)
            if self._progress and (self.tree.size % PROGRESS_EVERY == 0 or self.tree.size == checkpoint.size):
                self._progress(self.tree.size, checkpoint.size)
        if self.tree.root() != checkpoint.root:
            raise first_bad_record(self._folder, checkpoint)

    def covers(self, sizes: tuple[int, int]) -> bool:
        """Say whether these many bytes of entries and leaves are all verified."""
        return sizes[0] <= self._entries.tell() and sizes[1] <= self._leaves.tell()

    def sizes(self) -> tuple[int, int]:
        """Give how many bytes of entries and leaves there are now."""
        return (self._folder / ENTRIES).stat().st_size, (self._folder / LEAVES).stat().st_size

    def _take(self, checkpoint: Checkpoint) -> None:
        seq = self.tree.size
        try:
            data = read_frame(self._entries)
        except FrameCutShort:
            data = None
        leaf = self._leaves.read(HASH_BYTES)
        if data is None or leaf != leaf_hash(data):
            raise first_bad_record(self._folder, checkpoint)
        self.pairing.take(entry_at(seq, data))
        self.tree.append(leaf)


def _follow(walk: _Walk, folder: Path, checkpoint: Checkpoint) -> Checkpoint:
    """Settle what stands after the checkpoint: a log in use has grown, any other has been added to."""
    target = walk.sizes()
    waited = 0.0
    while not walk.covers(target):
        fresh = read_checkpoint(folder)
        if fresh.size > checkpoint.size:
            walk.advance(fresh)
            checkpoint, waited = fresh, 0.0
        elif waited < PATIENCE_SECONDS:
            time.sleep(PAUSE_SECONDS)
            waited += PAUSE_SECONDS
        else:
            raise VerificationError(_beyond(walk, target, checkpoint.size))
    return checkpoint


def _beyond(walk: _Walk, target: tuple[int, int], size: int) -> str:
    what = "leaf" if walk.covers((target[0], 0)) else "record"
    return (
        f"{what} {size} stands after the end of the log, whose checkpoint covers {size} records: it was "
        "put there by somebody else, or an append was cut off (opening the log once for writing tells)"
    )


def _kept_checkpoint(trusted: bytes) -> Checkpoint:
    try:
        return parse_checkpoint(trusted)
    except VerificationError as error:
        msg = f"the checkpoint you kept cannot be read: {error}"
        raise InputError(msg) from error


def _demand_origin(checkpoint: Checkpoint, origin: str | None) -> None:
    if origin is not None and checkpoint.origin != origin:
        msg = f"the checkpoint is of the log {checkpoint.origin}, wanted {origin}"
        raise VerificationError(msg)


def _demand_kept(tree: MerkleTree, kept: Checkpoint) -> None:
    """Hold the history shown now against the one that was shown before."""
    if tree.size < kept.size:
        msg = (
            f"record {tree.size} is missing: the log holds {tree.size} records, the checkpoint you kept "
            f"covers {kept.size}; records were removed or an old copy was put back"
        )
        raise VerificationError(msg)
    if tree.root(kept.size) != kept.root:
        msg = (
            f"the history was rewritten: the first {kept.size} records have root "
            f"{tree.root(kept.size).hex()}, the checkpoint you kept says {kept.root.hex()}"
        )
        raise VerificationError(msg)

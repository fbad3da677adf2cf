"""What a writer finds when it opens a log, and how an append that was cut off is brought to an end.

An append makes four things durable, each before the next: opening, entry, leaf, checkpoint. So a
crash leaves at most one record that the checkpoint does not cover, in one of these states, and none
of them was acknowledged to anybody:

====================================  =============================================
after the acknowledged records        what is done
====================================  =============================================
nothing, or an opening only           the opening is discarded
part of a frame                       the part is cut off, the opening discarded
a whole record that its opening fits  leaf and checkpoint are added: it is completed
====================================  =============================================

Anything else contradicts the order of writing and was done by somebody else: the log is refused,
never mended.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from facegate.audit.diagnosis import first_bad_record
from facegate.audit.entry import parse_entry
from facegate.audit.frames import LARGEST_FRAME, FrameCutShort, read_frame
from facegate.audit.merkle import HASH_BYTES, MerkleTree, leaf_hash
from facegate.audit.storage import ENTRIES, LEAVES, read_checkpoint, reading
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from facegate.audit.checkpoint import Checkpoint
    from facegate.audit.sealed import SealedStore


@dataclass(frozen=True, slots=True)
class Stored:
    """A log as a writer finds it.

    Parameters
    ----------
    checkpoint : Checkpoint
        The acknowledged state.
    tree : MerkleTree
        Over the acknowledged records.
    entries_end : int
        Bytes of ``entries`` that are acknowledged.
    tail : bytes
        What ``entries`` holds after them.
    leaf_tail : bytes
        What ``leaves`` holds after the acknowledged leaves.
    """

    checkpoint: Checkpoint
    tree: MerkleTree
    entries_end: int
    tail: bytes
    leaf_tail: bytes


def read_stored(folder: Path) -> Stored:
    """Read a log for writing: every record against its leaf, and the leaves against the checkpoint.

    Raises
    ------
    VerificationError
        If any record does not fit; nothing is ever appended to a history that was changed.
    AuditError
        If a file cannot be read.
    """
    checkpoint = read_checkpoint(folder)
    with reading(folder):
        leaves = (folder / LEAVES).read_bytes()
        covered = checkpoint.size * HASH_BYTES
        acknowledged = leaves[:covered]
        if len(acknowledged) < covered:
            raise first_bad_record(folder, checkpoint)
        tree = MerkleTree(acknowledged)
        with (folder / ENTRIES).open("rb") as file:
            for at in range(0, covered, HASH_BYTES):
                if not _next_fits(file, leaves[at : at + HASH_BYTES]):
                    raise first_bad_record(folder, checkpoint)
            end = file.tell()
            tail = file.read(LARGEST_FRAME + 1)
    if tree.root() != checkpoint.root:
        raise first_bad_record(folder, checkpoint)
    return Stored(checkpoint, tree, end, tail, leaves[covered : covered + HASH_BYTES + 1])


def unfinished_entry(stored: Stored, sealed: SealedStore) -> bytes | None:
    """Find the record that was being written when the last writer stopped.

    Parameters
    ----------
    stored : Stored
        The log as found.
    sealed : SealedStore
        Its openings.

    Returns
    -------
    bytes or None
        A whole record that is to be completed; None if there is none, and what lies behind the
        acknowledged bytes is to be cut off.

    Raises
    ------
    VerificationError
        If what lies there cannot come from an append that was cut off.
    """
    size = stored.checkpoint.size
    if sealed.last() > size:
        msg = (
            f"records are missing: the sealed part knows record {sealed.last()}, the log ends before "
            f"record {size}; records were removed or an old copy was put back"
        )
        raise VerificationError(msg)
    # The opening is durable before the first byte of the entry: bytes without one are not ours.
    _demand(not stored.tail or sealed.last() == size, _foreign(size))
    entry = _whole_entry(stored)
    _demand_leaf_fits(stored, entry)
    if entry is not None:
        _demand_written_here(entry, size, sealed)
    return entry


def _next_fits(file: BinaryIO, leaf: bytes) -> bool:
    try:
        entry = read_frame(file)
    except FrameCutShort:
        return False
    return entry is not None and leaf_hash(entry) == leaf


def _whole_entry(stored: Stored) -> bytes | None:
    """Find the one whole record in the tail; None if the tail is empty or torn."""
    # Some file systems lengthen a file before its bytes arrive: zeros, which no record holds.
    if not stored.tail.strip(b"\x00"):
        return None
    stream = BytesIO(stored.tail)
    try:
        entry = read_frame(stream)
    except FrameCutShort:
        return None
    _demand(stream.tell() == len(stored.tail), _foreign(stored.checkpoint.size))
    return None if entry is None or b"\x00" in entry else entry


def _demand_leaf_fits(stored: Stored, entry: bytes | None) -> None:
    """Refuse another leaf: written after its entry is durable, it may lack or be torn, but not differ."""
    if not stored.leaf_tail:
        return
    arrived = stored.leaf_tail.rstrip(b"\x00")  # zeros, again: lengthened before the bytes arrive
    fits = entry is not None and leaf_hash(entry).startswith(arrived) and len(stored.leaf_tail) <= HASH_BYTES
    _demand(fits, f"leaf {stored.checkpoint.size} does not fit any record that could have been cut off")


def _demand_written_here(entry: bytes, size: int, sealed: SealedStore) -> None:
    """Refuse a record whose opening, durable before it, does not open every commitment."""
    opening = sealed.get(size)
    try:
        parsed = parse_entry(entry)
    except VerificationError as error:
        raise VerificationError(_foreign(size)) from error
    fits = opening is not None and opening.commitments() == parsed.sealed
    _demand(fits and parsed.seq == size, _foreign(size))


def _foreign(size: int) -> str:
    return f"record {size} stands after the end of the log as its checkpoint states it; it was put there"


def _demand(fits: bool, sentence: str) -> None:  # noqa: FBT001  the condition itself, private
    if not fits:
        raise VerificationError(sentence)

"""What a writer finds when it opens a log, and how an append that was cut off is brought to an end.

Of each record the opening and then the entry are flushed to the disk, and it is acknowledged; its leaf and
the checkpoint follow without waiting; records that are appended together take each step together. A killed
process leaves the append it was at, and those that were to be covered with it; a power cut may leave an older
checkpoint, or none, and fewer leaves, back to the last *mark* (where all of it was flushed). So behind what
the checkpoint covers there can be:

====================================  ==================================================
after the covered records             what is done
====================================  ==================================================
nothing, or an opening only           the opening is discarded
part of a frame                       the part is cut off, the opening discarded
whole records that their openings fit leaves and checkpoint are added: they are completed
====================================  ==================================================

Leaves behind the mark that are missing or arrived as zeros are made again from their entries, which must
add up to the checkpoint's root; those that are there are written once more, as nobody knows whether they
reached the disk. A checkpoint older than the mark was taken back by a power cut: the mark holds. Anything
else contradicts the order of writing and was done by somebody else: the log is refused, never mended.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.diagnosis import first_bad_record
from facegate.audit.entry import parse_entry
from facegate.audit.frames import LARGEST_FRAME, FrameCutShort, read_frame
from facegate.audit.merkle import HASH_BYTES, MerkleTree, leaf_hash
from facegate.audit.sealing.erasure import NAMES_ERASURE
from facegate.audit.storage import CHECKPOINT, ENTRIES, LEAVES, MARK, read_checkpoint, read_mark, reading
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from facegate.audit.checkpoint import Checkpoint
    from facegate.audit.sealing.sealed import SealedStore


@dataclass(frozen=True, slots=True)
class Stored:
    """A log as a writer finds it.

    Parameters
    ----------
    checkpoint : Checkpoint
        What is covered.
    tree : MerkleTree
        Over the covered records.
    entries_end : int
        Bytes of ``entries`` that are covered.
    tail : bytes
        What ``entries`` holds after them.
    leaves_end : int
        Bytes of ``leaves`` that are covered and are known to be on the disk.
    lost_leaves : bytes
        The covered ones that are not, made again.
    leaf_tail : bytes
        What ``leaves`` holds after the covered leaves.
    erasures : tuple of bytes
        Covered records that may be erasures.
    """

    checkpoint: Checkpoint
    tree: MerkleTree
    entries_end: int
    tail: bytes
    leaves_end: int
    lost_leaves: bytes
    leaf_tail: bytes
    erasures: tuple[bytes, ...]


def read_stored(folder: Path) -> Stored:
    """Read a log for writing: every record against its leaf, and all of them against the checkpoint.

    Raises
    ------
    VerificationError
        If any record does not fit; nothing is ever appended to a history that was changed.
    AuditError
        If a file cannot be read.
    """
    mark = read_mark(folder)
    checkpoint = _covered(folder, mark)
    flushed = HASH_BYTES * (checkpoint.size if mark is None else min(mark.size, checkpoint.size))
    with reading(folder):
        leaves = (folder / LEAVES).read_bytes()
        covered = checkpoint.size * HASH_BYTES
        made, erasures = bytearray(), []
        with (folder / ENTRIES).open("rb") as file:
            while len(made) < covered:
                if (entry := _next_entry(file)) is None:
                    n_found = len(made) // HASH_BYTES
                    raise _gone(mark, n_found) if checkpoint is mark else first_bad_record(folder, checkpoint)
                made += leaf_hash(entry)
                if NAMES_ERASURE in entry:
                    erasures.append(entry)
            end = file.tell()
            tail = file.read()
    fits = _fits(leaves[:covered], bytes(made), flushed)
    tree = MerkleTree(bytes(made))
    if not fits or tree.root() != checkpoint.root:
        raise first_bad_record(folder, checkpoint)
    lost, rest = bytes(made[flushed:]), leaves[covered:]
    return Stored(checkpoint, tree, end, tail, flushed, lost, rest, tuple(erasures))


def unfinished_entries(stored: Stored, sealed: SealedStore) -> tuple[bytes, ...]:
    """Find the records that were written but are not covered yet.

    Parameters
    ----------
    stored : Stored
        The log as found.
    sealed : SealedStore
        Its openings.

    Returns
    -------
    tuple of bytes
        Whole records that are to be completed; whatever lies behind them is to be cut off.

    Raises
    ------
    VerificationError
        If what lies there cannot come from appends that were cut off.
    """
    size = stored.checkpoint.size
    entries, torn = _whole_entries(stored.tail)
    after = size + len(entries)
    if sealed.last_batch() > after:  # openings put together come to the disk together, their entries need not
        msg = (
            f"records are missing: the sealed part knows record {sealed.last()}, the log ends before "
            f"record {after}; records were removed or an old copy was put back"
        )
        raise VerificationError(msg)
    for seq, entry in enumerate(entries, start=size):
        _demand_written_here(entry, seq, sealed)
    # The opening is durable before the first byte of the entry: bytes without one are not ours.
    _demand(not torn or sealed.last() >= after, _foreign(after))
    _demand(len(torn) <= LARGEST_FRAME * max(1, sealed.last() - after + 1), _foreign(after))
    _demand_leaves_fit(stored, entries)
    return entries


def _covered(folder: Path, mark: Checkpoint | None) -> Checkpoint:
    """Read the checkpoint; one that a power cut emptied or took back is the mark again."""
    path = folder / CHECKPOINT
    with reading(folder):
        arrived = path.read_bytes().rstrip(b"\x00") if path.exists() else b""
    if mark is None or not path.exists():
        return read_checkpoint(folder)
    checkpoint = parse_checkpoint(arrived) if arrived else mark
    newer = mark.size > checkpoint.size and mark.origin == checkpoint.origin
    return mark if newer else checkpoint


def _next_entry(file: BinaryIO) -> bytes | None:
    try:
        return read_frame(file)
    except FrameCutShort:
        return None


def _fits(leaves: bytes, made: bytes, flushed: int) -> bool:
    """Tell whether leaves stand as made, but for some behind the flushed bytes that did not arrive."""
    return leaves[:flushed] == made[:flushed] and _arrived_in_part(leaves[flushed:], made[flushed:])


def _arrived_in_part(found: bytes, made: bytes) -> bool:
    """Tell whether what is there is what was written, or zeros where a block did not arrive."""
    return len(found) <= len(made) and all(one in (0, other) for one, other in zip(found, made, strict=False))


def _whole_entries(tail: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """Split the tail into whole records and what is left of a torn one."""
    entries: list[bytes] = []
    at = 0
    # Some file systems lengthen a file before its bytes arrive: zeros, which no record holds. Blocks may
    # arrive in any order: zeros in front of bytes read as a record of no length.
    while tail[at:].strip(b"\x00"):
        stream = BytesIO(tail[at : at + LARGEST_FRAME])
        try:
            entry = read_frame(stream)
        except FrameCutShort:
            break
        if not entry or b"\x00" in entry:
            break
        entries.append(entry)
        at += stream.tell()
    return tuple(entries), tail[at:]


def _demand_leaves_fit(stored: Stored, entries: tuple[bytes, ...]) -> None:
    """Refuse another leaf: written after its entry is durable, it may lack or be torn, but not differ."""
    made = b"".join(leaf_hash(entry) for entry in entries)
    fits = _arrived_in_part(stored.leaf_tail, made)
    first = stored.checkpoint.size
    _demand(fits, f"leaf {first} does not fit any record that could have been cut off")


def _demand_written_here(entry: bytes, seq: int, sealed: SealedStore) -> None:
    """Refuse a record whose opening, durable before it, does not open every commitment."""
    opening = sealed.get(seq)
    try:
        parsed = parse_entry(entry)
    except VerificationError as error:
        raise VerificationError(_foreign(seq)) from error
    fits = opening is not None and opening.commitments() == parsed.sealed
    _demand(fits and parsed.seq == seq, _foreign(seq))


def _gone(mark: Checkpoint, n_found: int) -> VerificationError:
    """Say that records which were flushed to the disk are not there."""
    return VerificationError(
        f"records are missing: {mark.size} were flushed to the disk, says {MARK}, and the entries "
        f"end at record {n_found}; records were removed or an old copy was put back"
    )


def _foreign(seq: int) -> str:
    return f"record {seq} stands after the end of the log as its checkpoint states it; it was put there"


def _demand(fits: bool, sentence: str) -> None:  # noqa: FBT001  the condition itself, private
    if not fits:
        raise VerificationError(sentence)

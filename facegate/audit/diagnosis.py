"""Which record is bad: called once it is known that the log does not hold.

Three files tell of the same history: entries, leaves, and the root in the checkpoint. Two that
agree against the third say which one was changed, and the first place where entries and leaves
part names the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.frames import FrameCutShort, read_frame
from facegate.audit.merkle import HASH_BYTES, MerkleTree, leaf_hash
from facegate.audit.storage import ENTRIES, LEAVES, reading
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facegate.audit.checkpoint import Checkpoint

SHOWN = 16  # hexadecimal digits of a hash in a sentence


def first_bad_record(folder: Path, checkpoint: Checkpoint) -> VerificationError:
    """Find the first record that breaks the log.

    Parameters
    ----------
    folder : Path
        A log of which something is known not to hold.
    checkpoint : Checkpoint
        What it is held against.

    Returns
    -------
    VerificationError
        To be raised; the sentence names the record and what happened to it.
    """
    with reading(folder):
        found, cut = _entry_hashes(folder, checkpoint.size)
        data = (folder / LEAVES).read_bytes()
    kept = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)][: checkpoint.size]
    apart = _first_apart(found, kept, checkpoint.size)
    if apart is None:
        return VerificationError(_whole_but_wrong(found, checkpoint))
    if _adds_up(found, checkpoint):
        return VerificationError(
            f"leaf {apart} was changed or is missing; record {apart} itself still fits the checkpoint"
        )
    sentence = _record_sentence(apart, found, kept, checkpoint.size, cut=cut)
    if not _adds_up(kept, checkpoint):
        sentence += "; the leaves do not add up to the checkpoint either"
    return VerificationError(sentence)


def _entry_hashes(folder: Path, most: int) -> tuple[list[bytes], str]:
    """Hash the frames that can be read, at most ``most``; and why reading stopped early, if it did."""
    hashes: list[bytes] = []
    with (folder / ENTRIES).open("rb") as file:
        while len(hashes) < most:
            try:
                entry = read_frame(file)
            except FrameCutShort as error:
                return hashes, str(error)
            if entry is None:
                break
            hashes.append(leaf_hash(entry))
    return hashes, ""


def _first_apart(found: Sequence[bytes], kept: Sequence[bytes], size: int) -> int | None:
    """First position where entries and leaves differ, or one of them ends too early."""
    for at in range(size):
        if at >= len(found) or at >= len(kept) or found[at] != kept[at]:
            return at
    return None


def _adds_up(hashes: Sequence[bytes], checkpoint: Checkpoint) -> bool:
    whole = len(hashes) == checkpoint.size and all(len(one) == HASH_BYTES for one in hashes)
    return whole and MerkleTree(b"".join(hashes)).root() == checkpoint.root


def _whole_but_wrong(found: Sequence[bytes], checkpoint: Checkpoint) -> str:
    """Entries and leaves tell one story; the checkpoint tells another."""
    if _adds_up(found, checkpoint):
        return "the log changed while it was being read; verify it again"
    return (
        f"the checkpoint of {checkpoint.size} records does not fit: records and leaves agree with each "
        "other but not with its root, so it was changed, or records and leaves were changed together"
    )


def _record_sentence(at: int, found: Sequence[bytes], kept: Sequence[bytes], size: int, *, cut: str) -> str:
    if at >= len(found):
        if cut:
            return f"record {at} was changed or cut: {cut}"
        return f"record {at} is missing: the checkpoint covers {size} records, the entries end after {at}"
    if at >= len(kept):
        return f"leaf {at} is missing: the checkpoint covers {size} records, the leaves end after {at}"
    if found[at] in kept:
        return f"record {at} is missing or moved: in its place stands record {kept.index(found[at])}"
    if kept[at] in found:
        return f"record {at} was put in later: the true record {at} stands at {found.index(kept[at])}"
    return (
        f"record {at} was changed: it hashes to {found[at].hex()[:SHOWN]}, "
        f"the log holds {kept[at].hex()[:SHOWN]}"
    )

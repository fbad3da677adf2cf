"""Checking the writer's own folder from the ground: everything that can be made again, made again.

Entries are the ground. From them come the leaves, the root, the published tiles, and (in `facegate.gate`) the
index; each is rebuilt and compared, and each but the entries can be mended. The openings must open what the
entries commit to; one that is gone must have been erased by a record that says so.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.audit.diagnosis import first_bad_record
from facegate.audit.entry import parse_entry
from facegate.audit.frames import FrameCutShort, frame, read_frame
from facegate.audit.merkle import HASH_BYTES, leaf_hash
from facegate.audit.published.publish import checkpoint_of
from facegate.audit.published.tile_files import publishing, write_tiles
from facegate.audit.published.tile_stack import TileStack
from facegate.audit.published.tiles import CHECKPOINT, TILE_WIDTH, Tile
from facegate.audit.published.tiles import ENTRIES as BUNDLES
from facegate.audit.sealing.erasure import Erased, erased_by
from facegate.audit.sealing.sealed import SealedStore
from facegate.audit.storage import (
    ENTRIES,
    LEAVES,
    SEALED,
    only_writer,
    read_checkpoint,
    read_entries,
    reading,
    writing,
)
from facegate.durable import replacing
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from facegate.audit.checkpoint import Checkpoint

    Progress = Callable[[int, int], None]

NAMED = 5  # bad files or records in a sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Parameters
    ----------
    about : str
        What was checked.
    said : str
        What was found, as a sentence.
    holds : bool
        Whether it is as it must be.
    mendable : bool
        Whether it can be made anew from the entries.
    """

    about: str
    said: str
    holds: bool
    mendable: bool = False


def check_tree(log: Path, *, progress: Progress | None = None) -> tuple[Finding, Finding]:
    """Rebuild the root and every leaf from the entries.

    Parameters
    ----------
    log : Path
        The writer's folder; it may be appended to meanwhile.
    progress : callable, optional
        Called now and then with (records hashed, records in all).

    Returns
    -------
    Finding
        About the entries and their root.
    Finding
        About the leaves.

    Raises
    ------
    AuditError
        If there is no log, or it cannot be read.
    """
    checkpoint = read_checkpoint(log)
    stack, bad_leaf = TileStack(), None
    try:
        with reading(log), (log / LEAVES).open("rb") as leaves:
            for entries in _bundles(log, checkpoint.size):
                hashes = b"".join(map(leaf_hash, entries))
                if bad_leaf is None and (kept := leaves.read(len(hashes))) != hashes:
                    bad_leaf = stack.size + _first_apart(kept, hashes)
                stack.take(hashes)
                if progress:
                    progress(stack.size, checkpoint.size)
    except FrameCutShort:
        stack = TileStack()  # whose root is no root of this log, unless it is empty
    if stack.size != checkpoint.size or stack.root() != checkpoint.root:
        return (
            Finding("entries", str(first_bad_record(log, checkpoint)), holds=False),
            Finding("leaves", "not judged: the entries do not hold", holds=False),
        )
    found = f"{checkpoint.size} records lead to root {checkpoint.root.hex()}"
    if bad_leaf is None:
        told = Finding("leaves", f"{checkpoint.size} leaves are those of their records", holds=True)
    else:
        sentence = f"leaf {bad_leaf} was changed or is missing; record {bad_leaf} itself fits the checkpoint"
        told = Finding("leaves", sentence, holds=False, mendable=True)
    return Finding("entries", found, holds=True), told


def check_openings(log: Path, *, progress: Progress | None = None) -> Finding:
    """Open every commitment of every record with what is kept for it.

    Parameters
    ----------
    log : Path
        The writer's folder, with its sealed part.
    progress : callable, optional
        Called now and then with (records opened, records in all).

    Returns
    -------
    Finding
        Names the records whose opening is gone without an erasure, opens something else, or is there
        though an erasure says that it is gone.
    """
    missing, wrong, n_opened = set[int](), list[int](), 0
    erased: list[range] = []
    size = read_checkpoint(log).size
    with closing(SealedStore(log / SEALED)) as sealed:
        for seq, data in enumerate(_first(read_entries(log), size)):
            entry = parse_entry(data)
            erased += erased_by(entry)
            try:
                opening = sealed.get(seq)
            except VerificationError:
                wrong.append(seq)
                continue
            if opening is None:
                missing.add(seq)
            elif opening.commitments() == entry.sealed:
                n_opened += 1
            else:
                wrong.append(seq)
            if progress and seq % TILE_WIDTH == 0:
                progress(seq, size)
        gone = Erased(sealed.destroyed_below(size))
    n_gone = len(missing)
    named = Erased(
        (*erased, *Erased.of(read_entries(log, start=size)).runs())
    )  # it may be written to meanwhile
    still = [seq for seq in Erased(erased) if seq not in missing or seq not in gone]
    missing = {seq for seq in missing if seq not in named}
    if not (missing or wrong or still):
        said = f"{n_opened} openings open what the log committed to, {n_gone} were erased on record"
        return Finding("openings", said, holds=True)
    faults = [f"no opening and no erasure of record {_named(sorted(missing))}"] if missing else []
    faults += [f"the opening of record {_named(wrong)} is another than the log committed to"] if wrong else []
    told = "(an old openings.key was put back; the next writer destroys them again)"
    faults += [f"erased on record, but there still: {_named(still)} {told}"] if still else []
    return Finding("openings", "; ".join(faults), holds=False)


def check_published(log: Path, out: Path) -> Finding:
    """Rebuild every tile and bundle of a published log from the entries.

    Parameters
    ----------
    log : Path
        The writer's folder.
    out : Path
        The published folder.

    Returns
    -------
    Finding
        Names the files that are missing or changed.
    """
    with publishing(out):
        if not (out / CHECKPOINT).is_file():
            return Finding("published", f"there is no checkpoint in {out}", holds=False)
        note = (out / CHECKPOINT).read_bytes()
    try:
        shown = checkpoint_of(note)
        stack, bad = _bad_files(log, out, shown)
    except VerificationError as error:
        return Finding("published", f"{out} cannot be held against the log: {error}", holds=False)
    if stack.root() != shown.root:
        said = (
            f"the checkpoint in {out} is of another history: it says root {shown.root.hex()} at {shown.size}"
        )
        return Finding("published", said, holds=False)
    if bad:
        said = f"{len(bad)} files in {out} are missing or changed: {_named(bad)}"
        return Finding("published", said, holds=False, mendable=True)
    return Finding(
        "published", f"every tile of the {shown.size} records shown is rebuilt the same", holds=True
    )


def mend_leaves(log: Path) -> None:
    """Make the leaves anew from the entries, which must lead to the checkpoint's root.

    Raises
    ------
    AuditError
        If the log is open for writing, or the disk refuses.
    VerificationError
        If the entries do not hold.
    """
    with writing(log), only_writer(log):
        checkpoint, stack = read_checkpoint(log), TileStack()
        with replacing(log / LEAVES) as aside, aside.open("wb") as file:
            for entries in _bundles(log, checkpoint.size):
                hashes = b"".join(map(leaf_hash, entries))
                stack.take(hashes)
                file.write(hashes)
            if stack.root() != checkpoint.root:
                raise first_bad_record(log, checkpoint)


def mend_published(log: Path, out: Path) -> None:
    """Write every published file that is missing or changed anew; the checkpoint stays as it is."""
    write_tiles(log, out, checkpoint_of((out / CHECKPOINT).read_bytes()).size, covered=0)


def _bundles(log: Path, size: int) -> Iterator[list[bytes]]:
    """Read entries in runs of 256; raises FrameCutShort, or ends early where an entry is missing."""
    with reading(log), (log / ENTRIES).open("rb") as file:
        for start in range(0, size, TILE_WIDTH):
            entries: list[bytes] = []
            while len(entries) < min(TILE_WIDTH, size - start) and (entry := read_frame(file)) is not None:
                entries.append(entry)
            yield entries


def _bad_files(log: Path, out: Path, shown: Checkpoint) -> tuple[TileStack, list[str]]:
    """Rebuild the tiles that a checkpoint covers; name the files that are not the same."""
    stack, bad = TileStack(), list[str]()
    size = read_checkpoint(log).size
    if shown.size > size:
        msg = f"it shows {shown.size} records, the log holds {size}"
        raise VerificationError(msg)

    def compare(tile: Tile, data: bytes) -> None:
        path = out / tile.path
        with publishing(out):
            if not (path.is_file() and path.read_bytes() == data):
                bad.append(tile.path)

    for index, entries in enumerate(_bundles(log, shown.size)):
        if entries:
            compare(Tile(BUNDLES, index, len(entries)), b"".join(map(frame, entries)))
        for tile, data in stack.take(b"".join(map(leaf_hash, entries))):
            compare(tile, data)
    for tile, data in stack.partial():
        compare(tile, data)
    return stack, bad


def _first(entries: Iterator[bytes], n_wanted: int) -> Iterator[bytes]:
    """Give the first records of a log that may grow meanwhile."""
    return (entry for entry, _ in zip(entries, range(n_wanted), strict=False))


def _first_apart(kept: bytes, hashes: bytes) -> int:
    """Position of the first hash that differs, or is not there."""
    n_hashes = len(hashes) // HASH_BYTES
    same = (
        kept[at * HASH_BYTES : (at + 1) * HASH_BYTES] == hashes[at * HASH_BYTES : (at + 1) * HASH_BYTES]
        for at in range(n_hashes)
    )
    return next((at for at, equal in enumerate(same) if not equal), n_hashes)


def _named(what: list[int] | list[str]) -> str:
    more = f" and {len(what) - NAMED} more" if len(what) > NAMED else ""
    return ", ".join(map(str, what[:NAMED])) + more

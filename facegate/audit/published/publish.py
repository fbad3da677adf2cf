"""Publishing: the writer's log as static files, made and brought up to date.

In this order, and the order is the safety:

1. the signed checkpoint is held against the log, and what was published before against both: a log that
   shrank or was rewritten is refused, and nothing is changed;
2. tiles and bundles that are missing are written, each whole or absent, and flushed;
3. the checkpoint takes the place of the earlier one. Until now readers see the earlier log, whole;
4. partial tiles go whose full tile is there.

Killed at any moment, the folder holds every tile that its checkpoint covers, and publishing again goes on
from there. Full tiles that an earlier checkpoint covers are compared in length, never written again.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.merkle import HASH_BYTES
from facegate.audit.published.tile_files import publishing, write_tiles
from facegate.audit.published.tile_stack import TileStack
from facegate.audit.published.tiles import CHECKPOINT, TILE_BYTES, TILE_WIDTH, Tile
from facegate.audit.published.tiles import ENTRIES as BUNDLES
from facegate.audit.signed.notes import parse_note
from facegate.audit.storage import LEAVES, reading
from facegate.durable import replace_bytes, taken
from facegate.errors import AuditError, InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from facegate.audit.checkpoint import Checkpoint

    Progress = Callable[[int, int], None]


def publish(log: Path, out: Path, signed: bytes, progress: Progress | None = None) -> None:
    """Bring a published folder to the state of a signed checkpoint.

    Parameters
    ----------
    log : Path
        The writer's folder; it may be appended to meanwhile.
    out : Path
        The published folder; made if it is not there.
    signed : bytes
        A signed checkpoint of this log, cosigned or not: published as it is.
    progress : callable, optional
        Called now and then with (records published, records in all).

    Raises
    ------
    InputError
        If ``signed`` is no signed checkpoint.
    VerificationError
        If it is no beginning of the log, or what is published already is no beginning of it. Nothing was
        changed. Or if a record does not fit its leaf: nothing of that is covered by the checkpoint.
    AuditError
        If the log cannot be read, or somebody else publishes into the folder.
    StorageError
        If the disk refuses. The published log is as it was.
    """
    try:
        checkpoint = checkpoint_of(signed)
    except VerificationError as error:
        msg = f"there is no signed checkpoint to publish: {error}"
        raise InputError(msg) from error
    _demand_published_as_beginning(log, out, checkpoint)  # before the folder is even made
    with _only_publisher(out):
        # Again, now that nobody else publishes here.
        old = _demand_published_as_beginning(log, out, checkpoint)
        write_tiles(log, out, checkpoint.size, covered=old, progress=progress)
        replace_bytes(out / CHECKPOINT, signed)
        with publishing(out):
            _remove_partials(out, old, checkpoint.size)


def checkpoint_of(signed: bytes) -> Checkpoint:
    """Read the three lines of a signed checkpoint; no signature is checked.

    Raises
    ------
    VerificationError
        If it is no signed note, or its text no checkpoint.
    """
    return parse_checkpoint(parse_note(signed).text)


def _demand_published_as_beginning(log: Path, out: Path, checkpoint: Checkpoint) -> int:
    """Hold log, new and published checkpoint against each other; give the size published before."""
    old = _published(out)
    roots = _roots(log, {checkpoint.size} | ({old.size} if old else set()))
    if roots.get(checkpoint.size) != checkpoint.root:
        found = roots[checkpoint.size].hex() if checkpoint.size in roots else "none: the log is shorter"
        msg = (
            f"the signed checkpoint of {checkpoint.size} records is not of this log: it says root "
            f"{checkpoint.root.hex()}, the log's is {found}; nothing was published"
        )
        raise VerificationError(msg)
    if old is None:
        return 0
    if old.origin != checkpoint.origin:
        msg = f"{out} holds the log {old.origin}, wanted {checkpoint.origin}; nothing was published"
        raise VerificationError(msg)
    if old.size > checkpoint.size:
        msg = (
            f"{out} already shows {old.size} records, the signed checkpoint covers {checkpoint.size}: "
            "a published log never goes back; nothing was published"
        )
        raise VerificationError(msg)
    if roots[old.size] != old.root:
        msg = (
            f"{out} shows {old.size} records with root {old.root.hex()}, in this log they have "
            f"{roots[old.size].hex()}: the history was rewritten, or it is another log; nothing was published"
        )
        raise VerificationError(msg)
    return old.size


def _published(out: Path) -> Checkpoint | None:
    path = out / CHECKPOINT
    with publishing(out):
        if not path.exists():
            return None
        data = path.read_bytes()
    try:
        return checkpoint_of(data)
    except VerificationError as error:
        msg = f"the checkpoint published in {out} cannot be read: {error}; nothing was published"
        raise VerificationError(msg) from error


def _roots(log: Path, sizes: set[int]) -> dict[int, bytes]:
    """Compute the roots that the log had at some sizes; a size it never had is left out."""
    stack, roots = TileStack(), {}
    with reading(log), (log / LEAVES).open("rb") as leaves:
        for size in sorted(sizes):
            while stack.size < size and (
                data := leaves.read(min(TILE_BYTES, (size - stack.size) * HASH_BYTES))
            ):
                stack.take(data[: len(data) - len(data) % HASH_BYTES])
            if stack.size == size:
                roots[size] = stack.root()
    return roots


def _remove_partials(out: Path, old: int, size: int) -> None:
    """Remove the partial tiles whose full tile is there now: of each level, the one that was filled up."""
    level, was, now = 0, old, size
    while now:
        if was % TILE_WIDTH and was // TILE_WIDTH < now // TILE_WIDTH:
            for kind in (level, BUNDLES) if level == 0 else (level,):
                full = out / Tile(kind, was // TILE_WIDTH).path
                shutil.rmtree(full.with_name(f"{full.name}.p"), ignore_errors=True)
        level, was, now = level + 1, was // TILE_WIDTH, now // TILE_WIDTH


@contextmanager
def _only_publisher(out: Path) -> Iterator[None]:
    """Hold the published folder for one publisher, by a lock that goes with the process."""
    with publishing(out):
        out.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if not taken(descriptor):
            msg = f"somebody else is publishing into {out}; one at a time"
            raise AuditError(msg)
        yield
    finally:
        os.close(descriptor)

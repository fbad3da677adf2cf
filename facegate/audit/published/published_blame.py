"""Which file of a published log is wrong: called once it is known that a bundle does not fit its tile.

Of the records, their leaves, and the hash above (or the signed root), two that agree tell that the third was
changed. Where it is the records, all of the log is read once more, so that a record that only moved is not
called replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.merkle import HASH_BYTES, MerkleTree, leaf_hash
from facegate.audit.published.tiles import TILE_WIDTH, Tile, bundles_of
from facegate.audit.watching.changed import what_changed
from facegate.errors import EntryDropped, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.audit.checkpoint import Checkpoint
    from facegate.audit.published.published_log import PublishedLog
    from facegate.audit.published.tile_stack import TileStack


def who_is_wrong(
    log: PublishedLog, bundle: Tile, checkpoint: Checkpoint, stack: TileStack
) -> tuple[Tile, VerificationError]:
    """Name the record or the tile that was changed.

    Parameters
    ----------
    log : PublishedLog
        What is read.
    bundle : Tile
        A bundle whose records do not hash to the leaves in its level-0 tile.
    checkpoint : Checkpoint
        Signed by the log.
    stack : TileStack
        The tree before this bundle.

    Returns
    -------
    Tile
        The file that is wrong.
    VerificationError
        To be raised.
    """
    tile = Tile(0, bundle.index, bundle.width)
    kept = hashes_of(log.tile(tile))
    found = [leaf_hash(entry) for entry in log.found_entries(bundle)[0]]
    if found[: len(kept)] == kept[: len(found)]:  # what is there is right
        return bundle, _cut_or_dropped(log, bundle)
    if len(found) >= bundle.width and _fits(log, bundle, found[: bundle.width], checkpoint, stack):
        return tile, _wrong_tile(tile, kept, found)
    size = checkpoint.size
    changed = what_changed(lambda: served_leaves(log, size), lambda: _found_leaves(log, size))
    return bundle, changed or VerificationError(f"{bundle.path} changed while it was read; verify it again")


def _cut_or_dropped(log: PublishedLog, bundle: Tile) -> VerificationError:
    """Tell a bundle that ends inside an entry, or too late, from one whose last entries were taken out."""
    try:
        log.bundle(bundle)
    except VerificationError as error:
        entries, cut = log.found_entries(bundle)
        dropped = entries and len(entries) < bundle.width and not cut
        return EntryDropped(str(error)) if dropped else error
    return VerificationError(f"{bundle.path} changed while it was read; verify it again")


def _wrong_tile(tile: Tile, kept: list[bytes], found: list[bytes]) -> VerificationError:
    if not set(kept) & set(found):
        return VerificationError(
            f"{tile.path} is a tile of another log: none of its hashes is that of a record here"
        )
    at = next(at for at in range(tile.width) if kept[at] != found[at])
    seq = tile.start + at
    return VerificationError(
        f"{tile.path} was changed: leaf {seq} is not that of record {seq}, which fits the log"
    )


def _fits(
    log: PublishedLog, bundle: Tile, found: list[bytes], checkpoint: Checkpoint, stack: TileStack
) -> bool:
    """Say whether the records as found lead to the hash above, or for the last bundle to the root."""
    if bundle.width < TILE_WIDTH:
        known = stack.last_leaves
        grown = stack.copy()
        grown.take(b"".join(found)[len(known) :])
        return grown.root() == checkpoint.root and b"".join(found).startswith(known)
    parent = bundle.index // TILE_WIDTH
    width = min(TILE_WIDTH, checkpoint.size // TILE_WIDTH - parent * TILE_WIDTH)
    try:
        above = hashes_of(log.tile(Tile(1, parent, width)))
    except VerificationError:
        return False
    return MerkleTree(b"".join(found)).root() == above[bundle.index % TILE_WIDTH]


def served_leaves(log: PublishedLog, size: int) -> Iterator[bytes]:
    """Read the leaf hashes that are published, 32 bytes each, up to the first tile that cannot be read."""
    for bundle in bundles_of(size):
        try:
            yield from hashes_of(log.tile(Tile(0, bundle.index, bundle.width)))
        except VerificationError:
            return


def _found_leaves(log: PublishedLog, size: int) -> Iterator[bytes]:
    """Hash every entry that can be read."""
    for bundle in bundles_of(size):
        for entry in log.found_entries(bundle)[0]:
            yield leaf_hash(entry)


def hashes_of(data: bytes) -> list[bytes]:
    """Split the hashes of a tile, 32 bytes each."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]

"""One pass over a published log: every entry to its leaf, every tile rebuilt, and the root.

Entries are read bundle by bundle beside their level-0 tiles. The tiles above are made anew from the leaves
and compared as they come, so that nothing has to be kept but the right edge of the tree. What does not fit is
looked at once more before it is named (see `published_blame`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.merkle import HASH_BYTES, leaf_hash
from facegate.audit.published.published_blame import hashes_of, who_is_wrong
from facegate.audit.published.tile_stack import TileStack
from facegate.audit.published.tiles import ENTRIES, TILE_WIDTH, Tile
from facegate.audit.watching.changed import what_changed
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from facegate.audit.checkpoint import Checkpoint
    from facegate.audit.published.published_log import PublishedLog

    Progress = Callable[[int, int], None]
    Take = Callable[[int, bytes, bytes], None]


class PublishedWalk:
    """Goes through a published log from front to back; it can go on when the log has grown.

    Parameters
    ----------
    log : PublishedLog
        What is read.
    take : callable
        Called with (index, entry, leaf hash) of every record that fits its leaf, in order.
    leaves : iterable of bytes
        Runs of leaf hashes verified before, end to end: where to go on.
    watched : collection of int
        Sizes on the way whose roots are wanted.

    Attributes
    ----------
    stack : TileStack
        The tree so far.
    roots : dict of int to bytes
        Roots at the watched sizes that were reached.
    at : Tile
        What was read last: where to look if it failed.
    """

    def __init__(
        self, log: PublishedLog, take: Take, leaves: Iterable[bytes] = (), watched: Collection[int] = ()
    ) -> None:
        self._log = log
        self._take = take
        self.stack = TileStack()
        for run in leaves:
            self.stack.take(run)
        self.at = Tile(ENTRIES, self.stack.size // TILE_WIDTH, 1)
        self._watched = watched
        self.roots = {size: self.stack.root() for size in watched if size == self.stack.size}
        self._apart: tuple[Tile, str] | None = None  # the first upper tile that is not what was rebuilt

    def advance(self, checkpoint: Checkpoint, progress: Progress | None = None) -> None:
        """Verify the records up to a checkpoint, and its root.

        Parameters
        ----------
        checkpoint : Checkpoint
            Signed by the log, at least as long as what was verified.
        progress : callable, optional
            Called with (records verified, records in all).

        Raises
        ------
        VerificationError
            If a file is missing or cut, a record, tile or the root does not fit; `EntryReplaced`,
            `EntryDropped` or `EntryReordered` where it is a record that does not fit its leaf.
        AuditError
            If a file cannot be read.
        """
        first = self.stack.size // TILE_WIDTH
        for index in range(first, -(-checkpoint.size // TILE_WIDTH)):
            width = min(TILE_WIDTH, checkpoint.size - index * TILE_WIDTH)
            self._take_bundle(Tile(ENTRIES, index, width), checkpoint)
            if progress:
                progress(self.stack.size, checkpoint.size)
        for tile, data in self.stack.partial():
            self._compare(tile, data)
        self._demand_root(checkpoint)

    def _take_bundle(self, bundle: Tile, checkpoint: Checkpoint) -> None:
        """Verify the records of one bundle, and the tiles that they complete."""
        self.at = Tile(0, bundle.index, bundle.width)
        leaves = self._log.tile(self.at)
        self.at = bundle
        hashes = [leaf_hash(entry) for entry in self._log.found_entries(bundle)[0]]
        if b"".join(hashes) != leaves:
            self.at, finding = who_is_wrong(self._log, bundle, checkpoint, self.stack)
            raise finding
        known = self.stack.last_leaves  # this very tile's, from when it was narrower
        before = what_changed(lambda: hashes_of(known), lambda: hashes_of(leaves), start=bundle.start)
        if before is not None:
            raise before
        start = len(known) // HASH_BYTES
        for at, entry in enumerate(self._log.bundle(bundle)[start:], start=start):
            self._take(bundle.start + at, entry, hashes[at])
        self._watch(leaves[len(known) :])
        for tile, data in self.stack.take(leaves[len(known) :]):
            if tile.level:  # level 0 was compared above, with what the records hash to
                self._compare(tile, data)

    def _watch(self, leaves: bytes) -> None:
        """Note the roots at watched sizes that lie within the next leaves."""
        size = self.stack.size
        for wanted in self._watched:
            if size < wanted <= size + len(leaves) // HASH_BYTES:
                grown = self.stack.copy()
                grown.take(leaves[: (wanted - size) * HASH_BYTES])
                self.roots[wanted] = grown.root()

    def _compare(self, tile: Tile, rebuilt: bytes) -> None:
        """Hold a tile above level 0 against what it must be; the root will say which of the two is true."""
        if self._apart or not tile.level:
            return
        self.at = tile
        served = self._log.tile(tile)
        if served == rebuilt:
            return
        at = next(at for at in range(tile.width) if _hash(served, at) != _hash(rebuilt, at))
        below = Tile(tile.level - 1, tile.index * TILE_WIDTH + at)
        self._apart = tile, f"hash {at} in {tile.path} is not the root over {below.path}"

    def _demand_root(self, checkpoint: Checkpoint) -> None:
        fits = self.stack.root() == checkpoint.root
        if self._apart is None and fits:
            return
        if self._apart is None:
            msg = (
                f"the signed checkpoint of {checkpoint.size} records does not fit: records and tiles lead to "
                f"root {self.stack.root().hex()}, it says {checkpoint.root.hex()}; it is of another history"
            )
            raise VerificationError(msg)
        self.at, sentence = self._apart
        if fits:
            msg = f"{self.at.path} was changed: {sentence}, though the records lead to the signed root"
        else:
            msg = (
                f"records were changed together with their leaves: {sentence}, and the signed root is another"
            )
        raise VerificationError(msg)


def _hash(data: bytes, at: int) -> bytes:
    return data[at * HASH_BYTES : (at + 1) * HASH_BYTES]

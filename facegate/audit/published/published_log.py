"""Reading a published log: its checkpoint, its tiles, its entries. Nothing is verified here but lengths.

A partial tile may be gone once the full one is there (tlog-tiles allows it, and our own publishing does it):
then the beginning of the full one is read. So a reader with an older checkpoint is served while a log grows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.merkle import HASH_BYTES
from facegate.audit.published.published_source import source_of
from facegate.audit.published.tiles import (
    CHECKPOINT,
    ENTRIES,
    LARGEST_BUNDLE,
    TILE_BYTES,
    TILE_WIDTH,
    Tile,
    bundle_entries,
    demand_hashes,
    read_bundle,
)
from facegate.audit.signed.notes import LARGEST_NOTE, parse_note
from facegate.errors import AuditError, InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.audit.published.published_source import Source


class PublishedLog:
    """A log in tlog-tiles form.

    Parameters
    ----------
    place : Path, str or Source
        Folder, http(s) address, or anything that reads files.

    Raises
    ------
    InputError
        If it is an address of another kind.
    """

    def __init__(self, place: Path | str | Source) -> None:
        self._source = source_of(place) if isinstance(place, (str, Path)) else place

    @property
    def name(self) -> str:
        """Where it is, for people."""
        return self._source.name

    def checkpoint_bytes(self) -> bytes:
        """Read the signed checkpoint as it is published.

        Raises
        ------
        AuditError
            If there is none, or it cannot be read.
        """
        data = self._source.read(CHECKPOINT, most=LARGEST_NOTE)
        if data is None:
            msg = f"there is no published log in {self.name}: it has no checkpoint"
            raise AuditError(msg)
        return data

    def raw(self, tile: Tile) -> bytes | None:
        """Read what stands in a tile's place, whatever it is; None if nothing does."""
        most = LARGEST_BUNDLE if tile.level == ENTRIES else TILE_BYTES + HASH_BYTES
        return self._source.read(tile.path, most=most)

    def tile(self, tile: Tile) -> bytes:
        """Read the hashes of a tile of level 0 or above.

        Returns
        -------
        bytes
            32 for each hash.

        Raises
        ------
        VerificationError
            If it is not there, or of another length.
        AuditError
            If it cannot be read.
        """
        data = self.raw(tile)
        if data is None and tile.width < TILE_WIDTH and (whole := self.raw(tile.full)) is not None:
            return demand_hashes(tile.full, whole)[: tile.width * HASH_BYTES]
        return demand_hashes(tile, self._demand(tile, data))

    def bundle(self, tile: Tile) -> tuple[bytes, ...]:
        """Read the entries of a bundle.

        Raises
        ------
        VerificationError
            If it is not there, or does not hold so many.
        AuditError
            If it cannot be read.
        """
        data = self.raw(tile)
        if data is None and tile.width < TILE_WIDTH and (whole := self.raw(tile.full)) is not None:
            return read_bundle(tile.full, whole)[: tile.width]
        return read_bundle(tile, self._demand(tile, data))

    def found_entries(self, tile: Tile) -> tuple[tuple[bytes, ...], str]:
        """Read as many entries of a bundle as can be read; and why reading stopped early, if it did.

        No length is demanded here: this serves to find out what happened to a bundle.
        """
        data = self.raw(tile)
        if data is None and tile.width < TILE_WIDTH and (whole := self.raw(tile.full)) is not None:
            return bundle_entries(whole)[0][: tile.width], ""
        return bundle_entries(data or b"")

    def leaf_hashes(self, start: int, end: int, *, size: int | None = None) -> Iterator[bytes]:
        """Read the leaf hashes [start, end), 32 bytes each; see `tile` and, for ``size``, `entries`."""
        for tile in _over(0, start, end, self._size(end, size)):
            data = self.tile(tile)
            for at in range(max(start, tile.start), min(end, tile.start + tile.width)):
                yield data[(at - tile.start) * HASH_BYTES :][:HASH_BYTES]

    def entries(self, start: int, end: int, *, size: int | None = None) -> Iterator[bytes]:
        """Read the entries [start, end); see `bundle`.

        Parameters
        ----------
        start, end : int
            Where to begin, and the first that is not wanted.
        size : int, optional
            Records that a checkpoint of this log covers, at least ``end``: it says which tiles there are.
            Left out, the published checkpoint is read, unverified.

        Yields
        ------
        bytes
            One entry.

        Raises
        ------
        InputError
            If the log is shorter.
        """
        for tile in _over(ENTRIES, start, end, self._size(end, size)):
            yield from self.bundle(tile)[max(start - tile.start, 0) : end - tile.start]

    def _size(self, end: int, size: int | None) -> int:
        size = parse_checkpoint(parse_note(self.checkpoint_bytes()).text).size if size is None else size
        if end > size:
            msg = f"there is no record {end - 1} in {self.name}: it shows {size}, counted from 0"
            raise InputError(msg)
        return size

    def _demand(self, tile: Tile, data: bytes | None) -> bytes:
        if data is None:
            what = "bundle" if tile.level == ENTRIES else "tile"
            msg = f"{what} {tile.path} is missing from {self.name}"
            raise VerificationError(msg)
        return data


def _over(level: int, start: int, end: int, size: int) -> Iterator[Tile]:
    """List the tiles of level 0 or of entries that hold [start, end), for a log of ``size`` records."""
    for index in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
        yield Tile(level, index, min(TILE_WIDTH, size - index * TILE_WIDTH))

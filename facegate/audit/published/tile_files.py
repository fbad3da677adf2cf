"""Writing tiles and bundles: each whole or absent, flushed, and only where it does not stand already."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from facegate.audit.frames import frame
from facegate.audit.merkle import HASH_BYTES, leaf_hash
from facegate.audit.published.tile_stack import TileStack
from facegate.audit.published.tiles import ENTRIES as BUNDLES
from facegate.audit.published.tiles import TILE_WIDTH, Tile
from facegate.audit.storage import ENTRIES, LEAVES, next_entry, reading
from facegate.durable import fsync_path, write_at
from facegate.errors import StorageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Progress = Callable[[int, int], None]


MISSING = "is missing from the log; it was not published"


def write_tiles(log: Path, out: Path, size: int, *, covered: int, progress: Progress | None = None) -> None:
    """Write every tile and bundle of the first records of a log that is not there yet; all flushed.

    Parameters
    ----------
    log : Path
        The writer's folder.
    out : Path
        The published folder.
    size : int
        Records.
    covered : int
        Records that were published whole before: their full tiles are compared in length only. 0 compares
        every file and writes what differs.
    progress : callable, optional
        Called with (records published, records in all).

    Raises
    ------
    VerificationError
        If a record does not fit its leaf, or a file published before is gone or has another length.
    AuditError
        If the log cannot be read.
    StorageError
        If the disk refuses.
    """
    files = _TileFiles(out, covered=covered)
    with reading(log):
        _write_all(log, size, files, progress)
    files.flush()


class _TileFiles:
    """Writes the tiles that are missing, and remembers which folders must be flushed."""

    def __init__(self, out: Path, *, covered: int) -> None:
        self._out = out
        self._covered = covered  # records that the earlier checkpoint covers
        self._folders: set[Path] = {out}

    def tile(self, tile: Tile, data: bytes) -> None:
        """Put a tile in its place, unless it stands there.

        A full tile that an earlier checkpoint covers was whole then, and cannot have another content now.
        What came later may be left of a publishing that was killed, or of another log: it is read.
        """
        path = self._out / tile.path
        with publishing(self._out):
            if self._covers(tile):
                self._demand_length(path, tile, len(data))
            elif not (path.is_file() and path.read_bytes() == data):
                self._write(path, data)

    def covers_bundle(self, tile: Tile) -> bool:
        """Say whether a bundle was published whole before."""
        return self._covers(tile)

    def demand_length(self, tile: Tile, length: int) -> None:
        """Hold a bundle that was published before to its length."""
        with publishing(self._out):
            self._demand_length(self._out / tile.path, tile, length)

    def flush(self) -> None:
        """Bring the names of all files to the disk."""
        with publishing(self._out):
            for folder in sorted(self._folders):
                fsync_path(folder)

    def _covers(self, tile: Tile) -> bool:
        return tile.width == TILE_WIDTH and Tile(tile.level, tile.index + 1).start <= self._covered

    def _demand_length(self, path: Path, tile: Tile, wanted: int) -> None:
        found = path.stat().st_size if path.is_file() else None
        if found != wanted:
            state = "is missing" if found is None else f"holds {found} bytes, wanted {wanted}"
            msg = (
                f"{tile.path} was published in {self._out} and {state}: it was changed; "
                "`facegate log fsck --published --repair` makes it anew"
            )
            raise VerificationError(msg)

    def _write(self, path: Path, data: bytes) -> None:
        """Write a file whole or not at all; the next attempt takes over the name aside."""
        self._make(path.parent)
        aside = path.with_name(f".{path.name}.aside")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            write_at(descriptor, data, 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        aside.replace(path)
        self._folders.add(path.parent)

    def _make(self, folder: Path) -> None:
        if folder in self._folders or folder.is_dir():
            return
        self._make(folder.parent)
        folder.mkdir()
        self._folders |= {folder, folder.parent}


def _write_all(log: Path, size: int, files: _TileFiles, progress: Progress | None) -> None:
    """Go once through entries and leaves, bundle by bundle."""
    stack = TileStack()
    with (log / ENTRIES).open("rb") as entries, (log / LEAVES).open("rb") as leaves:
        for start in range(0, size, TILE_WIDTH):
            width = min(TILE_WIDTH, size - start)
            tile = Tile(BUNDLES, start // TILE_WIDTH, width)
            hashes = leaves.read(width * HASH_BYTES)
            frames = [next_entry(entries, start + at, missing=MISSING) for at in range(width)]
            if files.covers_bundle(tile):
                files.demand_length(tile, sum(len(frame(entry)) for entry in frames))
            else:
                _demand_leaves(frames, hashes, start)
                files.tile(tile, b"".join(frame(entry) for entry in frames))
            for full, data in stack.take(hashes):
                files.tile(full, data)
            if progress:
                progress(start + width, size)
    for partial, data in stack.partial():
        files.tile(partial, data)


def _demand_leaves(entries: list[bytes], hashes: bytes, start: int) -> None:
    """Publish no record that does not hash to its leaf: somebody changed it."""
    for at, entry in enumerate(entries):
        if leaf_hash(entry) != hashes[at * HASH_BYTES : (at + 1) * HASH_BYTES]:
            msg = f"record {start + at} was changed: it does not hash to its leaf; it was not published"
            raise VerificationError(msg)


@contextmanager
def publishing(out: Path) -> Iterator[None]:
    """Say in one sentence that the disk refused, and what follows from it."""
    try:
        yield
    except OSError as error:
        msg = f"could not publish into {out}: {error.strerror or error}; the published log is as it was"
        raise StorageError(msg) from error

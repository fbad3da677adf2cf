"""Tiles: a log as plain files that any web server can give out (C2SP tlog-tiles).

::

    checkpoint                          signed note
    tile/<L>/<N>[.p/<W>]                up to 256 hashes of level L, 32 bytes each
    tile/entries/<N>[.p/<W>]            up to 256 entries, each behind its length in two bytes

- Level 0 holds leaf hashes; a hash of level L + 1 is the root over one *full* tile of level L.
- N stands in groups of three digits, all but the last behind an ``x``: 1234067 is ``x001/x234/067``.
- A tile of fewer than 256 hashes is partial, its width W behind ``.p/``. An empty one is never written,
  and a partial one is never hashed upward.
- Full tiles never change; the first W hashes of a partial tile are those of the full one.

Pure: no file, no network. The bytes of a bundle are those of the writer's ``entries`` file (see `frames`).

References
----------
C2SP tlog-tiles, "Merkle Tree" and "Log Entries".
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.audit.frames import LARGEST_FRAME, FrameCutShort, read_frame
from facegate.audit.merkle import HASH_BYTES
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator

TILE_WIDTH = 256
TILE_BYTES = TILE_WIDTH * HASH_BYTES
LARGEST_BUNDLE = TILE_WIDTH * LARGEST_FRAME  # bytes
ENTRIES = -1  # the level of a bundle of entries, which stands below the leaves
CHECKPOINT = "checkpoint"

_GROUP = 1_000


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One tile: where it stands and how wide it is.

    Parameters
    ----------
    level : int
        0 for leaf hashes, upward; `ENTRIES` for a bundle of entries.
    index : int
        Position in its level, from 0.
    width : int
        Hashes or entries in it, 1 to 256.

    Raises
    ------
    InputError
        If there can be no such tile.

    Examples
    --------
    >>> Tile(0, 1_234_067).path
    'tile/0/x001/x234/067'
    >>> Tile(ENTRIES, 273, 112).path
    'tile/entries/273.p/112'
    """

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not (ENTRIES <= self.level <= 63 and self.index >= 0 and 1 <= self.width <= TILE_WIDTH):  # noqa: PLR2004  levels 0 to 63, tlog-tiles
            msg = f"there is no tile of level {self.level}, index {self.index}, width {self.width}"
            raise InputError(msg)

    @property
    def path(self) -> str:
        """Where it stands under the log's prefix."""
        whole = f"tile/{'entries' if self.level == ENTRIES else self.level}/{_grouped(self.index)}"
        return whole if self.width == TILE_WIDTH else f"{whole}.p/{self.width}"

    @property
    def full(self) -> Tile:
        """The full tile that this one is the beginning of."""
        return Tile(self.level, self.index)

    @property
    def start(self) -> int:
        """First entry it says anything about."""
        return self.index << 8 * (max(self.level, 0) + 1)  # 256 to that power


def tiles_of(size: int) -> Iterator[Tile]:
    """List every hash tile of a tree, level by level; the partial one of each level comes last.

    Parameters
    ----------
    size : int
        Leaves, from 0.

    Yields
    ------
    Tile
        Of level 0 first. Nothing for an empty tree.

    Examples
    --------
    >>> [tile.path for tile in tiles_of(256)]
    ['tile/0/000', 'tile/1/000.p/1']
    """
    level = 0
    while size:
        yield from _of_level(level, size)
        level, size = level + 1, size // TILE_WIDTH


def bundles_of(size: int) -> Iterator[Tile]:
    """List the bundles of the entries of a log of this size, in order."""
    return _of_level(ENTRIES, size)


def demand_hashes(tile: Tile, data: bytes) -> bytes:
    """Give the hashes of a tile, or refuse bytes that cannot be them.

    Parameters
    ----------
    tile : Tile
        A tile of level 0 or above.
    data : bytes
        What was found in its place.

    Returns
    -------
    bytes
        The same bytes: 32 for each hash.

    Raises
    ------
    VerificationError
        If they are too few or too many.
    """
    wanted = tile.width * HASH_BYTES
    if len(data) != wanted:
        what = "cut short" if len(data) < wanted else "too long"
        msg = f"{tile.path} is {what}: {len(data)} bytes, wanted {wanted} ({tile.width} hashes)"
        raise VerificationError(msg)
    return data


def read_bundle(tile: Tile, data: bytes) -> tuple[bytes, ...]:
    """Read the entries of a bundle, or refuse bytes that cannot be them.

    Parameters
    ----------
    tile : Tile
        Of level `ENTRIES`.
    data : bytes
        What was found in its place.

    Returns
    -------
    tuple of bytes
        As many entries as the tile is wide.

    Raises
    ------
    VerificationError
        If they are too few or too many, or the last is cut.
    """
    entries, cut = bundle_entries(data)
    if len(entries) == tile.width and not cut:
        return entries
    at = tile.start + len(entries)
    if len(entries) >= tile.width:
        more = f"{len(entries) - tile.width} more entries" if len(entries) > tile.width else "more bytes"
        msg = f"{tile.path} is too long: {more} after the {tile.width} wanted"
    else:
        why = f": {cut}" if cut else ""
        msg = f"{tile.path} is cut short: {len(entries)} of {tile.width} entries, record {at} is missing{why}"
    raise VerificationError(msg)


def bundle_entries(data: bytes) -> tuple[tuple[bytes, ...], str]:
    """Read as many entries as there are; and why reading stopped early, empty if it did not."""
    stream, entries = io.BytesIO(data), []
    try:
        while (entry := read_frame(stream)) is not None:
            entries.append(entry)
    except FrameCutShort as error:
        return tuple(entries), str(error)
    return tuple(entries), ""


def _of_level(level: int, n_hashes: int) -> Iterator[Tile]:
    n_full, width = divmod(n_hashes, TILE_WIDTH)
    for index in range(n_full):
        yield Tile(level, index)
    if width:
        yield Tile(level, n_full, width)


def _grouped(index: int) -> str:
    index, last = divmod(index, _GROUP)
    groups = [f"{last:03d}"]
    while index:
        index, group = divmod(index, _GROUP)
        groups.append(f"x{group:03d}")
    return "/".join(reversed(groups))

"""The right edge of a growing tree: all that is needed to make its tiles and its root.

A tree of a million records keeps at most 255 hashes of each level here, so that whoever reads a log from
front to back needs no memory for it. Pure: tiles come out as they are completed.
"""

from __future__ import annotations

from facegate.audit.merkle import EMPTY_ROOT, HASH_BYTES, MerkleTree
from facegate.audit.published.tiles import TILE_BYTES, Tile
from facegate.errors import InputError


class TileStack:
    """Takes leaf hashes in order, gives tiles and roots.

    Examples
    --------
    >>> stack = TileStack()
    >>> [tile.path for tile, _ in stack.take(bytes(300 * 32))]
    ['tile/0/000']
    >>> stack.size, [tile.path for tile, _ in stack.partial()]
    (300, ['tile/0/001.p/44', 'tile/1/000.p/1'])
    """

    __slots__ = ("_edges", "_n_full")

    def __init__(self) -> None:
        self._edges = [bytearray()]  # of each level: the hashes of its tile that is not full yet
        self._n_full = [0]  # of each level: its full tiles

    @property
    def size(self) -> int:
        """Leaves taken."""
        return (self._n_full[0] * TILE_BYTES + len(self._edges[0])) // HASH_BYTES

    @property
    def last_leaves(self) -> bytes:
        """Leaf hashes of the level-0 tile that is not full yet, 32 bytes each."""
        return bytes(self._edges[0])

    def copy(self) -> TileStack:
        """Give another one that grows on its own."""
        other = TileStack()
        other._edges = [bytearray(edge) for edge in self._edges]
        other._n_full = list(self._n_full)
        return other

    def take(self, leaves: bytes) -> list[tuple[Tile, bytes]]:
        """Add leaf hashes.

        Parameters
        ----------
        leaves : bytes
            Any number of them, 32 bytes each, end to end.

        Returns
        -------
        list of (Tile, bytes)
            The tiles that they completed, each with its 256 hashes; a lower one before what it leads to.

        Raises
        ------
        InputError
            If they are no whole number of hashes.
        """
        if len(leaves) % HASH_BYTES:
            msg = f"leaf hashes are 32 bytes each, got {len(leaves)} bytes in all"
            raise InputError(msg)
        completed, at = [], 0
        while at < len(leaves):
            room = TILE_BYTES - len(self._edges[0])
            completed += self._add(0, leaves[at : at + room])
            at += room
        return completed

    def partial(self) -> list[tuple[Tile, bytes]]:
        """Give the tiles that are not full, level 0 first; none of a level that has no hash over."""
        return [
            (Tile(level, self._n_full[level], len(edge) // HASH_BYTES), bytes(edge))
            for level, edge in enumerate(self._edges)
            if edge
        ]

    def root(self) -> bytes:
        """Compute the root over all leaves taken, 32 bytes.

        The ragged part below stands as the last hash of the level above: RFC 6962 splits at a power of
        two, and every full tile ends at one.
        """
        below = b""
        for edge in self._edges:
            if hashes := bytes(edge) + below:
                below = MerkleTree(hashes).root()
        return below or EMPTY_ROOT

    def _add(self, level: int, hashes: bytes) -> list[tuple[Tile, bytes]]:
        """Add hashes to a level, at most as many as its tile has room for."""
        if level == len(self._edges):
            self._edges.append(bytearray())
            self._n_full.append(0)
        edge = self._edges[level]
        edge += hashes
        if len(edge) < TILE_BYTES:
            return []
        tile, data = Tile(level, self._n_full[level]), bytes(edge)
        edge.clear()
        self._n_full[level] += 1
        return [(tile, data), *self._add(level + 1, MerkleTree(data).root())]

"""The Merkle tree of RFC 6962: roots, inclusion proofs, consistency proofs.

- Leaf hash: ``SHA-256(0x00 || entry)``. Node hash: ``SHA-256(0x01 || left || right)``. The prefixes
  keep a node from ever passing for a leaf; they are fixed here and never read from a proof.
- A tree of n leaves splits at the largest power of two below n. No padding, no leaf counted twice.
- Pure: no file, no clock. Hashes are 32 bytes; a proof is a sequence of hashes, leaf's end first.

References
----------
RFC 6962 section 2.1; RFC 9162 section 2.1 (the same hashes).
"""

from __future__ import annotations

from hashlib import sha256

from facegate.errors import InputError

HASH_BYTES = 32
PAIR_BYTES = 2 * HASH_BYTES
EMPTY_ROOT = sha256(b"").digest()

_LEAF = b"\x00"
_NODE = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry as a leaf.

    Parameters
    ----------
    entry : bytes
        The entry exactly as it stands in the log.

    Returns
    -------
    bytes
        32 bytes.

    Examples
    --------
    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees of 32 bytes each into their parent of 32 bytes."""
    return sha256(_NODE + left + right).digest()


class MerkleTree:
    """A tree that grows by appending, and proves any of its own earlier states.

    Parameters
    ----------
    leaf_hashes : bytes
        Leaf hashes to begin with, 32 bytes each, one after the other.

    Raises
    ------
    InputError
        If the leaf hashes are no whole number of hashes.

    Examples
    --------
    >>> tree = MerkleTree()
    >>> tree.append(leaf_hash(b""))
    >>> tree.size, tree.root() == leaf_hash(b"")
    (1, True)
    """

    __slots__ = ("_levels",)

    def __init__(self, leaf_hashes: bytes = b"") -> None:
        if len(leaf_hashes) % HASH_BYTES:
            msg = f"leaf hashes are 32 bytes each, got {len(leaf_hashes)} bytes in all"
            raise InputError(msg)
        # Level k holds the roots of all complete subtrees of 2**k leaves, concatenated: two
        # children stand next to each other, so a parent is one hash over 64 neighboring bytes.
        self._levels = [bytearray(leaf_hashes)]
        while len(self._levels[-1]) >= PAIR_BYTES:
            self._levels.append(_parents(self._levels[-1]))

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0]) // HASH_BYTES

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash of 32 bytes at the end.

        Raises
        ------
        InputError
            If it is not 32 bytes.
        """
        if len(leaf) != HASH_BYTES:
            msg = f"a leaf hash is 32 bytes, got {len(leaf)}"
            raise InputError(msg)
        self._levels[0] += leaf
        height = 0
        while len(self._levels[height]) % PAIR_BYTES == 0:
            parent = sha256(_NODE + self._levels[height][-PAIR_BYTES:]).digest()
            height += 1
            if height == len(self._levels):
                self._levels.append(bytearray())
            self._levels[height] += parent

    def leaf(self, index: int) -> bytes:
        """Give the leaf hash at ``index``, in [0, size)."""
        self._demand(0 <= index < self.size, f"leaf {index} of a tree of {self.size}")
        return self._complete(index, 0)

    def root(self, size: int | None = None) -> bytes:
        """Compute the root over the first leaves.

        Parameters
        ----------
        size : int, optional
            How many leaves, in [0, tree size]; all of them if left out.

        Returns
        -------
        bytes
            32 bytes; SHA-256 of nothing for size 0.

        Raises
        ------
        InputError
            If the tree is smaller than ``size``.
        """
        size = self.size if size is None else size
        self._demand(0 <= size <= self.size, f"root over {size} leaves of a tree of {self.size}")
        return self._subtree(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Prove that the leaf at ``index`` is in the tree of the first ``size`` leaves.

        Parameters
        ----------
        index : int
            In [0, size).
        size : int, optional
            In [1, tree size]; the whole tree if left out.

        Returns
        -------
        list of bytes
            The leaf's sibling first (RFC 6962 section 2.1.1).

        Raises
        ------
        InputError
            If there is no such leaf or no such size.
        """
        size = self.size if size is None else size
        fits = 0 <= index < size <= self.size
        self._demand(fits, f"inclusion of leaf {index} in size {size} of a tree of {self.size}")
        proof = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                proof.append(self._subtree(middle, end))
                end = middle
            else:
                proof.append(self._subtree(start, middle))
                start = middle
        return proof[::-1]

    def consistency_proof(self, old_size: int, new_size: int | None = None) -> list[bytes]:
        """Prove that the tree of ``new_size`` leaves only adds to the tree of ``old_size``.

        Parameters
        ----------
        old_size : int
            In [0, new_size].
        new_size : int, optional
            At most the tree size; the whole tree if left out.

        Returns
        -------
        list of bytes
            RFC 6962 section 2.1.2; empty if the sizes are equal or the old tree is empty.

        Raises
        ------
        InputError
            If the sizes do not fit.
        """
        new_size = self.size if new_size is None else new_size
        fits = 0 <= old_size <= new_size <= self.size
        self._demand(fits, f"consistency of {old_size} with {new_size} in a tree of {self.size}")
        if old_size in {0, new_size}:
            return []
        proof = []
        start, end, known = 0, new_size, True
        while end != old_size:
            middle = start + _split(end - start)
            if old_size <= middle:
                proof.append(self._subtree(middle, end))
                end = middle
            else:
                proof.append(self._subtree(start, middle))
                start, known = middle, False
        if not known:  # the verifier holds the old root only, not this part of it
            proof.append(self._subtree(start, end))
        return proof[::-1]

    def _complete(self, position: int, height: int) -> bytes:
        """Read the root of one complete subtree of ``2**height`` leaves."""
        return bytes(self._levels[height][position * HASH_BYTES : (position + 1) * HASH_BYTES])

    def _subtree(self, start: int, end: int) -> bytes:
        """Root over the leaves [start, end); start is a multiple of a power of two at least as long."""
        width = end - start
        if width & (width - 1) == 0:
            height = width.bit_length() - 1
            return self._complete(start >> height, height)
        middle = start + _split(width)
        return node_hash(self._subtree(start, middle), self._subtree(middle, end))

    @staticmethod
    def _demand(fits: bool, what: str) -> None:  # noqa: FBT001  the condition itself, private
        if not fits:
            msg = f"there is no {what} leaves"
            raise InputError(msg)


def _split(size: int) -> int:
    """Largest power of two below ``size``, for sizes above 1."""
    return 1 << ((size - 1).bit_length() - 1)


def _parents(level: bytearray) -> bytearray:
    """Hash each complete pair of one level."""
    whole = len(level) - len(level) % PAIR_BYTES
    view = bytes(level)
    return bytearray(
        b"".join(sha256(_NODE + view[at : at + PAIR_BYTES]).digest() for at in range(0, whole, PAIR_BYTES))
    )

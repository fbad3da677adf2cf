"""Checking Merkle proofs (RFC 6962): is a record in the tree, is one tree the start of another.

- Needs no log, no key, no server: a root, two sizes or an index, and the proof.
- Computing a root from a proof and comparing it are two functions.
- The size of a tree is no part of its root. A proof shown with the wrong size can pass, so size and
  root always come together, from one checkpoint.

References
----------
RFC 6962 section 2.1; RFC 9162 section 2.1 (the same hashes, with the algorithms of these checks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.merkle import EMPTY_ROOT, HASH_BYTES, node_hash
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Sequence


def root_from_inclusion_proof(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Compute the root that a leaf and its proof lead to.

    Parameters
    ----------
    leaf : bytes
        Leaf hash, 32 bytes.
    index, size : int
        Claimed place of the leaf, 0 <= index < size.
    proof : sequence of bytes
        The leaf's sibling first.

    Returns
    -------
    bytes
        32 bytes, to be compared with a root obtained elsewhere.

    Raises
    ------
    VerificationError
        If the proof cannot belong to such a place: wrong length, wrong hash width, index out of range.

    References
    ----------
    RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size:
        msg = f"inclusion proof: index {index} is not in a tree of {size} leaves"
        raise VerificationError(msg)
    _demand_hashes((leaf, *proof), "inclusion proof")
    node, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            msg = f"inclusion proof: {len(proof)} hashes are too many for leaf {index} of {size}"
            raise VerificationError(msg)
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            node, last = _skip_missing_levels(node, last)
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    if last:
        msg = f"inclusion proof: {len(proof)} hashes are too few for leaf {index} of {size}"
        raise VerificationError(msg)
    return root


def verify_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf stands at ``index`` in the tree of ``size`` leaves with this root.

    Parameters
    ----------
    leaf, root : bytes
        32 bytes each; the root from a checkpoint, never from whoever shows the proof.
    index, size : int
        Place of the leaf and size of the tree.
    proof : sequence of bytes
        The leaf's sibling first.

    Raises
    ------
    VerificationError
        If it does not.
    """
    found = root_from_inclusion_proof(leaf, index=index, size=size, proof=proof)
    _demand_same(found, root, f"inclusion proof of leaf {index} of {size}")


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the newer tree holds the older one unchanged as its beginning.

    Parameters
    ----------
    old_size, new_size : int
        0 <= old_size <= new_size.
    old_root, new_root : bytes
        32 bytes each, from two checkpoints.
    proof : sequence of bytes
        RFC 6962 section 2.1.2; empty if the sizes are equal or the old one is 0.

    Raises
    ------
    VerificationError
        If it does not: history was rewritten, or the proof is not one.

    References
    ----------
    RFC 9162 section 2.1.4.2, whose step numbers stand beside the code.
    """
    what = f"consistency proof from {old_size} to {new_size}"
    if not 0 <= old_size <= new_size:
        msg = f"{what}: the sizes run backward"
        raise VerificationError(msg)
    _demand_hashes((old_root, new_root, *proof), what)
    if old_size in {0, new_size}:
        _verify_without_hashes(old_size, new_size, old_root, new_root, proof)
        return
    if not proof:  # step 1
        msg = f"{what}: no hashes, wanted at least one"
        raise VerificationError(msg)
    power_of_two = old_size & (old_size - 1) == 0
    first, *rest = (old_root, *proof) if power_of_two else proof  # step 2
    node, last = old_size - 1, new_size - 1  # step 3
    while node & 1:  # step 4
        node, last = node >> 1, last >> 1
    old_found = new_found = first  # step 5
    for sibling in rest:  # step 6
        if last == 0:
            msg = f"{what}: {len(proof)} hashes are too many"
            raise VerificationError(msg)
        if node & 1 or node == last:
            old_found, new_found = node_hash(sibling, old_found), node_hash(sibling, new_found)
            node, last = _skip_missing_levels(node, last)
        else:
            new_found = node_hash(new_found, sibling)
        node, last = node >> 1, last >> 1
    if last:  # step 7
        msg = f"{what}: {len(proof)} hashes are too few"
        raise VerificationError(msg)
    _demand_same(old_found, old_root, f"{what}, older root")
    _demand_same(new_found, new_root, f"{what}, newer root")


def _verify_without_hashes(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Sizes that need no hashes: anything follows nothing, and a tree follows itself."""
    what = f"consistency proof from {old_size} to {new_size}"
    if proof:
        msg = f"{what}: {len(proof)} hashes, wanted none"
        raise VerificationError(msg)
    if old_size == 0:
        _demand_same(EMPTY_ROOT, old_root, f"{what}, older root")
    if old_size == new_size:
        _demand_same(old_root, new_root, f"{what}, newer root")


def _skip_missing_levels(node: int, last: int) -> tuple[int, int]:
    """On the ragged right edge, climb past the levels where the node has no sibling."""
    while not node & 1 and node:
        node, last = node >> 1, last >> 1
    return node, last


def _demand_hashes(hashes: Sequence[bytes], what: str) -> None:
    for one in hashes:
        if len(one) != HASH_BYTES:
            msg = f"{what}: a hash of {len(one)} bytes, wanted 32"
            raise VerificationError(msg)


def _demand_same(found: bytes, wanted: bytes, what: str) -> None:
    if found != wanted:
        msg = f"{what}: leads to root {found.hex()}, wanted {wanted.hex()}"
        raise VerificationError(msg)

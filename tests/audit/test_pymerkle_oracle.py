"""Roots against pymerkle (GPL, tests only): its roots are RFC 6962, its proofs have a form of their own."""

from __future__ import annotations

import pytest

from facegate.audit.merkle import MerkleTree, leaf_hash
from facegate.audit.published.tile_stack import TileStack

pymerkle = pytest.importorskip("pymerkle", reason="pymerkle is not installed")

# The leaves of the certificate transparency reference implementation.
CT_LEAVES = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]


def roots(entries: list[bytes]) -> list[tuple[bytes, bytes, bytes]]:
    """Give the roots at every size: pymerkle's, the tree's, and the tile stack's."""
    theirs, tree, stack = pymerkle.InmemoryTree(algorithm="sha256"), MerkleTree(), TileStack()
    found = [(theirs.get_root(0), tree.root(), stack.root())]
    for entry in entries:
        theirs.append_entry(entry)
        tree.append(leaf_hash(entry))
        stack.take(leaf_hash(entry))
        found.append((theirs.get_root(), tree.root(), stack.root()))
    return found


@pytest.mark.parametrize("entries", [CT_LEAVES, [b"%d" % number for number in range(300)]], ids=["CT", "300"])
def test_every_root_is_that_of_an_independent_library(entries: list[bytes]) -> None:
    for size, (theirs, ours, stacked) in enumerate(roots(entries)):
        assert (size, theirs) == (size, ours) == (size, stacked)

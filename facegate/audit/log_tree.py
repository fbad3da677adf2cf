"""The tree over a log's records, for proofs: read beside the writer, and held against its checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.merkle import HASH_BYTES, MerkleTree
from facegate.audit.storage import LEAVES, read_checkpoint, reading
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.audit.checkpoint import Checkpoint


def read_tree(folder: Path) -> tuple[Checkpoint, MerkleTree]:
    """Read the acknowledged state of a log and the tree over exactly its records.

    Parameters
    ----------
    folder : Path
        The writer's folder; it may be appended to meanwhile.

    Returns
    -------
    Checkpoint
        Origin, size and root.
    MerkleTree
        Of that size and root: gives inclusion and consistency proofs.

    Raises
    ------
    AuditError
        If there is no log in the folder, or it cannot be read.
    VerificationError
        If the leaves do not lead to the root.
    """
    checkpoint = read_checkpoint(folder)
    with reading(folder), (folder / LEAVES).open("rb") as file:
        leaves = file.read(checkpoint.size * HASH_BYTES)
    if len(leaves) != checkpoint.size * HASH_BYTES:
        n_leaves = len(leaves) // HASH_BYTES
        msg = f"the log {folder} covers {checkpoint.size} records, the leaves of {n_leaves} are there"
        raise VerificationError(msg)
    tree = MerkleTree(leaves)
    if tree.root() != checkpoint.root:
        msg = (
            f"the leaves of the log {folder} do not lead to the root of its checkpoint: something was changed"
        )
        raise VerificationError(msg)
    return checkpoint, tree

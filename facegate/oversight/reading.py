"""The state of a log that a report names, and its events, read from the same folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.merkle import MerkleTree, leaf_hash
from facegate.audit.storage import SEALED, read_checkpoint, read_entries
from facegate.errors import InputError, VerificationError
from facegate.oversight.sources import LogState

if TYPE_CHECKING:
    from pathlib import Path


def log_state(log: Path, *, size: int | None = None) -> LogState:
    """Give the state of a log at a size, its root worked out from the records themselves.

    Parameters
    ----------
    log : Path
        The log's folder.
    size : int, optional
        How many records, from the first; all that are acknowledged if left out.

    Returns
    -------
    LogState
        Origin, size and root.

    Raises
    ------
    AuditError
        If the log cannot be read.
    InputError
        If the log is shorter than that.
    VerificationError
        If a record is damaged, or the records are not those the log's checkpoint covers.
    """
    checkpoint = read_checkpoint(log)
    wanted = checkpoint.size if size is None else size
    if not 0 <= wanted <= checkpoint.size:
        msg = f"the log holds {checkpoint.size} records, wanted its state at {wanted}"
        raise InputError(msg)
    tree = MerkleTree()
    for seq, data in enumerate(read_entries(log)):
        if seq >= checkpoint.size:  # acknowledged while this was reading
            break
        tree.append(leaf_hash(data))
    if tree.root(checkpoint.size) != checkpoint.root:
        msg = "the records are not those the log's checkpoint covers; `facegate log verify` names the first"
        raise VerificationError(msg)
    return LogState(checkpoint.origin, wanted, tree.root(wanted).hex())


def has_openings(log: Path) -> bool:
    """Tell whether the folder holds the sealed part beside the public one."""
    return (log / SEALED).exists()

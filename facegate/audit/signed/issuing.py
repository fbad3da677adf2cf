"""Making receipts of records that stand on the log, for whoever shall be able to show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.keys.log_keys import demand_goes_on
from facegate.audit.log_tree import read_tree
from facegate.audit.signed.cosigned import read_cosigned
from facegate.audit.signed.receipt import Receipt
from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from facegate.audit.keys.log_keys import LogKeys
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint


def issue_receipts(
    log: Path, keys: LogKeys, indexes: Iterable[int], *, at: datetime
) -> tuple[Mapping[int, Receipt], bool]:
    """Make a receipt for each of some records, all from one signed state of the log.

    Parameters
    ----------
    log : Path
        The writer's folder; it may be appended to meanwhile.
    keys : LogKeys
        Its keys.
    indexes : iterable of int
        Places of the records.
    at : datetime
        Now, with its zone.

    Returns
    -------
    receipts : mapping of int to Receipt
        By place.
    witnessed : bool
        Whether the state is one that witnesses cosigned. If the last cosigned one does not cover every
        record, the state is the newest, under the log's own signature alone.

    Raises
    ------
    InputError
        If a record is not on the log.
    VerificationError
        If the log does not hold, or contradicts what was signed or cosigned before.
    StorageError
        If the disk refuses.
    """
    wanted = sorted(set(indexes))
    checkpoint, tree = read_tree(log)
    signed: SignedCheckpoint
    if not wanted or wanted[0] < 0 or wanted[-1] >= checkpoint.size:
        got = f"{wanted[0]} to {wanted[-1]}" if wanted else "none"
        msg = f"receipts are made of records 0 to {checkpoint.size - 1}, got {got}"
        raise InputError(msg)
    cosigned = read_cosigned(log, keys=keys.vkeys)
    if cosigned is not None:
        demand_goes_on(checkpoint, tree.root, cosigned.checkpoint, "the checkpoint that witnesses cosigned")
    witnessed = cosigned is not None and wanted[-1] < cosigned.checkpoint.size
    if cosigned is not None and witnessed:
        signed = cosigned
    else:
        signed, tree = keys.sign_newest(log, at=at)
    size, data = signed.checkpoint.size, signed.encode()
    return {one: Receipt(one, tuple(tree.inclusion_proof(one, size)), data) for one in wanted}, witnessed

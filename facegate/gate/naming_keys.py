"""Putting the log's own keys on the log: the first record of their chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.keys.key_chain import KEY, key_record
from facegate.audit.signed.notes import ED25519

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.audit.keys.log_keys import LogKeys
    from facegate.gate.ledger.ledger import Ledger


def name_keys(ledger: Ledger, keys: LogKeys, at: datetime) -> int:
    """Name the keys in force on a log that names none yet.

    Parameters
    ----------
    ledger : Ledger
        Of the log.
    keys : LogKeys
        Its keys.
    at : datetime
        Now, with its zone.

    Returns
    -------
    int
        Position of the record.
    """
    beside = tuple(one for one in keys.vkeys if one.kind != ED25519)
    return ledger.record(KEY, at=at, public=key_record(keys.signers[0], beside=beside, at=at), sealed={})

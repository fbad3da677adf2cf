"""The newest checkpoint of a log that witnesses cosigned, kept beside the log.

::

    HOME/log/cosigned      a signed note: the log's signatures, then the witnesses'

Receipts of records that it covers are made from it, and witnesses are asked from its size on. It can be
lost: witnesses name their size themselves, and a new one is made the next time they are asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.signed.notes import LARGEST_NOTE, parse_note
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.audit.storage import reading
from facegate.durable import replace_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from facegate.audit.signed.notes import VerifierKey
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint

COSIGNED = "cosigned"


def read_cosigned(log: Path, *, keys: Iterable[VerifierKey]) -> SignedCheckpoint | None:
    """Read the kept checkpoint; None if none was kept, or the keys that signed it are no longer in force.

    Parameters
    ----------
    log : Path
        The log's folder.
    keys : iterable of VerifierKey
        The log's own, those in force.

    Raises
    ------
    AuditError
        If it cannot be read.
    VerificationError
        If it is no signed checkpoint, or a signature by one of the keys does not hold.
    """
    path = log / COSIGNED
    if not path.exists():
        return None
    with reading(log), path.open("rb") as file:
        data = file.read(LARGEST_NOTE + 1)
    own = tuple(keys)
    note = parse_note(data)
    if not any(note.by(key) for key in own):
        return None  # of the time before a rotation: good for its old receipts, not for new ones
    return open_checkpoint(data, keys=own)


def keep_cosigned(log: Path, signed: SignedCheckpoint) -> None:
    """Keep a cosigned checkpoint in place of the one before, unless that one is of a larger log.

    Raises
    ------
    StorageError
        If the disk refuses; the one before still stands.
    """
    path = log / COSIGNED
    if path.exists() and parse_checkpoint(parse_note(path.read_bytes()).text).size > signed.checkpoint.size:
        return  # another process asked later, and was answered first
    replace_bytes(path, signed.encode())

"""A log's files at its beginning: made empty, or found to be another log's, or not whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.checkpoint import Checkpoint
from facegate.audit.merkle import EMPTY_ROOT
from facegate.audit.sealing.sealed import SealedStore
from facegate.audit.storage import CHECKPOINT, ENTRIES, LEAVES, MARK, SEALED
from facegate.durable import fsync_path, replace_bytes
from facegate.errors import AuditError, VerificationError

if TYPE_CHECKING:
    from pathlib import Path


def make_log_files(folder: Path, origin: str) -> None:
    """Make an empty log; its checkpoint comes last, so a log half made is one not yet there.

    Raises
    ------
    VerificationError
        If parts of a log are there already.
    """
    for name in (ENTRIES, LEAVES):
        path = folder / name
        if path.exists() and path.stat().st_size:
            msg = f"the log {folder} is not whole: {CHECKPOINT} is missing, {name} is there"
            raise VerificationError(msg)
        path.touch()
    sealed = SealedStore.create(folder / SEALED)
    last = sealed.last()
    sealed.close()
    if last >= 0:
        msg = f"the log {folder} is not whole: {SEALED} knows record {last}, the log itself is gone"
        raise VerificationError(msg)
    fsync_path(folder)
    empty = Checkpoint(origin, 0, EMPTY_ROOT).text()
    replace_bytes(folder / MARK, empty)
    replace_bytes(folder / CHECKPOINT, empty)


def open_sealed(folder: Path) -> SealedStore:
    """Open the sealed part of a log.

    Raises
    ------
    VerificationError
        If it is missing.
    """
    if not (folder / SEALED).exists():
        msg = f"the log {folder} is not whole: {SEALED} is missing, and with it what opens the sealed fields"
        raise VerificationError(msg)
    return SealedStore(folder / SEALED)


def demand_same_origin(folder: Path, found: str, wanted: str) -> None:
    """Refuse a log of another name.

    Raises
    ------
    AuditError
        If it has one.
    """
    if found != wanted:
        msg = f"the log {folder} is {found}, wanted {wanted}"
        raise AuditError(msg)

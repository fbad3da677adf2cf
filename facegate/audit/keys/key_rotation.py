"""Changing a log's key, so that a kill at any moment leaves either key usable and the log true.

1. the new key is made as ``log-next.pem`` (or found there from a rotation that was cut off);
2. the record that names it is on the log, signed by both;
3. ``log.pem`` becomes ``log-previous.pem``, ``log-next.pem`` becomes ``log.pem``; ``log.vkey`` is written.

Both sign from then on, until the old one is retired. One that leaked is removed at once: what it signs
from now on vouches for nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from facegate.audit.keys.key_chain import LEAKED, ROTATION, key_record
from facegate.audit.keys.log_keys import (
    LOG_KEY,
    PREVIOUS_KEY,
    PUBLIC_KEYS,
    LogKeys,
    create_private,
    read_private,
    write_public,
)
from facegate.audit.signed.notes import MLDSA44_COSIGNATURE
from facegate.durable import fsync_path
from facegate.errors import InputError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from facegate.audit.canonical import JSONValue
    from facegate.audit.keys.key_chain import KeyPeriod
    from facegate.audit.signed.signing import Ed25519Signer

NEXT_KEY = "log-next.pem"


def prepare_rotation(
    keys: LogKeys, *, random_bytes: Callable[[int], bytes], leaked: bool, at: datetime
) -> tuple[Ed25519Signer, dict[str, JSONValue]]:
    """Make the next key, and the record that names it: step 1.

    Parameters
    ----------
    keys : LogKeys
        In force.
    random_bytes : callable
        Source of secret bytes.
    leaked : bool
        Whether the key in force may be in other hands.
    at : datetime
        Now, with its zone.

    Returns
    -------
    signer : Ed25519Signer
        The next key.
    public : dict of str to JSONValue
        For the log; when it is there, call `finish_rotation`.

    Raises
    ------
    InputError
        If the key is in a token, or the one before still signs.
    StorageError
        If the disk refuses.
    """
    if not (keys.folder / LOG_KEY).exists():
        msg = "a key in a token is not rotated from here: make another key there, and a log of a new name"
        raise InputError(msg)
    if (keys.folder / PREVIOUS_KEY).exists():
        msg = "the key before this one still signs; `facegate keys retire` ends that, then rotate"
        raise InputError(msg)
    path = keys.folder / NEXT_KEY
    exists = path.exists()
    signer = (
        read_private(path, keys.origin)
        if exists
        else create_private(path, keys.origin, random_bytes=random_bytes)
    )
    beside = tuple(one for one in keys.vkeys if one.kind == MLDSA44_COSIGNATURE)
    reason = LEAKED if leaked else ROTATION
    return signer, key_record(signer, beside=beside, previous=keys.signers[0], reason=reason, at=at)


def finish_rotation(keys: LogKeys, *, leaked: bool) -> LogKeys:
    """Put the next key in the place of the one in force: step 3, when the record is on the log.

    Raises
    ------
    StorageError
        If the disk refuses: call it again.
    """
    folder = keys.folder
    try:
        if (folder / NEXT_KEY).exists():
            if leaked:
                (folder / LOG_KEY).unlink(missing_ok=True)
            elif (folder / LOG_KEY).exists() and not (folder / PREVIOUS_KEY).exists():
                os.link(folder / LOG_KEY, folder / PREVIOUS_KEY)
            (folder / NEXT_KEY).replace(folder / LOG_KEY)
            fsync_path(folder)
    except OSError as error:
        msg = f"could not change the key in {folder}: {error.strerror}; say it again"
        raise StorageError(msg) from error
    return _rewritten(keys)


def settle_rotation(folder: Path, origin: str, periods: tuple[KeyPeriod, ...]) -> bool:
    """Finish a rotation that is on the log and was cut off.

    Parameters
    ----------
    folder : Path
        ``HOME/keys``.
    origin : str
        Name of the log.
    periods : tuple of KeyPeriod
        Its keys, as the log tells.

    Returns
    -------
    bool
        Whether there was one.
    """
    in_force = periods[-1].key if periods else None
    for name in (NEXT_KEY, LOG_KEY):
        path = folder / name
        if path.exists() and read_private(path, origin).key == in_force:
            stale = name == NEXT_KEY or in_force.line() not in (folder / PUBLIC_KEYS).read_text().splitlines()
            if stale:
                leaked = len(periods) > 1 and periods[-2].leaked
                finish_rotation(LogKeys(folder, origin, ()), leaked=leaked)
            return stale
    return False


def retire_previous(keys: LogKeys) -> LogKeys:
    """End the signing of the key before; its signatures stay valid.

    Raises
    ------
    InputError
        If there is none.
    """
    path = keys.folder / PREVIOUS_KEY
    if not path.exists():
        msg = "there is no key before this one that still signs"
        raise InputError(msg)
    # First out of the public keys: a kill before the file is gone leaves it without a say.
    signers = tuple(one for one in keys.signers if one.key != read_private(path, keys.origin).key)
    write_public(keys.folder, signers)
    path.unlink()
    fsync_path(keys.folder)
    return LogKeys(keys.folder, keys.origin, signers)


def _rewritten(keys: LogKeys) -> LogKeys:
    """Write the public keys anew from the private ones that lie there now."""
    signers = LogKeys.private_of(keys.folder, keys.origin)
    write_public(keys.folder, signers)
    return LogKeys(keys.folder, keys.origin, signers)

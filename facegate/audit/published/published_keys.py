"""From the keys that a verifier knows to the one that signs a published log now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.keys.key_chain import KEY, key_periods, keys_after
from facegate.audit.signed.notes import parse_note
from facegate.audit.verify import entry_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.audit.published.published_log import PublishedLog
    from facegate.audit.signed.notes import VerifierKey

_NAMES_KEY = f'"kind":"{KEY}"'.encode()  # most records do not: reading those is not worth it


def keys_of(log: PublishedLog, shown: bytes, keys: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Follow the log's records from the keys a verifier knows to the one that signs now.

    Parameters
    ----------
    log : PublishedLog
        Where the records are.
    shown : bytes
        Its checkpoint; nothing of it is believed yet.
    keys : sequence of VerifierKey
        The verifier's own.

    Returns
    -------
    tuple of VerifierKey
        The same keys if one of them signed; or else those that each change of keys, signed by the one
        before, leads to. What is read on the way is not verified: only the signatures on it count.

    Raises
    ------
    VerificationError
        If the chain is broken, or leads over a key that leaked.
    """
    note = parse_note(shown)
    if any(note.by(key) for key in keys):
        return tuple(keys)
    checkpoint = parse_checkpoint(note.text)
    read = enumerate(log.entries(0, checkpoint.size, size=checkpoint.size))
    named = (entry_at(seq, data) for seq, data in read if _NAMES_KEY in data)
    return keys_after(key_periods(named, origin=checkpoint.origin), keys)

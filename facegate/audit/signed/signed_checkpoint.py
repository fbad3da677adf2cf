"""The checkpoint with its signatures: what a log publishes and stands by.

A log must never sign two checkpoints that contradict each other. Whoever holds both has the proof.

References
----------
C2SP tlog-checkpoint, signed-note; tlog-tiles ("at least one Ed25519 signature").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.audit.checkpoint import Checkpoint, parse_checkpoint
from facegate.audit.signed.notes import Note, Signature, VerifierKey, parse_note
from facegate.audit.signed.signing import verified_signatures
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from facegate.audit.signed.signing import Signer


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A state of a log, and who signed it. Made by `sign_checkpoint` and `open_checkpoint`.

    Parameters
    ----------
    checkpoint : Checkpoint
        Origin, size and root.
    note : Note
        The same as text, with every signature that came with it; those by unknown keys unchecked.
    """

    checkpoint: Checkpoint
    note: Note

    def encode(self) -> bytes:
        """Write the signed note."""
        return self.note.encode()

    def with_signatures(self, more: Iterable[Signature]) -> SignedCheckpoint:
        """Add signatures; one by a key that has signed already takes the place of the older one."""
        added = tuple(more)
        newer = {(one.name, one.key_id) for one in added}
        kept = tuple(one for one in self.note.signatures if (one.name, one.key_id) not in newer)
        return SignedCheckpoint(self.checkpoint, Note(self.note.text, kept + added))


def sign_checkpoint(checkpoint: Checkpoint, signers: Iterable[Signer], *, at: datetime) -> SignedCheckpoint:
    """Sign a state of the log.

    Parameters
    ----------
    checkpoint : Checkpoint
        What the log stands by from now on.
    signers : iterable of Signer
        The log's keys, at least one; each named as the origin.
    at : datetime
        Goes into signatures that carry a time.

    Returns
    -------
    SignedCheckpoint
        Signatures in the order of the signers.

    Raises
    ------
    InputError
        If there is no signer, or one is named otherwise than the log.
    """
    text = checkpoint.text()
    with_keys = tuple(signers)
    if not with_keys:
        msg = f"the checkpoint of {checkpoint.origin} needs at least one key to be signed with, got none"
        raise InputError(msg)
    for signer in with_keys:
        if signer.key.name != checkpoint.origin:
            msg = f"the key {signer.key.name} cannot sign for the log {checkpoint.origin}: the names differ"
            raise InputError(msg)
    return SignedCheckpoint(checkpoint, Note(text, tuple(signer.sign(text, at=at) for signer in with_keys)))


def open_checkpoint(data: bytes, *, keys: Iterable[VerifierKey]) -> SignedCheckpoint:
    """Read a signed checkpoint and check that the log signed it.

    Parameters
    ----------
    data : bytes
        A signed note.
    keys : iterable of VerifierKey
        Known keys, from the reader's own settings. Those named as the checkpoint's origin are the log's.

    Returns
    -------
    SignedCheckpoint
        State and signatures; those by keys that are not among ``keys`` are kept and unchecked.

    Raises
    ------
    InputError
        If two keys share name and id.
    VerificationError
        If it is no signed checkpoint, a signature by a known key does not hold, or none is by the log.
    """
    note = parse_note(data)
    checkpoint = parse_checkpoint(note.text)
    known = tuple(keys)
    verified = verified_signatures(note, known)
    if not any(key.name == checkpoint.origin for key, _ in verified):
        names = ", ".join(sorted({key.name for key in known})) or "none"
        msg = (
            f"the checkpoint of {checkpoint.origin} is not signed by a known key of that log "
            f"(known keys: {names})"
        )
        raise VerificationError(msg)
    return SignedCheckpoint(checkpoint, note)

r"""Making and checking the signatures of notes: Ed25519, and cosignatures with a time.

===================  =====================  ==========================================================
kind                 signature              what is signed
===================  =====================  ==========================================================
0x01 Ed25519         64 bytes               the note's text
0x04 Ed25519         8 bytes time, 64       ``cosignature/v1\n``, ``time <seconds>\n``, the note's text
0x06 ML-DSA-44       8 bytes time, 2,420    ``subtree/v1\n\0``, name, time, origin, 0, size, root
===================  =====================  ==========================================================

- A log signs with 0x01, and with 0x06 beside it; witnesses cosign with 0x04 or 0x06.
- 0x04 does not sign the cosigner's name: one Ed25519 key must never serve two cosigners.
- Times are whole POSIX seconds, big-endian. What they are worth is the cosigner's word.

References
----------
C2SP signed-note, "Ed25519 signatures"; C2SP tlog-cosignature; RFC 8032; FIPS 204.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.signed.ed25519 import verify_ed25519
from facegate.audit.signed.mldsa44 import verify_mldsa44
from facegate.audit.signed.notes import (
    ED25519,
    ED25519_COSIGNATURE,
    MLDSA44_COSIGNATURE,
    Signature,
    VerifierKey,
    demand_distinct,
)
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

    from facegate.audit.signed.notes import Note

TIME_BYTES = 8
ED25519_BYTES = 64
MLDSA44_BYTES = 2_420
LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z: what a date can hold, far below 2**63 - 1

_LABEL = b"subtree/v1\n\x00"
_BLOB_BYTES = {
    ED25519: ED25519_BYTES,
    ED25519_COSIGNATURE: TIME_BYTES + ED25519_BYTES,
    MLDSA44_COSIGNATURE: TIME_BYTES + MLDSA44_BYTES,
}


class Signer(Protocol):
    """Whatever can sign a note: a key in a file, or one in a token."""

    @property
    def key(self) -> VerifierKey:
        """What others need to check its signatures."""
        ...

    def sign(self, text: bytes, *, at: datetime) -> Signature:
        """Sign the text of a note at a time, which must know its zone."""
        ...


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """A log's own key, kind 0x01. The time is no part of its signatures.

    Parameters
    ----------
    name : str
        The log's origin.
    private : Ed25519PrivateKey
        Never printed, never logged.
    """

    name: str
    private: Ed25519PrivateKey

    @property
    def key(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, ED25519, self.private.public_key().public_bytes_raw())

    def sign(self, text: bytes, *, at: datetime) -> Signature:  # noqa: ARG002  the kind carries no time
        """Sign the text; the same key and text give the same 64 bytes (RFC 8032)."""
        return _signature(self.key, self.private.sign(text))


@dataclass(frozen=True, slots=True)
class Ed25519Cosigner:
    """A witness's key, kind 0x04.

    Parameters
    ----------
    name : str
        The witness.
    private : Ed25519PrivateKey
        Used by this witness and under this name only: the name is not signed.
    """

    name: str
    private: Ed25519PrivateKey

    @property
    def key(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, ED25519_COSIGNATURE, self.private.public_key().public_bytes_raw())

    def sign(self, text: bytes, *, at: datetime) -> Signature:
        """Cosign the text of a checkpoint; ``at`` is signed too, in whole seconds after 1970.

        Raises
        ------
        InputError
            If the time has no zone or lies outside 1970 to 9999.
        """
        seconds = _seconds(at)
        return _signature(self.key, _time(seconds) + self.private.sign(_ed25519_message(seconds, text)))


@dataclass(frozen=True, slots=True)
class MLDSACosigner:
    """A witness's or a log's post-quantum key, kind 0x06.

    Parameters
    ----------
    name : str
        The witness, or the log's origin.
    private : MLDSA44PrivateKey
        See `facegate.audit.signed.mldsa44.private_from_seed`.
    """

    name: str
    private: MLDSA44PrivateKey

    @property
    def key(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, MLDSA44_COSIGNATURE, self.private.public_key().public_bytes_raw())

    def sign(self, text: bytes, *, at: datetime) -> Signature:
        """Cosign a checkpoint: 2,420 bytes that differ from call to call.

        Raises
        ------
        InputError
            If the time has no zone or lies outside 1970 to 9999.
        VerificationError
            If the text is no checkpoint: this kind signs origin, size and root, no other text.
        """
        seconds = _seconds(at)
        return _signature(
            self.key, _time(seconds) + self.private.sign(_mldsa44_message(self.name, seconds, text))
        )


def verify_signature(key: VerifierKey, note_text: bytes, signature: Signature) -> None:
    """Check one signature against one key.

    Parameters
    ----------
    key : VerifierKey
        From the reader's own settings, never from the note.
    note_text : bytes
        Text of the note, its last newline included.
    signature : Signature
        One of the note's.

    Raises
    ------
    VerificationError
        If it says to be another key's, has another length, or does not hold.
    AuditError
        If it is ML-DSA-44 and the installed cryptography package lacks it.
    """
    what = f"the signature of {key.name}"
    if not signature.by(key):
        msg = f"{what} is by {signature.name} with id {signature.key_id.hex()}, wanted {key.key_id.hex()}"
        raise VerificationError(msg)
    if len(signature.blob) != _BLOB_BYTES[key.kind]:
        msg = f"{what} is {len(signature.blob)} bytes, wanted {_BLOB_BYTES[key.kind]}"
        raise VerificationError(msg)
    if key.kind == ED25519:
        verify_ed25519(key.public, signature.blob, note_text, what=what)
        return
    seconds = _seconds_of(signature)
    signed = signature.blob[TIME_BYTES:]
    if key.kind == ED25519_COSIGNATURE:
        verify_ed25519(key.public, signed, _ed25519_message(seconds, note_text), what=what)
    else:
        verify_mldsa44(key.public, signed, _mldsa44_message(key.name, seconds, note_text), what=what)


def verified_signatures(note: Note, keys: Iterable[VerifierKey]) -> tuple[tuple[VerifierKey, Signature], ...]:
    """Give those of a note's signatures that are by known keys, each of them checked.

    Signatures by unknown keys are passed over: anybody can add one. A bad one by a known key means that
    the note is not what was signed, so the whole of it is refused.

    Parameters
    ----------
    note : Note
        Text and signatures.
    keys : iterable of VerifierKey
        Known keys, no two with one name and id.

    Returns
    -------
    tuple of (VerifierKey, Signature)
        In the order of the keys.

    Raises
    ------
    InputError
        If two keys share name and id.
    VerificationError
        If a signature by a known key does not hold.
    """
    known = tuple(keys)
    demand_distinct(known)
    found = [(key, signature) for key in known for signature in note.by(key)]
    for key, signature in found:
        verify_signature(key, note.text, signature)
    return tuple(found)


def cosigned_at(signature: Signature) -> datetime:
    """Read when a cosigner says that it signed.

    Parameters
    ----------
    signature : Signature
        A cosignature (kind 0x04 or 0x06), checked before.

    Returns
    -------
    datetime
        UTC, whole seconds. 1970-01-01 means the time 0: the cosigner makes no statement about a time.

    Raises
    ------
    VerificationError
        If it is no cosignature, or the time is none.
    """
    return datetime.fromtimestamp(_seconds_of(signature), tz=UTC)


def _signature(key: VerifierKey, blob: bytes) -> Signature:
    return Signature(key.name, key.key_id, blob)


def _time(seconds: int) -> bytes:
    return struct.pack(">Q", seconds)


def _seconds(at: datetime) -> int:
    if at.tzinfo is None:
        msg = f"cosignature: the time {at} has no zone"
        raise InputError(msg)
    seconds = int(at.timestamp())
    if not 0 <= seconds <= LAST_SECOND:
        msg = f"cosignature: the time {at} is before 1970 or after 9999"
        raise InputError(msg)
    return seconds


def _seconds_of(signature: Signature) -> int:
    if len(signature.blob) <= ED25519_BYTES:
        msg = f"the signature of {signature.name} carries no time: it is no cosignature"
        raise VerificationError(msg)
    (seconds,) = struct.unpack(">Q", signature.blob[:TIME_BYTES])
    if seconds > LAST_SECOND:
        msg = f"the signature of {signature.name} is dated {seconds} seconds after 1970, which is no date"
        raise VerificationError(msg)
    return int(seconds)


def _ed25519_message(seconds: int, text: bytes) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n".encode() + text


def _mldsa44_message(name: str, seconds: int, text: bytes) -> bytes:
    """Write tlog-cosignature's ``cosigned_message`` for a whole tree: start 0, end its size."""
    checkpoint = parse_checkpoint(text)
    size = struct.pack(">QQ", 0, checkpoint.size)
    return _LABEL + _short(name) + _time(seconds) + _short(checkpoint.origin) + size + checkpoint.root


def _short(text: str) -> bytes:
    """Write a text behind its length, one byte; `VerifierKey` and `parse_checkpoint` hold it below 256."""
    data = text.encode()
    return bytes([len(data)]) + data

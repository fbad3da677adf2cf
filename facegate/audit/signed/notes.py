"""Signed notes: a text, one blank line, one line for each signature; and the keys that check them.

::

    facegate.example/test
    8
    XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

    — facegate.example/test HiEy+tRlX5RiOB6MrFlvY+6p8WGCc3UB...

    facegate.example/test+1e2132fa+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4     its verifier key

- A signature line names its key twice: by name and by four bytes of a hash over name, kind and key.
- This file reads and writes; whether a signature holds says `facegate.audit.signed.signing`.

References
----------
C2SP signed-note, "Format", "Signatures", "Verifier keys".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from facegate.audit.signed.base64_text import decode_base64, encode_base64
from facegate.errors import InputError, VerificationError

ED25519: Final = 0x01
ED25519_COSIGNATURE: Final = 0x04
MLDSA44_COSIGNATURE: Final = 0x06

LARGEST_NOTE = 262_144  # bytes: 64 post-quantum signatures of 3.3 kB each fit
MOST_SIGNATURES = 64  # the specification asks for 16 at least; a policy may name 32 witnesses
LONGEST_NAME = 255  # bytes of a key's name: a cosignature stores the length in one
ID_BYTES = 4
PUBLIC_BYTES = {ED25519: 32, ED25519_COSIGNATURE: 32, MLDSA44_COSIGNATURE: 1_312}

_DASH = "\u2014 "
_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name, for one kind of signature.

    Parameters
    ----------
    name : str
        Such as ``facegate.example/test``: no space, no plus, no control character.
    kind : int
        `ED25519`, `ED25519_COSIGNATURE` or `MLDSA44_COSIGNATURE`.
    public : bytes
        32 bytes for Ed25519 (RFC 8032), 1,312 for ML-DSA-44 (FIPS 204).

    Raises
    ------
    InputError
        If the name has another form or is longer than 255 bytes, the kind is unknown, or the key has
        another length.
    """

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        demand_key_name(self.name)
        if len(self.name.encode()) > LONGEST_NAME:
            msg = f"key name {self.name[:40]!r}...: {len(self.name.encode())} bytes, at most {LONGEST_NAME}"
            raise InputError(msg)
        wanted = PUBLIC_BYTES.get(self.kind)
        if wanted is None:
            msg = f"key {self.name}: kind 0x{self.kind:02x} is none that is checked here, wanted 01, 04 or 06"
            raise InputError(msg)
        if len(self.public) != wanted:
            msg = f"key {self.name}: a public key of {len(self.public)} bytes, wanted {wanted}"
            raise InputError(msg)

    @property
    def key_id(self) -> bytes:
        """First 4 bytes of SHA-256 over name, newline, kind and public key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:ID_BYTES]

    def line(self) -> str:
        """Write the key as one line without a newline: name, id, kind and key."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def from_line(cls, text: str) -> VerifierKey:
        """Read what `line` wrote; one newline behind it is allowed.

        Parameters
        ----------
        text : str
            ``name+id+base64``.

        Returns
        -------
        VerifierKey
            The key.

        Raises
        ------
        InputError
            If it is anything but such a line, or the id is not the hash of name, kind and key.
        """
        name, key_id, packed = _three_parts(text.removesuffix("\n"))
        try:
            material = decode_base64(packed, what=f"verifier key {name}: the key")
        except VerificationError as error:
            raise InputError(str(error)) from error
        key = cls(name, material[0] if material else 0, material[1:])
        if key.key_id.hex() != key_id:
            msg = f"verifier key {name}: id {key_id} is not that of name and key, which is {key.key_id.hex()}"
            raise InputError(msg)
        return key


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line, read.

    Parameters
    ----------
    name : str
        Name of the key that is said to have signed.
    key_id : bytes
        Its id, 4 bytes.
    blob : bytes
        What the key made: 64 bytes for Ed25519; for a cosignature, 8 bytes of time before the signature.
    """

    name: str
    key_id: bytes
    blob: bytes

    def by(self, key: VerifierKey) -> bool:
        """Whether it says to be this key's: name and id. It may still be forged."""
        return self.name == key.name and self.key_id == key.key_id

    def line(self) -> bytes:
        """Write the line, newline included."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.blob)}\n".encode()


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signatures.

    Parameters
    ----------
    text : bytes
        UTF-8, ends in a newline; what is signed.
    signatures : tuple of Signature
        In the order of their lines.
    """

    text: bytes
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """Write text, blank line and signature lines."""
        return self.text + b"\n" + b"".join(signature.line() for signature in self.signatures)

    def by(self, key: VerifierKey) -> tuple[Signature, ...]:
        """Give the signatures that say to be this key's."""
        return tuple(signature for signature in self.signatures if signature.by(key))


def parse_note(data: bytes) -> Note:
    """Read a signed note strictly; no signature is checked.

    Parameters
    ----------
    data : bytes
        At most 262,144 bytes with 1 to 64 signatures.

    Returns
    -------
    Note
        Text and signatures.

    Raises
    ------
    VerificationError
        If it is too long, not UTF-8, holds a control character, has no blank line, or a line after the
        last blank one is no signature.
    """
    if len(data) > LARGEST_NOTE:
        msg = f"signed note: {len(data):,} bytes, at most {LARGEST_NOTE:,}"
        raise VerificationError(msg)
    _demand_utf8(data)
    if _CONTROL.search(data):
        msg = "signed note: a control character other than newline"
        raise VerificationError(msg)
    # The *last* blank line separates: a text may hold blank lines, and whatever looks like a signature
    # before the last one is text that was signed.
    text, blank, lines = data.rpartition(b"\n\n")
    if not blank or not lines.endswith(b"\n"):
        msg = "signed note: wanted a text, a blank line, and signature lines, each ended by a newline"
        raise VerificationError(msg)
    return Note(text + b"\n", parse_signature_lines(lines))


def parse_signature_lines(lines: bytes) -> tuple[Signature, ...]:
    """Read signature lines alone, as a witness answers them.

    Parameters
    ----------
    lines : bytes
        1 to 64 lines, each ended by a newline.

    Returns
    -------
    tuple of Signature
        In their order.

    Raises
    ------
    VerificationError
        If one of them is no signature line, or there are none or too many.
    """
    found = _demand_utf8(lines).removesuffix("\n").split("\n")
    if len(found) > MOST_SIGNATURES:
        msg = f"signed note: {len(found)} signatures, at most {MOST_SIGNATURES}"
        raise VerificationError(msg)
    return tuple(_signature(line) for line in found)


def parse_keys(text: str) -> tuple[VerifierKey, ...]:
    """Read a file of verifier keys: one a line; empty lines and lines that begin with ``#`` are passed over.

    Raises
    ------
    InputError
        If a line is no verifier key, a key stands twice, or there is none.
    """
    lines = [line.strip(" \t\r") for line in text.split("\n")]
    keys = tuple(VerifierKey.from_line(line) for line in lines if line and not line.startswith("#"))
    if not keys:
        msg = "wanted at least one verifier key, such as facegate.example/test+1e2132fa+AQOh..., got none"
        raise InputError(msg)
    demand_distinct(keys)
    return keys


def demand_distinct(keys: tuple[VerifierKey, ...]) -> None:
    """Refuse two keys under one name and one id: nobody could say which of them a signature is by.

    Raises
    ------
    InputError
        If there are two.
    """
    known: set[tuple[str, bytes]] = set()
    for key in keys:
        if (key.name, key.key_id) in known:
            msg = f"two keys are named {key.name} with id {key.key_id.hex()}: a signature could be by either"
            raise InputError(msg)
        known.add((key.name, key.key_id))


def demand_key_name(name: str) -> None:
    """Refuse a name that could not stand in a signature line or a verifier key.

    Raises
    ------
    InputError
        If it is empty, or holds a space of any kind, a plus, a control character, or no valid Unicode.
    """
    if not name or "+" in name or any(char.isspace() or not _writable(char) for char in name):
        msg = f"key name {name[:40]!r}: wanted a name such as witness.example/w1, no spaces, no plus"
        raise InputError(msg)


def _writable(char: str) -> bool:
    """Whether a note may hold it: no control character, no half of a surrogate pair."""
    return char >= " " and not "\ud800" <= char <= "\udfff"


def _demand_utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        msg = "signed note: not UTF-8"
        raise VerificationError(msg) from error


def _signature(line: str) -> Signature:
    name, space, packed = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        msg = f"signed note: {line[:40]!r} is no signature line, wanted a dash, a name and base64"
        raise VerificationError(msg)
    try:
        demand_key_name(name)
    except InputError as error:
        msg = f"signed note: {error}"
        raise VerificationError(msg) from error
    blob = decode_base64(packed, what=f"signed note: the signature of {name}")
    if len(blob) <= ID_BYTES:
        msg = f"signed note: the signature of {name} is {len(blob)} bytes, wanted a key id and a signature"
        raise VerificationError(msg)
    return Signature(name, blob[:ID_BYTES], blob[ID_BYTES:])


def _three_parts(text: str) -> tuple[str, str, str]:
    parts = text.split("+", 2)  # base64 may hold a plus, name and id may not
    if len(parts) != 3 or not _ID.fullmatch(parts[1]):  # noqa: PLR2004  name, id, key
        msg = f"verifier key {text[:40]!r}: wanted NAME+ID+KEY, the id in eight hexadecimal digits"
        raise InputError(msg)
    return parts[0], parts[1], parts[2]

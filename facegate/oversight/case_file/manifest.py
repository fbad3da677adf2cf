"""The manifest: what the case file holds, file by file, signed by the log's key.

::

    MANIFEST.json    canonical JSON: case, log, keys, tool, and the SHA-256 of every file but these two
    MANIFEST.note    facegate/case-file/v1
                     manifest sha256 <64 hex digits>
                     log facegate.example/log

                     — facegate.example/log <signature>

The signed text can never be read as a checkpoint: its second line is no number. So a key that signs manifests
signs no state of the log by it.

References
----------
C2SP signed-note.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.audit.canonical import canonical_json, parse_canonical
from facegate.audit.signed.notes import ED25519, Note, VerifierKey, parse_note
from facegate.audit.signed.signing import verified_signatures
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.audit.signed.signing import Signer

FORM = "facegate/case-file/v1"
MANIFEST, NOTE = "MANIFEST.json", "MANIFEST.note"
_FIELDS = frozenset({"form", "tool", "made_at", "case", "log", "files"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a case file holds.

    Parameters
    ----------
    tool : str
        Which facegate made it.
    made_at : str
        When, RFC 3339.
    agency, number : str
        Of the case.
    n_searches : int
        Searches in the file, those entered afterwards not counted.
    origin : str
        Name of the log.
    size : int
        Records in it when the file was made.
    root : str
        Merkle root over them, 64 hexadecimal digits.
    keys : tuple of str
        Verifier keys of the log, a line each.
    files : mapping of str to str
        SHA-256 of each file, 64 hexadecimal digits.
    """

    tool: str
    made_at: str
    agency: str
    number: str
    n_searches: int
    origin: str
    size: int
    root: str
    keys: tuple[str, ...]
    files: Mapping[str, str]

    def encode(self) -> bytes:
        """Write ``MANIFEST.json``."""
        value: dict[str, JSONValue] = {
            "form": FORM,
            "tool": self.tool,
            "made_at": self.made_at,
            "case": {"agency": self.agency, "number": self.number, "n_searches": self.n_searches},
            "log": {"origin": self.origin, "size": self.size, "root": self.root, "keys": list(self.keys)},
            "files": dict(self.files),
        }
        return canonical_json(value)

    @property
    def digest(self) -> str:
        """SHA-256 of ``MANIFEST.json``, 64 hexadecimal digits."""
        return hashlib.sha256(self.encode()).hexdigest()

    def text(self) -> bytes:
        """Write the text that is signed."""
        return f"{FORM}\nmanifest sha256 {self.digest}\nlog {self.origin}\n".encode()


def sign_manifest(manifest: Manifest, signers: Iterable[Signer], *, at: datetime) -> bytes:
    """Sign a manifest with the log's Ed25519 keys.

    Parameters
    ----------
    manifest : Manifest
        What to sign.
    signers : iterable of Signer
        The log's keys. Those that only sign checkpoints (ML-DSA-44) are passed over.
    at : datetime
        Not part of an Ed25519 signature; whatever signs asks for it.

    Returns
    -------
    bytes
        ``MANIFEST.note``.

    Raises
    ------
    InputError
        If no Ed25519 key of the log is among them.
    """
    text = manifest.text()
    usable = [one for one in signers if one.key.kind == ED25519 and one.key.name == manifest.origin]
    if not usable:
        msg = f"a case file is signed with the Ed25519 key of the log {manifest.origin}, got none"
        raise InputError(msg)
    return Note(text, tuple(one.sign(text, at=at) for one in usable)).encode()


def parse_manifest(data: bytes) -> Manifest:
    """Read ``MANIFEST.json`` strictly.

    Raises
    ------
    VerificationError
        If it is not canonical JSON, or no manifest of this form.
    """
    value = parse_canonical(data)
    try:
        if not isinstance(value, Mapping) or value.keys() != _FIELDS or value["form"] != FORM:
            msg = f"{MANIFEST} is no manifest of the form {FORM}"
            raise VerificationError(msg)
        case, log, files = _object(value["case"]), _object(value["log"]), _object(value["files"])
        manifest = Manifest(
            tool=_text(value["tool"]),
            made_at=_text(value["made_at"]),
            agency=_text(case["agency"]),
            number=_text(case["number"]),
            n_searches=_count(case["n_searches"]),
            origin=_text(log["origin"]),
            size=_count(log["size"]),
            root=_text(log["root"]),
            keys=_texts(log["keys"]),
            files={name: _text(digest) for name, digest in files.items()},
        )
    except (KeyError, TypeError) as error:
        msg = f"{MANIFEST} is no manifest of the form {FORM}: {error}"
        raise VerificationError(msg) from error
    if manifest.encode() != data:  # a field that nobody reads
        msg = f"{MANIFEST} holds more than a manifest of the form {FORM}"
        raise VerificationError(msg)
    return manifest


def verify_manifest(manifest: Manifest, note: bytes, *, keys: Iterable[VerifierKey]) -> None:
    """Check that the log's key signed this manifest.

    Parameters
    ----------
    manifest : Manifest
        As it was read.
    note : bytes
        ``MANIFEST.note``.
    keys : iterable of VerifierKey
        The log's keys, from the reader's own settings where he has them.

    Raises
    ------
    VerificationError
        If it is signed by none of them, a signature by one of them does not hold, or it is another manifest.
    """
    signed = parse_note(note)
    known = [one for one in keys if one.kind == ED25519 and one.name == manifest.origin]
    if not verified_signatures(signed, known):
        msg = f"the manifest is not signed by a known key of the log {manifest.origin}"
        raise VerificationError(msg)
    if signed.text != manifest.text():
        msg = "the signature is over another manifest than the one in the file"
        raise VerificationError(msg)


def _object(value: JSONValue) -> Mapping[str, JSONValue]:
    if isinstance(value, Mapping):
        return value
    msg = "wanted an object"
    raise TypeError(msg)


def _text(value: JSONValue) -> str:
    if isinstance(value, str):
        return value
    msg = "wanted a text"
    raise TypeError(msg)


def _texts(value: JSONValue) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(_text, value))
    msg = "wanted a list of texts"
    raise TypeError(msg)


def _count(value: JSONValue) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    msg = "wanted a whole number"
    raise TypeError(msg)

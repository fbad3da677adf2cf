"""Who vouches for a measurement: an issuer's Ed25519 key, and the one line others know it by.

::

    issuer.pem       the private key, PKCS 8, mode 600, made once and never overwritten
    issuer.pem.pub   facegate-issuer/1 lab.example/audit 1f0c... base64-of-32-bytes

- The key id is a hash over name and key together: under another name it is another issuer.
- A private key that others on the machine can read is refused: whoever read it could have signed.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from facegate.durable import create_secret, replace_bytes
from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PUBLIC_FORMAT = "facegate-issuer/1"
KEY_BYTES = 32
ID_DIGITS = 32  # 128 bits of SHA-256
OTHERS_MAY_READ = 0o077
LARGEST_KEY_FILE = 10_000  # bytes; a longer file is no key
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Somebody whose certificates can be checked.

    Parameters
    ----------
    name : str
        1 to 64 letters, digits, dots, slashes, dashes or underscores, such as ``lab.example/audit``.
    public : bytes
        Ed25519 public key, 32 bytes (RFC 8032).

    Raises
    ------
    InputError
        If the name has another form, or the key another length.
    """

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            msg = f"issuer name {self.name[:40]!r}: wanted letters, digits and . _ / - only, at most 64"
            raise InputError(msg)
        if len(self.public) != KEY_BYTES:
            msg = f"an issuer's public key has {KEY_BYTES} bytes, got {len(self.public)}"
            raise InputError(msg)

    @property
    def key_id(self) -> str:
        """Hash over name and key, 32 hexadecimal digits."""
        about = f"{PUBLIC_FORMAT}\n{self.name}\n".encode() + self.public
        return hashlib.sha256(about).hexdigest()[:ID_DIGITS]

    def line(self) -> str:
        """Write the one line that others keep to check this issuer's certificates."""
        return f"{PUBLIC_FORMAT} {self.name} {self.key_id} {base64.b64encode(self.public).decode()}\n"

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this issuer's, over exactly this message (RFC 8032)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    @classmethod
    def from_line(cls, line: str, *, name: str) -> Issuer:
        """Read what `line` wrote; ``name`` of the file is for messages.

        Raises
        ------
        InputError
            If it is anything but exactly such a line.
        """
        words = line.split(" ")
        if len(words) != 4 or words[0] != PUBLIC_FORMAT:  # noqa: PLR2004  format, name, id, key
            msg = f"{name} is not an issuer's public key: wanted one line '{PUBLIC_FORMAT} NAME ID KEY'"
            raise InputError(msg)
        try:
            issuer = cls(words[1], base64.b64decode(words[3].removesuffix("\n"), validate=True))
        except ValueError as error:  # binascii.Error, or text outside ASCII
            msg = f"{name} is not an issuer's public key: the key is not base64"
            raise InputError(msg) from error
        if issuer.line() != line:
            msg = f"{name} is not an issuer's public key: key, name and id do not belong together"
            raise InputError(msg)
        return issuer

    @classmethod
    def read(cls, path: Path) -> Issuer:
        """Read a public key file.

        Raises
        ------
        InputError
            If it cannot be read or is not one.
        """
        return cls.from_line(_bytes_of(path).decode(errors="replace"), name=path.name)


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """An issuer that can sign.

    Parameters
    ----------
    name : str
        As in `Issuer`.
    private : Ed25519PrivateKey
        Never printed, never logged.
    """

    name: str
    private: Ed25519PrivateKey

    @property
    def issuer(self) -> Issuer:
        """What others need to check this key's signatures."""
        return Issuer(self.name, self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Sign: 64 bytes, the same for the same message and key (RFC 8032)."""
        return self.private.sign(message)

    @classmethod
    def create(cls, path: Path, name: str, *, random_bytes: Callable[[int], bytes]) -> IssuerKey:
        """Make a key and write both files.

        Parameters
        ----------
        path : Path
            The private key; the public one lies beside it, with ``.pub`` behind its name.
        name : str
            As in `Issuer`.
        random_bytes : callable
            Source of secret bytes, such as `secrets.token_bytes`.

        Raises
        ------
        InputError
            If one of the files exists already, or the name has another form; nothing is written.
        StorageError
            If the disk refuses.
        """
        key = cls(name, Ed25519PrivateKey.from_private_bytes(random_bytes(KEY_BYTES)))
        line = key.issuer.line().encode()  # checks the name before anything is written
        public = public_path(path)
        if public.exists():
            msg = f"{public} exists already; a key is never overwritten"
            raise InputError(msg)
        create_secret(path, key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        replace_bytes(public, line)
        return key

    @classmethod
    def read(cls, path: Path) -> IssuerKey:
        """Read a private key and the public one beside it.

        Raises
        ------
        InputError
            If one is missing or unusable, they do not belong together, or others can read the
            private one.
        """
        content = _bytes_of(path)
        if path.stat().st_mode & OTHERS_MAY_READ:
            msg = f"the key {path} can be read by others on this machine: chmod 600 it, or make a new one"
            raise InputError(msg)
        private = _private(content, path)
        issuer = Issuer.read(public_path(path))
        if private.public_key().public_bytes_raw() != issuer.public:
            msg = f"{public_path(path)} is the public key of another private key than {path}"
            raise InputError(msg)
        return cls(issuer.name, private)


def public_path(path: Path) -> Path:
    """Where the public key of a private key file lies."""
    return path.with_name(f"{path.name}.pub")


def _private(content: bytes, path: Path) -> Ed25519PrivateKey:
    try:
        private = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        msg = f"{path} is not a private key without a password in PEM form"
        raise InputError(msg) from error
    if not isinstance(private, Ed25519PrivateKey):
        msg = f"{path} is not an Ed25519 key; make one with `facegate benchmark key`"
        raise InputError(msg)
    return private


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_KEY_FILE + 1)
    except OSError as error:
        msg = f"cannot read the key {path}: {error.strerror}"
        raise InputError(msg) from error
    if len(content) > LARGEST_KEY_FILE:
        msg = f"{path} is no key: more than {LARGEST_KEY_FILE:,} bytes"
        raise InputError(msg)
    return content

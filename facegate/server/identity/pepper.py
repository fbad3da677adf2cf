"""The service's own secret: without it, what the database holds opens nothing.

Keys and sessions are kept as HMAC-SHA-256 under it, seeds of one-time codes sealed under it. It stands in
``HOME/keys/service-pepper.key``, away from the database: whoever reads a backup of one has neither.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from facegate.durable import create_secret
from facegate.errors import InputError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from facegate.gate.home import Home

FILE: Final = "service-pepper.key"
BYTES: Final = 32
NONCE: Final = 12  # bytes, NIST SP 800-38D


@dataclass(frozen=True, slots=True)
class Pepper:
    """The secret.

    Parameters
    ----------
    secret : bytes
        32 bytes.
    random_bytes : callable
        Source of nonces, such as `secrets.token_bytes`.
    """

    secret: bytes = field(repr=False)
    random_bytes: Callable[[int], bytes] = field(repr=False)

    def mark(self, purpose: str, value: str) -> str:
        """Give what stands for a secret value in the database.

        Parameters
        ----------
        purpose : str
            What for: the mark of a key is none of a session.
        value : str
            The value.

        Returns
        -------
        str
            HMAC-SHA-256 (RFC 2104), 64 hexadecimal digits.
        """
        said = value.encode(errors="surrogatepass")
        return hmac.new(self.secret, purpose.encode() + b"\0" + said, hashlib.sha256).hexdigest()

    def seal(self, purpose: str, content: bytes) -> bytes:
        """Encrypt a small secret by AES-256-GCM under a key of its own purpose (HKDF, RFC 5869)."""
        nonce = self.random_bytes(NONCE)
        return nonce + AESGCM(self._key(purpose)).encrypt(nonce, content, purpose.encode())

    def unseal(self, purpose: str, sealed: bytes) -> bytes:
        """Decrypt what `seal` gave.

        Raises
        ------
        StorageError
            If it was changed, or sealed for another purpose or under another pepper.
        """
        try:
            return AESGCM(self._key(purpose)).decrypt(sealed[:NONCE], sealed[NONCE:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            msg = f"what is kept for {purpose} does not open under {FILE}; was the key changed?"
            raise StorageError(msg) from error

    def _key(self, purpose: str) -> bytes:
        return HKDF(SHA256(), BYTES, None, b"facegate/" + purpose.encode()).derive(self.secret)


def read_pepper(home: Home, random_bytes: Callable[[int], bytes], *, known: bool) -> Pepper:
    """Read the pepper, or make it on first use.

    Parameters
    ----------
    home : Home
        The agency's folder.
    random_bytes : callable
        Source of secret bytes.
    known : bool
        The database knows accounts: then it is read, and never made.

    Raises
    ------
    InputError
        If the file holds anything but 32 bytes, cannot be read, or is missing though `known`.
    StorageError
        If it cannot be written.
    """
    path = home.keys / FILE
    if not path.exists():
        if known:
            msg = (
                f"the key {path} is missing, and there are accounts in the service's database: put it back "
                "from a backup, or name a database of this folder's own"
            )
            raise InputError(msg)
        create_secret(path, random_bytes(BYTES))
    try:
        secret = path.read_bytes()
    except OSError as error:
        msg = f"cannot read the key {path}: {error.strerror}"
        raise InputError(msg) from error
    if len(secret) != BYTES:
        msg = f"the key {path} holds {len(secret)} bytes, wanted {BYTES}"
        raise InputError(msg)
    return Pepper(secret, random_bytes)

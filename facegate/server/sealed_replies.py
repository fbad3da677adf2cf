"""Replies kept for repeated requests, sealed: whoever has a copy of the database reads none of them.

::

    HOME/keys/replies.key   32 bytes, mode 600, made once
    keys in use             HKDF-SHA-256(replies.key, info = what for): one seals, one marks digests
    a sealed reply          a nonce of 12 bytes, AES-256-GCM of: 4 bytes length, JSON of status and
                            headers, body
    associated data         mark of the Idempotency-Key, account, mark of what was asked

- A reply put under another key, another account or another request does not open. Nor does a changed one.
- What was asked stands in the database under an HMAC: its plain digest could be found by trying case numbers.

Not protected here: whoever has ``HOME/keys``, too. How long a reply is, and when it was kept, is seen.
Whoever writes to the database can remove a row: then nothing tells that the request was made before.

References
----------
AES-GCM: NIST SP 800-38D. HKDF: RFC 5869. HMAC: RFC 2104.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from facegate.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_LENGTH_BYTES: Final = 4


class ReplySeal:
    """Seals replies and opens them; usable by several threads.

    Parameters
    ----------
    key : bytes
        What stands in ``HOME/keys/replies.key``.
    random_bytes : callable
        Source of nonces.
    """

    __slots__ = ("_box", "_marking", "_random", "name")

    def __init__(self, key: bytes, *, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._box = AESGCM(_derived(key, b"facegate/kept-reply/v1"))
        self._marking = _derived(key, b"facegate/asked-digest/v1")
        self._random = random_bytes
        self.name = _derived(key, b"facegate/reply-key-name/v1")[:8].hex()
        """Tells one key from another, and nothing of it: 16 hexadecimal digits."""

    def mark(self, digest: str) -> str:
        """Give what stands in the database for a digest of what was asked, 64 hexadecimal digits."""
        return hmac.digest(self._marking, digest.encode(), hashlib.sha256).hex()

    def seal(self, status: int, headers: Mapping[str, str], body: bytes, *bound: str) -> bytes:
        """Seal a reply.

        Parameters
        ----------
        status, headers, body
            The reply.
        *bound : str
            What it belongs to; it opens with the very same only.
        """
        head = json.dumps([status, dict(headers)]).encode()
        packed = len(head).to_bytes(_LENGTH_BYTES) + head + body
        nonce = self._random(_NONCE_BYTES)
        return nonce + self._box.encrypt(nonce, packed, _bound(bound))

    def open(self, sealed: bytes, *bound: str) -> tuple[int, dict[str, str], bytes]:
        """Open a reply: status, headers, body.

        Raises
        ------
        VerificationError
            If it was changed, belongs to something else, or was sealed under another key.
        """
        try:
            packed = self._box.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(bound))
        except (InvalidTag, ValueError) as error:
            msg = "a kept reply was changed, is another's, or was sealed under another key"
            raise VerificationError(msg) from error
        end = _LENGTH_BYTES + int.from_bytes(packed[:_LENGTH_BYTES])
        status, headers = json.loads(packed[_LENGTH_BYTES:end])
        return status, headers, packed[end:]


def _derived(key: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(key)


def _bound(parts: tuple[str, ...]) -> bytes:
    """Write what a reply belongs to, each part with its length: no two read alike."""
    return b"".join(len(one.encode()).to_bytes(_LENGTH_BYTES) + one.encode() for one in parts)

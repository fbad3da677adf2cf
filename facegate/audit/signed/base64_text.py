"""Base64 with one spelling: what a signature or a hash is written as in notes, receipts and requests.

Base64 has spare bits at its end. A reader that ignores them takes two texts for one value, and a receipt
could be changed without anybody noticing: what is read is written again and compared.
"""

from __future__ import annotations

import base64
import binascii

from facegate.audit.merkle import HASH_BYTES
from facegate.errors import VerificationError


def encode_base64(data: bytes) -> str:
    """Write bytes in standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode()


def decode_base64(text: str, *, what: str) -> bytes:
    """Read base64 strictly.

    Parameters
    ----------
    text : str
        Standard alphabet, padded, nothing before, between or after.
    what : str
        What it is, for the message.

    Returns
    -------
    bytes
        What it stands for.

    Raises
    ------
    VerificationError
        If it is not base64, or not the one spelling of its value.

    References
    ----------
    RFC 4648 sections 3.5 and 4.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        msg = f"{what} is not base64"
        raise VerificationError(msg) from error
    if encode_base64(data) != text:
        msg = f"{what} is not in canonical base64"
        raise VerificationError(msg)
    return data


def decode_hash(text: str, *, what: str) -> bytes:
    """Read one SHA-256 hash in base64.

    Returns
    -------
    bytes
        32 bytes.

    Raises
    ------
    VerificationError
        If it is not canonical base64 of 32 bytes.
    """
    data = decode_base64(text, what=what)
    if len(data) != HASH_BYTES:
        msg = f"{what} is {len(data)} bytes, wanted {HASH_BYTES} bytes"
        raise VerificationError(msg)
    return data

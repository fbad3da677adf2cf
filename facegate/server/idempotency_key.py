"""What an Idempotency-Key looks like, and what it is bound to."""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus
from typing import Final

from facegate.server.problems import Problem

KEY_FORM: Final = r'^("[\x20\x21\x23-\x5b\x5d-\x7e]{8,128}"|[A-Za-z0-9_.:\-]{8,128})$'
"""An sf-string of RFC 9651 without escapes, or bare, as most clients send it."""

_KEY: Final = re.compile(KEY_FORM)


def read_key(value: str | None) -> str | None:
    """Read an ``Idempotency-Key`` field.

    Parameters
    ----------
    value : str or None
        As sent: a string of RFC 9651 in double quotes, or bare letters, digits, ``_ . : -``.

    Returns
    -------
    str or None
        8 to 128 characters; None if none was sent.

    Raises
    ------
    Problem
        400 if it is in no such form.

    Examples
    --------
    >>> read_key('"8e03978e-40d5-43dd-bc93-6894a57f9324"')
    '8e03978e-40d5-43dd-bc93-6894a57f9324'
    """
    if value is None:
        return None
    text = value.strip()
    if _KEY.fullmatch(text):
        return text.strip('"')
    detail = "the Idempotency-Key is in no form that is known; wanted 8 to 128 characters in double quotes"
    raise Problem(HTTPStatus.BAD_REQUEST, "malformed-idempotency-key", detail)


def request_digest(method: str, path: str, *parts: bytes) -> str:
    """Give the digest of what a request asks for.

    Parameters
    ----------
    method, path : str
        Of the request.
    parts : bytes
        What it brought, in a fixed order: JSON as it was sent, a photo as it was sent.

    Returns
    -------
    str
        64 hexadecimal digits of SHA-256. Every part goes in with its length: two requests whose parts only
        run into each other alike are two.

    Examples
    --------
    >>> request_digest("POST", "/v1/cases", b"ab", b"c") == request_digest("POST", "/v1/cases", b"a", b"bc")
    False
    """
    digest = hashlib.sha256()
    for part in (method.encode(), path.encode(), *parts):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()

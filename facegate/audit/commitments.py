"""Commitments: a sealed field stands in the public log without being readable, or guessable.

::

    salt       = HMAC-SHA-256(record_key, field)
    commitment = SHA-256("facegate/commit/v1" || 0x00 || field || 0x00 || salt || value)

- ``record_key`` is 32 random bytes, fresh for each record and kept outside the log. Without the salt
  a case number or an officer id, of which there are few, would fall to a dictionary.
- Opening one field means showing (field, salt, value). It opens no other field: the salt does not
  lead back to the record key.
- Pure: keys come in as arguments. Text is UTF-8.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping

RECORD_KEY_BYTES = 32
SALT_BYTES = 32
COMMITMENT_BYTES = 32

_DOMAIN = b"facegate/commit/v1"
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,63}")


def salt_of(field: str, record_key: bytes) -> bytes:
    """Derive the salt of one field.

    Parameters
    ----------
    field : str
        Name of the field: a lower-case letter, then up to 63 lower-case letters, digits, underscores.
    record_key : bytes
        32 secret random bytes of this record alone.

    Returns
    -------
    bytes
        32 bytes.

    Raises
    ------
    InputError
        If the name or the key has another form.
    """
    _demand_field(field)
    demand_record_key(record_key)
    return hmac.digest(record_key, field.encode(), "sha256")


def commit(field: str, value: str, record_key: bytes) -> bytes:
    """Commit to the value of one field.

    Parameters
    ----------
    field : str
        Name of the field.
    value : str
        Any text, the empty one included.
    record_key : bytes
        32 secret random bytes of this record alone.

    Returns
    -------
    bytes
        32 bytes, safe to publish while the record key is secret.

    Raises
    ------
    InputError
        If the name or the key has another form, or the text is no valid Unicode.

    Examples
    --------
    >>> commit("case_number", "24-001234", bytes(range(32))).hex()[:16]
    '3395d14cd3014cb6'
    """
    return _commitment(field, value, salt_of(field, record_key))


def commit_all(values: Mapping[str, str], record_key: bytes) -> dict[str, bytes]:
    """Commit to every sealed field of one record.

    Parameters
    ----------
    values : mapping of str to str
        The fields.
    record_key : bytes
        As in `commit`.

    Returns
    -------
    dict of str to bytes
        What `commit` gives of each field.

    Raises
    ------
    InputError
        As `commit`.
    """
    demand_record_key(record_key)
    # Keyed once: that takes longer than the salts of ten fields, and an intent has two dozen.
    keyed = hmac.new(record_key, digestmod="sha256")
    made = {}
    for field, value in values.items():
        _demand_field(field)
        salt = keyed.copy()
        salt.update(field.encode())
        made[field] = _commitment(field, value, salt.digest())
    return made


def check_opening(field: str, salt: bytes, value: str, commitment: bytes) -> None:
    """Check that a commitment was made to this value of this field.

    Parameters
    ----------
    field, value : str
        What is claimed to have been sealed.
    salt : bytes
        The salt shown with it, 32 bytes.
    commitment : bytes
        32 bytes, from the log.

    Raises
    ------
    VerificationError
        If it was made to something else, or any part is malformed.
    """
    if len(salt) != SALT_BYTES or len(commitment) != COMMITMENT_BYTES:
        # The fixed width of the salt is what keeps salt and value from being shifted into each other.
        msg = (
            f"opening of {field!r}: salt of {len(salt)} and commitment of {len(commitment)} bytes, wanted 32"
        )
        raise VerificationError(msg)
    try:
        _demand_field(field)
        found = _digest(field, salt, value)
    except (InputError, UnicodeEncodeError) as error:
        msg = f"opening of {field!r}: not a field name and a text"
        raise VerificationError(msg) from error
    if not hmac.compare_digest(found, commitment):
        msg = f"opening of {field}: the value and salt shown are not what the log committed to"
        raise VerificationError(msg)


def demand_record_key(record_key: bytes) -> None:
    """Refuse a record key that is not 32 bytes.

    Raises
    ------
    InputError
        If it is not.
    """
    if len(record_key) != RECORD_KEY_BYTES:
        msg = f"a record key is {RECORD_KEY_BYTES} bytes, got {len(record_key)}"
        raise InputError(msg)


def _commitment(field: str, value: str, salt: bytes) -> bytes:
    try:
        return _digest(field, salt, value)
    except UnicodeEncodeError as error:
        msg = f"the value of sealed field {field} is no valid Unicode text"
        raise InputError(msg) from error


def _digest(field: str, salt: bytes, value: str) -> bytes:
    return hashlib.sha256(_DOMAIN + b"\x00" + field.encode() + b"\x00" + salt + value.encode()).digest()


def _demand_field(field: str) -> None:
    if not _FIELD.fullmatch(field):
        msg = f"a sealed field is named in lower-case letters, digits and underscores, got {field!r}"
        raise InputError(msg)

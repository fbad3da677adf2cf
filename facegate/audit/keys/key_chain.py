r"""The log's keys as the log itself tells of them: each named by the one before.

A record of kind ``key`` names a new key. Its statement is signed by the new key, and by the one before::

    facegate/key/v1\n
    <origin>\n
    <reason: first, rotation or leaked>\n
    <verifier key before, or an empty line>\n
    <verifier key from now on>\n
    <further verifier keys of the log, separated by spaces>\n

Whoever trusts one key of the log can follow the records from it to the key in force, and keeps trusting
signatures that an older key made. A key that *leaked* breaks this: its thief can sign the same statement. So
after such a record the new key has to be asked for by another way.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facegate.audit.signed.notes import Signature, VerifierKey
from facegate.audit.signed.signing import verify_signature
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.audit.entry import Entry
    from facegate.audit.signed.signing import Signer

KEY = "key"
FIRST = "first"
ROTATION = "rotation"
LEAKED = "leaked"
_REASONS = (FIRST, ROTATION, LEAKED)


@dataclass(frozen=True, slots=True)
class KeyPeriod:
    """One key, and the stretch of the log in which it was in force.

    Parameters
    ----------
    key : VerifierKey
        Ed25519.
    beside : tuple of VerifierKey
        Further keys that sign beside it.
    since : int
        The record that named it.
    until : int or None
        The record that named the next one; None for the key in force.
    leaked : bool
        Whether that record says that this key leaked.
    """

    key: VerifierKey
    beside: tuple[VerifierKey, ...]
    since: int
    until: int | None = None
    leaked: bool = False


def key_record(
    signer: Signer,
    *,
    beside: tuple[VerifierKey, ...] = (),
    previous: Signer | None = None,
    reason: str = FIRST,
    at: datetime,
) -> dict[str, JSONValue]:
    """Write the public part of a record that names a key.

    Parameters
    ----------
    signer : Signer
        The new key.
    beside : tuple of VerifierKey
        Further keys that sign beside it.
    previous : Signer, optional
        The key before; none for the first.
    reason : str
        ``first``, ``rotation`` or ``leaked``.
    at : datetime
        Now, with its zone.

    Raises
    ------
    InputError
        If the reason does not fit.
    """
    if reason not in _REASONS or (reason == FIRST) != (previous is None):
        msg = f"a key is the first one, or follows another by rotation or because that leaked; got {reason!r}"
        raise InputError(msg)
    before = "" if previous is None else previous.key.line()
    also = " ".join(one.line() for one in beside)
    text = _statement(signer.key.name, reason, before, signer.key.line(), also)
    signed_before = b"" if previous is None else previous.sign(text, at=at).blob
    return {
        "origin": signer.key.name,
        "reason": reason,
        "previous": before,
        "key": signer.key.line(),
        "beside": also,
        "signature": base64.b64encode(signer.sign(text, at=at).blob).decode(),
        "previous_signature": base64.b64encode(signed_before).decode(),
    }


def key_periods(entries: Iterable[Entry], *, origin: str) -> tuple[KeyPeriod, ...]:
    """Follow a log's keys through its records.

    Parameters
    ----------
    entries : iterable of Entry
        Records in order; those of other kinds are passed over.
    origin : str
        Name of the log.

    Returns
    -------
    tuple of KeyPeriod
        In order, without a gap; none if the log names no key.

    Raises
    ------
    VerificationError
        Naming the record that breaks the chain.
    """
    periods: list[KeyPeriod] = []
    for entry in entries:
        if entry.kind != KEY:
            continue
        period = _period(entry.public, entry.seq, origin, periods[-1] if periods else None)
        if periods:
            leaked = entry.public.get("reason") == LEAKED
            periods[-1] = replace(periods[-1], until=entry.seq, leaked=leaked)
        periods.append(period)
    return tuple(periods)


def keys_after(periods: tuple[KeyPeriod, ...], trusted: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Say which keys whoever trusts some of a log's keys can trust as well.

    Parameters
    ----------
    periods : tuple of KeyPeriod
        From `key_periods`.
    trusted : iterable of VerifierKey
        Keys from the reader's own settings.

    Returns
    -------
    tuple of VerifierKey
        The trusted ones, and those that the log's records lead to from them.

    Raises
    ------
    VerificationError
        If the way leads over a key that leaked, or a trusted key signed beside one that leaked: it lay
        where that lay, and the record after it may be the thief's.
    """
    known = tuple(trusted)
    names = {one.line() for one in known}
    found: list[VerifierKey] = list(known)
    follows = False
    for period in periods:
        follows = follows or period.key.line() in names
        if follows and period.key not in found:
            found.append(period.key)
        found.extend(one for one in period.beside if follows and one not in found)
        # A key beside leads to no other, as it signs no statement; but its holder must hear of the leak.
        concerned = follows or any(one.line() in names for one in period.beside)
        known_after = any(one.key.line() in names for one in _after(periods, period))
        if concerned and period.leaked and not known_after:
            msg = (
                f"record {period.until} says that the key {_short(period.key)} leaked: whoever has it can "
                "name a key of his own; ask the log's keeper for the new one by another way"
            )
            raise VerificationError(msg)
    return tuple(found)


def _after(periods: tuple[KeyPeriod, ...], period: KeyPeriod) -> tuple[KeyPeriod, ...]:
    return tuple(one for one in periods if one.since > period.since)


def _period(public: Mapping[str, JSONValue], seq: int, origin: str, before: KeyPeriod | None) -> KeyPeriod:
    held = {name: public.get(name) for name in ("origin", "reason", "previous", "key", "beside")}
    if not all(isinstance(one, str) for one in held.values()):
        msg = f"record {seq} names a key, and not in the form of one"
        raise VerificationError(msg)
    wanted = "" if before is None else before.key.line()
    follows = (held["reason"] == FIRST) == (before is None) and held["reason"] in _REASONS
    if held["origin"] != origin or held["previous"] != wanted or not follows:
        msg = f"record {seq} names a key that does not follow the one in force: the chain of keys is broken"
        raise VerificationError(msg)
    try:
        key = VerifierKey.from_line(str(held["key"]))
        beside = tuple(VerifierKey.from_line(one) for one in str(held["beside"]).split())
        text = _statement(origin, str(held["reason"]), wanted, key.line(), str(held["beside"]))
        _check(key, text, public.get("signature"))
        if before is not None:
            _check(before.key, text, public.get("previous_signature"))
    except (InputError, VerificationError) as error:
        msg = f"record {seq} names a key that was not put there by the keys it names: {error}"
        raise VerificationError(msg) from error
    return KeyPeriod(key, beside, seq)


def _check(key: VerifierKey, text: bytes, signature: JSONValue) -> None:
    try:
        blob = base64.b64decode(str(signature), validate=True)
    except (binascii.Error, ValueError) as error:
        msg = "a signature is not base64"
        raise VerificationError(msg) from error
    verify_signature(key, text, Signature(key.name, key.key_id, blob))


def _statement(origin: str, reason: str, before: str, now: str, beside: str) -> bytes:
    return f"facegate/key/v1\n{origin}\n{reason}\n{before}\n{now}\n{beside}\n".encode()


def _short(key: VerifierKey) -> str:
    return f"{key.name}+{key.key_id.hex()}"

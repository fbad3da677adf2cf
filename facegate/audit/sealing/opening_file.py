"""Showing some sealed fields of some records, and nothing else: a file that anybody can check offline.

::

    {"format":"facegate-opening/1",
     "records":[{"entry":"<base64 of the record>",
                 "fields":[{"field":"case_number","salt":"<64 hex digits>","value":"24-001234"}],
                 "receipt":"<the .tlog-proof file>"}]}

- For each field its salt and its value. The salts of other fields cannot be made from them: nothing else of
  the record opens (see `commitments`).
- Checking needs the file and the log's public key, no server and no secret.
- What it shows: this value was sealed in this record, which stands in the log, when the log was as signed.
  That the value was *true* when it was sealed, no log can show.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facegate.audit.canonical import canonical_json
from facegate.audit.commitments import check_opening, salt_of
from facegate.audit.entry import parse_entry
from facegate.audit.signed.receipt import parse_receipt, verify_receipt
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from facegate.audit.entry import Entry
    from facegate.audit.sealing.sealed import Opening
    from facegate.audit.signed.notes import VerifierKey
    from facegate.audit.signed.receipt import Receipt
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.witnesses.witness_policy import WitnessPolicy

FORMAT = "facegate-opening/1"
LARGEST_FILE = 64_000_000  # bytes
SALT_DIGITS = 64


@dataclass(frozen=True, slots=True)
class Shown:
    """One record, with the sealed fields that were opened.

    Parameters
    ----------
    entry : Entry
        The record's public part.
    fields : mapping of str to str
        Value of each field that was opened.
    signed : SignedCheckpoint
        The state of the log that holds it.
    """

    entry: Entry
    fields: Mapping[str, str]
    signed: SignedCheckpoint


def open_fields(data: bytes, opening: Opening, fields: Sequence[str], receipt: Receipt) -> dict[str, Any]:
    """Open some fields of one record.

    Parameters
    ----------
    data : bytes
        The record.
    opening : Opening
        What opens it: secret.
    fields : sequence of str
        Names of those that are to be shown.
    receipt : Receipt
        That the record is in the log.

    Returns
    -------
    dict
        One element of ``records``.

    Raises
    ------
    InputError
        If the record seals no such field.
    """
    for field in fields:
        if field not in opening.values:
            msg = (
                f"record {receipt.index} seals no field {field}; it seals {', '.join(sorted(opening.values))}"
            )
            raise InputError(msg)
    return {
        "entry": base64.b64encode(data).decode(),
        "fields": [
            {"field": field, "salt": salt_of(field, opening.record_key).hex(), "value": opening.values[field]}
            for field in sorted(set(fields))
        ],
        "receipt": receipt.encode().decode(),
    }


def encode_openings(records: Sequence[Mapping[str, Any]]) -> bytes:
    """Write the file from what `open_fields` gave."""
    return canonical_json({"format": FORMAT, "records": list(records)}) + b"\n"


def check_openings(
    data: bytes,
    *,
    keys: Iterable[VerifierKey],
    policy: WitnessPolicy | None = None,
    now: datetime | None = None,
) -> tuple[Shown, ...]:
    """Check a file of openings, offline.

    Parameters
    ----------
    data : bytes
        The file.
    keys : iterable of VerifierKey
        The log's keys, from the reader's own settings.
    policy : WitnessPolicy, optional
        Whose cosignatures are needed.
    now : datetime, optional
        To refuse cosignatures from the future.

    Returns
    -------
    tuple of Shown
        Every record of the file, each of its fields held to what the log committed to.

    Raises
    ------
    VerificationError
        If anything in it is not what the log holds; the sentence names record and field.
    """
    known = tuple(keys)
    return tuple(_checked(one, known, policy, now) for one in _records(data))


def _checked(
    one: Mapping[str, Any],
    keys: tuple[VerifierKey, ...],
    policy: WitnessPolicy | None,
    now: datetime | None,
) -> Shown:
    data, receipt = _decoded(one["entry"]), parse_receipt(_bytes_of(one["receipt"]))
    signed = verify_receipt(receipt, data, keys=keys, policy=policy, now=now)
    entry = parse_entry(data)
    if entry.seq != receipt.index:
        msg = f"the record is numbered {entry.seq}, its receipt is of record {receipt.index}"
        raise VerificationError(msg)
    fields = {}
    for opened in one["fields"]:
        field, salt, value = opened["field"], opened["salt"], opened["value"]
        if field not in entry.sealed or field in fields:
            msg = f"record {entry.seq} seals no field {field!r}, or it is opened twice"
            raise VerificationError(msg)
        try:
            check_opening(field, bytes.fromhex(salt), value, bytes.fromhex(entry.sealed[field]))
        except ValueError as error:
            msg = f"record {entry.seq}, field {field}: the salt is not {SALT_DIGITS} hexadecimal digits"
            raise VerificationError(msg) from error
        except VerificationError as error:
            msg = f"record {entry.seq}: {error}"
            raise VerificationError(msg) from error
        fields[field] = value
    return Shown(entry, fields, signed)


def _records(data: bytes) -> list[Mapping[str, Any]]:
    """Read the file's form strictly; the order of its keys and its spaces do not matter."""
    msg = (
        f"this is not a file of openings: wanted {FORMAT}, with records of entry, fields (one at least) and "
        "receipt"
    )
    try:
        held: Any = json.loads(data) if len(data) <= LARGEST_FILE else None
    except (ValueError, RecursionError) as error:
        raise VerificationError(msg) from error
    if not isinstance(held, dict) or held.keys() != {"format", "records"} or held["format"] != FORMAT:
        raise VerificationError(msg)
    records = held["records"]
    if not isinstance(records, list) or not records or not all(_is_record(one) for one in records):
        raise VerificationError(msg)
    return records


def _is_record(held: object) -> bool:
    if not isinstance(held, dict) or held.keys() != {"entry", "fields", "receipt"}:
        return False
    if not isinstance(held["entry"], str) or not isinstance(held["receipt"], str):
        return False
    fields = held["fields"]  # a record that opens nothing would pass as checked, with nothing to check
    return isinstance(fields, list) and bool(fields) and all(_is_field(one) for one in fields)


def _is_field(held: object) -> bool:
    if not isinstance(held, dict) or held.keys() != {"field", "salt", "value"}:
        return False
    return all(isinstance(one, str) for one in held.values())


def _bytes_of(receipt: str) -> bytes:
    try:
        return receipt.encode()
    except UnicodeEncodeError as error:
        msg = "a receipt in the file of openings is no valid Unicode text (half of a surrogate pair)"
        raise VerificationError(msg) from error


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        msg = "a record in the file of openings is not base64"
        raise VerificationError(msg) from error

"""The files of a case file: names and bytes, before they are listed, signed and packed.

::

    case.html, case.txt           the cover, for people
    checkpoint                    the signed state of the log that every receipt leads to
    certificate.json, issuer.pub  the certificate the searches relied on, if it is at hand
    witnesses.policy              whose cosignatures the checkpoint carries, if any were asked for
    verify.py                     the offline verifier
    records/N.*                   records of the case, and the texts of law
    searches/ID/N.*               records of one search
    searches/ID/request.json ...  the same, opened, for reading

Of each record three files: ``N.entry`` as it was hashed, ``N.tlog-proof`` its receipt, ``N.openings.json``
what opens its sealed fields: field, salt and value, which open this field of this record and nothing else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from facegate.audit.canonical import canonical_json
from facegate.audit.merkle import leaf_hash
from facegate.audit.signed.receipt import Receipt
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from facegate.audit.canonical import JSONValue
    from facegate.oversight.case_file.records import CaseRecord, CaseRecords, CaseSearch

COVER, COVER_TEXT, VERIFIER = "case.html", "case.txt", "verify.py"
CHECKPOINT, CERTIFICATE, ISSUER, POLICY = "checkpoint", "certificate.json", "issuer.pub", "witnesses.policy"
BESIDE = frozenset({COVER, COVER_TEXT, VERIFIER, CHECKPOINT, CERTIFICATE, ISSUER, POLICY})
"""Files that are of no single record."""
ENTRY, RECEIPT, OPENINGS = ".entry", ".tlog-proof", ".openings.json"
OPENED_FORM = "facegate/openings/v1"


def record_files(
    records: CaseRecords,
    *,
    leaf: Callable[[int], bytes],
    prove: Callable[[int], list[bytes]],
    checkpoint: bytes,
) -> dict[str, bytes]:
    """Lay out every record of a case with receipt and openings.

    Parameters
    ----------
    records : CaseRecords
        Of the case.
    leaf, prove : callable
        Give leaf hash (32 bytes) and inclusion proof of a record, in the state that was signed.
    checkpoint : bytes
        That state, signed.

    Returns
    -------
    dict of str to bytes
        By name.

    Raises
    ------
    VerificationError
        If a record is not the one the log was built from.
    """
    files: dict[str, bytes] = {}

    def lay_out(folder: str, record: CaseRecord) -> None:
        if leaf(record.seq) != leaf_hash(record.data):
            msg = f"record {record.seq} is not the one that the log was built from: run `facegate log verify`"
            raise VerificationError(msg)
        stem = f"{folder}/{record.seq:06}"
        files[stem + ENTRY] = record.data
        files[stem + RECEIPT] = Receipt(record.seq, tuple(prove(record.seq)), checkpoint).encode()
        files[stem + OPENINGS] = canonical_json(_openings(record))

    for one in (*records.others, *records.named):
        lay_out("records", one)
    for search in records.searches:
        folder = f"searches/{search.search_id}"
        for one in search.every():
            lay_out(folder, one)
        files.update((f"{folder}/{name}", content) for name, content in readable(search).items())
    return files


def shown(record: CaseRecord) -> dict[str, JSONValue]:
    """Give a record opened, as it stands in the files made for reading."""
    return {"index": record.seq, "public": dict(record.entry.public), "opened": dict(record.opened or {})}


def readable(search: CaseSearch) -> dict[str, bytes]:
    """Write the records of one search opened, for reading: every record in one file, and in one only."""
    held = {
        "request.json": [search.intent],
        "result.json": [] if search.result is None else [search.result],
        "findings.json": [one for one in search.steps if one.kind == "finding"],
        "steps.json": [one for one in search.steps if one.kind != "finding"],
    }
    return {name: _lines(records) for name, records in held.items()}


def _openings(record: CaseRecord) -> dict[str, JSONValue]:
    opened = record.opened or {}
    return {
        "form": OPENED_FORM,
        "index": record.seq,
        "erased": record.opened is None,
        "withheld": list(record.shut),
        "fields": {
            field: {"salt": record.salts[field].hex(), "value": value} for field, value in opened.items()
        },
    }


def _lines(records: Sequence[CaseRecord]) -> bytes:
    text = json.dumps([shown(one) for one in records], ensure_ascii=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()

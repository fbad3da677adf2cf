"""Checking a case file with the package's own code: the same questions as the offline verifier, asked apart.

Everything is checked or the file is refused: the first thing that does not hold is named, and nothing after
it is believed.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facegate.audit.canonical import parse_canonical
from facegate.audit.commitments import check_opening
from facegate.audit.entry import INTENT, parse_entry
from facegate.audit.replay import POLICY_TEXT
from facegate.audit.signed.notes import VerifierKey
from facegate.audit.signed.receipt import parse_receipt, verify_receipt
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.audit.witnesses.witness_policy import parse_policy
from facegate.errors import AuditError, CertificateError, InputError, VerificationError
from facegate.evaluation.certificates.file import open_certificate
from facegate.evaluation.certificates.keys import Issuer
from facegate.oversight.case_file.archive import unpack
from facegate.oversight.case_file.contents import (
    CERTIFICATE,
    CHECKPOINT,
    ENTRY,
    ISSUER,
    OPENED_FORM,
    OPENINGS,
    POLICY,
    RECEIPT,
)
from facegate.oversight.case_file.manifest import MANIFEST, NOTE, parse_manifest, verify_manifest
from facegate.oversight.case_file.records import KEPT_SHUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facegate.audit.entry import Entry
    from facegate.oversight.case_file.manifest import Manifest

_READABLE = re.compile(r"searches/.*/[a-z]+\.json")


@dataclass(frozen=True, slots=True)
class CheckedCase:
    """A case file in which everything holds.

    Parameters
    ----------
    manifest : Manifest
        What it says it is.
    keys : tuple of VerifierKey
        The keys that it was checked with.
    key_from_file : bool
        They were taken from the file itself: it is of one piece, and whose it is remains to be compared.
    passed : tuple of str
        What was checked, a sentence each.
    """

    manifest: Manifest
    keys: tuple[VerifierKey, ...]
    key_from_file: bool
    passed: tuple[str, ...]


def check_case_file(data: bytes, *, keys: Sequence[VerifierKey] = ()) -> CheckedCase:
    """Check a case file.

    Parameters
    ----------
    data : bytes
        The zip.
    keys : sequence of VerifierKey
        The log's published keys; without them those that the file names.

    Returns
    -------
    CheckedCase
        If everything holds.

    Raises
    ------
    VerificationError
        Naming the first thing that does not.
    """
    try:
        return _checked(data, tuple(keys))
    except VerificationError:
        raise
    except (AuditError, InputError, CertificateError) as error:
        raise VerificationError(str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        msg = f"the case file is malformed: {error!r}"
        raise VerificationError(msg) from error


def _checked(data: bytes, outside: tuple[VerifierKey, ...]) -> CheckedCase:
    files = unpack(data)
    manifest = _listed(files)
    keys = outside or tuple(VerifierKey.from_line(line) for line in manifest.keys)
    verify_manifest(manifest, files[NOTE], keys=keys)
    signed = open_checkpoint(files[CHECKPOINT], keys=keys)
    state = signed.checkpoint
    _demand(
        (state.origin, state.size, state.root.hex()) == (manifest.origin, manifest.size, manifest.root),
        "the checkpoint is of another state of the log than the manifest names",
    )
    witnesses = parse_policy(files[POLICY].decode()).demand(signed) if POLICY in files else ()
    entries = _entries(files, keys)
    opened = _openings(files, entries)
    n_readable = _readable(files, entries, opened)
    _one_case(manifest, entries, opened)
    n_texts = _laws(entries)
    passed = (
        f"The zip is byte for byte as it was written: {len(files):,} files.",
        f"Every file is listed with its SHA-256, and the list is signed by the log {manifest.origin}.",
        f"The log's checkpoint over {state.size:,} records is signed by the log.",
        f"{len(witnesses):,} independent witnesses cosigned it, as the policy in the file asks."
        if POLICY in files
        else "No witness policy is in the file: nobody but the log itself vouches for the checkpoint.",
        f"All {len(entries):,} records are in the log, each unchanged and in its place.",
        f"All {sum(map(len, opened.values())):,} opened fields are what the log committed to.",
        f"The {n_readable:,} readable copies say what the records say.",
        f"All {manifest.n_searches:,} searches state the case number of this file.",
        f"All {n_texts:,} texts of law have the digests that the searches name.",
        _certificate(files, entries),
    )
    return CheckedCase(manifest, keys, not outside, passed)


def _listed(files: Mapping[str, bytes]) -> Manifest:
    """Hold every file to the manifest."""
    _demand(MANIFEST in files and NOTE in files, "the manifest or its signature is missing")
    manifest = parse_manifest(files[MANIFEST])
    listed = manifest.files.keys()
    _demand(listed == files.keys() - {MANIFEST, NOTE}, "files are missing, or are there that nobody listed")
    for name, digest in manifest.files.items():
        same = hashlib.sha256(files[name]).hexdigest() == digest
        _demand(same, f"{name} is not the file that the manifest lists")
    return manifest


def _entries(files: Mapping[str, bytes], keys: tuple[VerifierKey, ...]) -> dict[int, Entry]:
    """Lead every record to the signed checkpoint."""
    entries = {}
    for name in (one for one in files if one.endswith(ENTRY)):
        receipt = parse_receipt(files[name.removesuffix(ENTRY) + RECEIPT])
        _demand(receipt.checkpoint == files[CHECKPOINT], f"the receipt of {name} is of another checkpoint")
        verify_receipt(receipt, files[name], keys=keys)
        entry = parse_entry(files[name])
        _demand(entry.seq == receipt.index == _place(name), f"{name} is not the record it is named after")
        entries[entry.seq] = entry
    n_receipts = sum(one.endswith(RECEIPT) for one in files)
    _demand(n_receipts == len(entries) > 0, "a receipt without a record, or a record twice")
    return entries


def _openings(files: Mapping[str, bytes], entries: Mapping[int, Entry]) -> dict[int, dict[str, str]]:
    """Hold every opened field to what the log committed to."""
    opened: dict[int, dict[str, str]] = {}
    for name in (one for one in files if one.endswith(OPENINGS)):
        held: Any = parse_canonical(files[name])
        index, fields, shut = held["index"], held["fields"], set(held["withheld"])
        _demand(held["form"] == OPENED_FORM and index == _place(name), f"{name} opens another record")
        sealed = entries[index].sealed
        if held["erased"]:
            _demand(not fields, f"{name} opens a record that it says was erased")
        else:
            whole = fields.keys() | shut == sealed.keys() and shut <= KEPT_SHUT
            _demand(whole, f"{name} does not open every field of its record")
        for field, shown in fields.items():
            check_opening(field, bytes.fromhex(shown["salt"]), shown["value"], bytes.fromhex(sealed[field]))
        opened[index] = {field: shown["value"] for field, shown in fields.items()}
    _demand(opened.keys() == entries.keys(), "a record has no openings, or openings no record")
    return opened


def _readable(
    files: Mapping[str, bytes], entries: Mapping[int, Entry], opened: Mapping[int, dict[str, str]]
) -> int:
    """Hold the copies made for reading to the records."""
    names = [one for one in files if _READABLE.fullmatch(one)]
    for name in names:
        for one in json.loads(files[name]):
            index = one["index"]
            same = one["public"] == entries[index].public and one["opened"] == opened[index]
            _demand(same, f"{name} says something else than record {index}")
    return len(names)


def _one_case(manifest: Manifest, entries: Mapping[int, Entry], opened: Mapping[int, dict[str, str]]) -> None:
    intents = [seq for seq, one in entries.items() if one.kind == INTENT]
    wanted = manifest.number.strip().casefold()
    for seq in intents:
        same = opened[seq].get("case_number", "").strip().casefold() == wanted
        _demand(same, f"record {seq} is of another case")
    _demand(len(intents) == manifest.n_searches, "the manifest counts other searches than there are")


def _laws(entries: Mapping[int, Entry]) -> int:
    texts = [one for one in entries.values() if one.kind == POLICY_TEXT]
    for one in texts:
        digest = hashlib.sha256(str(one.public["text"]).encode()).hexdigest()
        _demand(digest == one.public["digest"], f"record {one.seq} is not the text whose digest it states")
    named = {digest for one in entries.values() for digest in str(one.public.get("policy_texts", "")).split()}
    missing = named - {one.public["digest"] for one in texts}
    _demand(not missing, "a text of law that a search names is missing")
    return len(texts)


def _certificate(files: Mapping[str, bytes], entries: Mapping[int, Entry]) -> str:
    if CERTIFICATE not in files:
        return "No certificate is in the file: the cover says what is known of the error rates."
    issuer = Issuer.from_line(files[ISSUER].decode(), name=ISSUER)
    certificate = open_certificate(files[CERTIFICATE], {issuer.key_id: issuer}, name=CERTIFICATE)
    named = {one.public.get("certificate") for one in entries.values() if one.kind == INTENT}
    _demand(certificate.serial in named, "the certificate is not one that a search of the case relied on")
    return f"The certificate {certificate.serial} is signed by {issuer.name}, and a search relied on it."


def _place(name: str) -> int:
    return int(name.rpartition("/")[2].partition(".")[0])


def _demand(holds: bool, why: str) -> None:  # noqa: FBT001  the condition itself, private
    if not holds:
        raise VerificationError(why)

"""Checking a case file with the package's own code: the same questions as the offline verifier, asked apart.

Everything is checked or the file is refused: the first thing that does not hold is named, and nothing after
it is believed. What no check can show is said beside what holds: the cover is the word of whoever signed the
file, and a record that was left out leaves no trace in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facegate.audit.canonical import parse_canonical
from facegate.audit.commitments import check_opening
from facegate.audit.entry import INTENT, parse_entry
from facegate.audit.replay import POLICY_TEXT
from facegate.audit.sealing.erasure import erased_by
from facegate.audit.signed.notes import VerifierKey
from facegate.audit.signed.receipt import parse_receipt, verify_receipt
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.audit.witnesses.quorum import NONE
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
from facegate.oversight.case_file.offline_verifier import CANNOT_SHOW
from facegate.oversight.case_file.places import demand, demand_places, demand_results, place_of
from facegate.oversight.case_file.records import KEPT_SHUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facegate.audit.entry import Entry
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.witnesses.quorum import WitnessPolicy
    from facegate.oversight.case_file.manifest import Manifest

N_PARTS = 5  # of openings: form, index, erased, withheld, fields


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
    cannot_show : tuple of str
        What no check of a case file can show, a sentence each.
    """

    manifest: Manifest
    keys: tuple[VerifierKey, ...]
    key_from_file: bool
    passed: tuple[str, ...]
    cannot_show: tuple[str, ...] = CANNOT_SHOW


def check_case_file(
    data: bytes, *, keys: Sequence[VerifierKey] = (), policy: WitnessPolicy | None = None
) -> CheckedCase:
    """Check a case file.

    Parameters
    ----------
    data : bytes
        The zip.
    keys : sequence of VerifierKey
        The log's published keys; without them those that the policy given names, else the file itself.
    policy : WitnessPolicy, optional
        The reader's own, instead of the one in the file, which whoever made the file chose.

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
        return _checked(data, tuple(keys), policy)
    except VerificationError:
        raise
    except (AuditError, InputError, CertificateError) as error:
        raise VerificationError(str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        msg = f"the case file is malformed: {error!r}"
        raise VerificationError(msg) from error


def _checked(data: bytes, outside: tuple[VerifierKey, ...], policy: WitnessPolicy | None) -> CheckedCase:
    files = unpack(data)
    manifest = _listed(files)
    outside = outside or (() if policy is None else policy.log_keys)
    keys = outside or tuple(VerifierKey.from_line(line) for line in manifest.keys)
    verify_manifest(manifest, files[NOTE], keys=keys)
    signed = open_checkpoint(files[CHECKPOINT], keys=keys)
    state = signed.checkpoint
    demand(
        (state.origin, state.size, state.root.hex()) == (manifest.origin, manifest.size, manifest.root),
        "the checkpoint is of another state of the log than the manifest names",
    )
    witnesses = _witnesses(files, signed, policy)
    entries = _entries(files, keys)
    opened, erased = _openings(files, entries)
    told = _accounted(erased, entries)
    _one_case(manifest, entries, opened)
    n_readable = demand_places(files, entries, opened)
    results = demand_results(entries.values())
    n_texts = _laws(entries)
    passed = (
        f"The zip is byte for byte as it was written: {len(files):,} files.",
        f"Every file is listed with its SHA-256, and the list is signed by the log {manifest.origin}.",
        f"The log's checkpoint over {state.size:,} records is signed by the log.",
        witnesses,
        f"All {len(entries):,} records are in the log, each unchanged and in its place.",
        f"All {sum(map(len, opened.values())):,} opened fields are what the log committed to.",
        told,
        f"All {manifest.n_searches:,} searches state the case number of this file.",
        "Every record stands in the folder of its search, and no other file beside them.",
        f"The {n_readable:,} readable copies say all that the records of a search say.",
        results,
        f"All {n_texts:,} texts of law have the digests that the searches name.",
        _certificate(files, entries),
    )
    return CheckedCase(manifest, keys, not outside, passed)


def _listed(files: Mapping[str, bytes]) -> Manifest:
    """Hold every file to the manifest."""
    demand(MANIFEST in files and NOTE in files, "the manifest or its signature is missing")
    manifest = parse_manifest(files[MANIFEST])
    listed = manifest.files.keys()
    demand(listed == files.keys() - {MANIFEST, NOTE}, "files are missing, or are there that nobody listed")
    for name, digest in manifest.files.items():
        same = hashlib.sha256(files[name]).hexdigest() == digest
        demand(same, f"{name} is not the file that the manifest lists")
    return manifest


def _witnesses(files: Mapping[str, bytes], signed: SignedCheckpoint, own: WitnessPolicy | None) -> str:
    """Hold the checkpoint to the reader's policy, else to the one in the file, and say whose it is."""
    nobody = "nobody but the log itself vouches for the checkpoint."
    if own is None and POLICY not in files:
        return f"No witness policy is in the file: {nobody}"
    policy = own or parse_policy(files[POLICY].decode())
    counted = policy.demand(signed)
    whose = "the policy in the file" if own is None else "your policy"
    if policy.quorum == NONE:
        return f"No witness is asked for by {whose}: {nobody}"
    told = f"{len(counted):,} witnesses cosigned the checkpoint, as {whose} asks."
    chosen = " Whoever made the file chose them: whether they are independent of the log, judge yourself."
    return told if own is not None else told + chosen


def _entries(files: Mapping[str, bytes], keys: tuple[VerifierKey, ...]) -> dict[int, Entry]:
    """Lead every record to the signed checkpoint."""
    entries = {}
    for name in (one for one in files if one.endswith(ENTRY)):
        receipt = parse_receipt(files[name.removesuffix(ENTRY) + RECEIPT])
        demand(receipt.checkpoint == files[CHECKPOINT], f"the receipt of {name} is of another checkpoint")
        verify_receipt(receipt, files[name], keys=keys)
        entry = parse_entry(files[name])
        demand(entry.seq == receipt.index == place_of(name), f"{name} is not the record it is named after")
        entries[entry.seq] = entry
    n_receipts = sum(one.endswith(RECEIPT) for one in files)
    demand(n_receipts == len(entries) > 0, "a receipt without a record, or a record twice")
    return entries


def _openings(
    files: Mapping[str, bytes], entries: Mapping[int, Entry]
) -> tuple[dict[int, dict[str, str]], list[int]]:
    """Hold every opened field to what the log committed to; give them, and the records said to be erased."""
    opened: dict[int, dict[str, str]] = {}
    erased = []
    for name in (one for one in files if one.endswith(OPENINGS)):
        index = place_of(name)
        fields, gone = _opened(parse_canonical(files[name]), name, entries[index])
        opened[index] = {field: shown["value"] for field, shown in fields.items()}
        erased += [index] if gone else []
    demand(opened.keys() == entries.keys(), "a record has no openings, or openings no record")
    return opened, sorted(erased)


def _opened(held: Any, name: str, entry: Entry) -> tuple[dict[str, dict[str, str]], bool]:  # noqa: ANN401  read from JSON
    """Read what opens one record: every sealed field but those kept shut, or none if it was erased."""
    gone, fields = held["erased"], held["fields"]
    open_, shut = entry.sealed.keys() - KEPT_SHUT, sorted(KEPT_SHUT & entry.sealed.keys())
    demand(held["form"] == OPENED_FORM, f"{name} is of another form than {OPENED_FORM}")
    demand(held["index"] == entry.seq and type(gone) is bool and len(held) == N_PARTS, f"{name} is malformed")
    if gone:
        open_, shut = set(), []
    demand(fields.keys() == open_, f"{name} does not open the fields it should, and no others")
    demand(held["withheld"] == shut, f"{name} does not say rightly which fields it keeps shut")
    for field, shown in fields.items():
        demand(shown.keys() == {"salt", "value"}, f"{name}: {field} is opened in another form")
        commitment = bytes.fromhex(entry.sealed[field])
        check_opening(field, bytes.fromhex(shown["salt"]), shown["value"], commitment)
    return fields, gone


def _accounted(erased: Sequence[int], entries: Mapping[int, Entry]) -> str:
    """Demand of each record said to be erased that an erasure on the log names it."""
    runs = [(seq, run) for seq, one in sorted(entries.items()) for run in erased_by(one)]
    told = []
    for index in erased:
        by = [seq for seq, run in runs if index in run]
        demand(bool(by), f"record {index} is said to be erased, and no erasure in the file names it")
        told.append(f"record {index} ({entries[index].kind}, by record {by[0]})")
    return f"Erased, and opened by nobody: {', '.join(told)}." if told else "No record in it was erased."


def _one_case(manifest: Manifest, entries: Mapping[int, Entry], opened: Mapping[int, dict[str, str]]) -> None:
    intents = [seq for seq, one in entries.items() if one.kind == INTENT]
    wanted = manifest.number.strip().casefold()
    for seq in intents:
        same = opened[seq].get("case_number", "").strip().casefold() == wanted
        demand(same, f"record {seq} is of another case")
    n_searches = len({entries[seq].public["search_id"] for seq in intents})
    demand(
        n_searches == len(intents) == manifest.n_searches, "the manifest counts other searches than there are"
    )


def _laws(entries: Mapping[int, Entry]) -> int:
    texts = [one for one in entries.values() if one.kind == POLICY_TEXT]
    for one in texts:
        digest = hashlib.sha256(str(one.public["text"]).encode()).hexdigest()
        demand(digest == one.public["digest"], f"record {one.seq} is not the text whose digest it states")
    named = {digest for one in entries.values() for digest in str(one.public.get("policy_texts", "")).split()}
    missing = named - {one.public["digest"] for one in texts}
    demand(not missing, "a text of law that a search names is missing")
    return len(texts)


def _certificate(files: Mapping[str, bytes], entries: Mapping[int, Entry]) -> str:
    if CERTIFICATE not in files:
        return "No certificate is in the file: the cover says what is known of the error rates."
    issuer = Issuer.from_line(files[ISSUER].decode(), name=ISSUER)
    certificate = open_certificate(files[CERTIFICATE], {issuer.key_id: issuer}, name=CERTIFICATE)
    named = {one.public.get("certificate") for one in entries.values() if one.kind == INTENT}
    demand(certificate.serial in named, "the certificate is not one that a search of the case relied on")
    return f"The certificate {certificate.serial} is signed by {issuer.name}, and a search relied on it."

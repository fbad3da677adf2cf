"""Making a case file: records, receipts, openings, cover and verifier, listed, signed, packed, and on record.

That a case file was made is itself a record of the log, of kind ``case-file``, durable before the file is
handed out. Its own receipt cannot be in the file; it names the manifest's digest, so that whoever holds the
file can show later which record it is.

Most of the log is read beside its writer: at a million records a service that stood still for it would refuse
searches for minutes. Only what was added meanwhile is read while nobody else records.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files as package_files
from itertools import islice
from typing import TYPE_CHECKING

from facegate.audit.signed.notes import ED25519
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.audit.witnesses.quorum import NONE
from facegate.audit.witnesses.witness_policy import parse_policy
from facegate.errors import GalleryError, InputError, VerificationError
from facegate.gallery.manifest import Manifest as GalleryManifest
from facegate.gate.in_force import read_in_force, trusted_issuers
from facegate.gate.ledger.ledger import stamp, writable
from facegate.gate.reply import certificate_seen
from facegate.oversight.case_file.archive import pack
from facegate.oversight.case_file.contents import (
    CERTIFICATE,
    CHECKPOINT,
    COVER,
    COVER_TEXT,
    ISSUER,
    POLICY,
    VERIFIER,
    record_files,
)
from facegate.oversight.case_file.cover import Known, cover_of
from facegate.oversight.case_file.manifest import MANIFEST, NOTE, Manifest, sign_manifest
from facegate.oversight.case_file.plain_text import text_of
from facegate.oversight.case_file.records import CASE_FILE
from facegate.oversight.case_file.selection import CaseSelection
from facegate.policy.offenses import OffenseCatalogue
from facegate.reporting.report.page import page_of
from facegate.templates import tool_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from facegate.audit.entry import Entry
    from facegate.audit.keys.log_keys import LogKeys
    from facegate.audit.sealing.sealed import Opening
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.witnesses.quorum import WitnessPolicy
    from facegate.evaluation.certificates.certificate import Certificate
    from facegate.gate.home import Home
    from facegate.gate.ledger.ledger import Ledger
    from facegate.oversight.case_file.records import CaseRecords

EVERY = 1_000  # records between two reports of progress


@dataclass(frozen=True, slots=True)
class ExportedCase:
    """A case file, and what is on record of it.

    Parameters
    ----------
    data : bytes
        The zip.
    record : int
        Where it stands in the log that it was made.
    manifest_digest : str
        SHA-256 of the manifest, 64 hexadecimal digits; the record names it.
    n_searches, n_records : int
        In the file.
    witnessed : bool
        Its checkpoint is cosigned as a policy asks.
    """

    data: bytes
    record: int
    manifest_digest: str
    n_searches: int
    n_records: int
    witnessed: bool


def export_case(
    ledger: Ledger,
    home: Home,
    *,
    agency: str,
    number: str,
    keys: LogKeys,
    clock: Callable[[], datetime],
    policy: bytes | None = None,
    recipient: str = "",
    by: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> ExportedCase:
    """Make the case file of one case, and put on record that it was made.

    Parameters
    ----------
    ledger : Ledger
        Of the home's log.
    home : Home
        Where certificate and gallery lie.
    agency, number : str
        ORI of the agency, and its case number.
    keys : LogKeys
        The log's keys.
    clock : callable
        Gives the time, with its zone; asked once nobody else records, so that records stand in the order of
        their times.
    policy : bytes, optional
        Witness policy; the checkpoint must be cosigned as it asks.
    recipient, by : str
        For whom, and officer id or account of whoever hands it out; sealed. Empty where it is not said.
    progress : callable, optional
        Told now and then how many records of how many were looked through; others may record meanwhile.

    Returns
    -------
    ExportedCase
        The file, and its record, which is durable.

    Raises
    ------
    InputError
        If there is no such case, or the policy is none.
    VerificationError
        If a record is not the one that the log was built from, or the policy's quorum is not met.
    AuditError
        If the record cannot be written: then nothing may be handed out.
    """
    witnesses = None if policy is None else _policy(policy)
    witnessed = witnesses is not None and witnesses.quorum != NONE
    looked = CaseSelection(agency, number)
    with ledger.turn:  # an erasure holds it until its keys are gone: none is half done below this size
        size = ledger.log.size
    looked.look_through(_counted(islice(ledger.log.read(), size), size, progress))
    with ledger.turn:
        records, at = _brought_up_to_date(ledger, looked).found(), clock()
        signed = _signed(records, ledger, home, keys, at=at, witnessed=witnessed)
        if witnesses is not None:
            witnesses.demand(signed, now=at)
        files = _files(records, ledger, home, signed, keys, at=at, witnessed=witnessed)
        if policy is not None:
            files[POLICY] = policy
        manifest = _manifest(records, files, signed, keys, at=at)
        files[MANIFEST] = manifest.encode()
        files[NOTE] = sign_manifest(manifest, keys.signers, at=at)
        data = pack(files)
        record = ledger.record(
            CASE_FILE,
            at=at,
            public={
                "agency": agency,
                "manifest_digest": manifest.digest,
                "n_searches": len(records.searches),
            },
            sealed={"case_number": number, "recipient": writable(recipient), "exported_by": writable(by)},
        )
    n_records = len(tuple(records.every()))
    return ExportedCase(data, record, manifest.digest, len(records.searches), n_records, witnessed=witnessed)


def verifier_source() -> bytes:
    """Give the offline verifier as it is put into every case file."""
    return (package_files("facegate.oversight.case_file") / "offline_verifier.py").read_bytes()


def _brought_up_to_date(ledger: Ledger, looked: CaseSelection) -> CaseSelection:
    """Look through what was added since; the turn is held.

    After an erasure everything is read again: what it erased was picked while it could still be opened.
    """
    known = looked.erasures
    if looked.size < ledger.log.size:
        looked.look_through(ledger.log.read(looked.size))
    if looked.erasures == known:
        return looked
    again = CaseSelection(looked.agency, looked.number)
    again.look_through(ledger.log.read())
    return again


def _counted(
    records: Iterable[tuple[Entry, Opening | None]], total: int, progress: Callable[[int, int], None] | None
) -> Iterator[tuple[Entry, Opening | None]]:
    """Pass records on, and tell how many there were."""
    for done, one in enumerate(records, start=1):
        yield one
        if progress is not None and (done % EVERY == 0 or done == total):
            progress(done, total)


def _policy(text: bytes) -> WitnessPolicy:
    try:
        return parse_policy(text.decode())
    except UnicodeDecodeError as error:
        msg = "the witness policy is not UTF-8"
        raise InputError(msg) from error


def _signed(
    records: CaseRecords, ledger: Ledger, home: Home, keys: LogKeys, *, at: datetime, witnessed: bool
) -> SignedCheckpoint:
    """Give the state that witnesses signed, if it covers the whole case; else sign the present one."""
    kept = _cosigned(ledger, home, keys)
    if kept is not None and all(one.seq < kept.checkpoint.size for one in records.every()):
        return kept
    if witnessed:
        msg = (
            "no state of the log that holds every record of the case is cosigned by witnesses: have the log "
            "cosigned first, or export without a witness policy"
        )
        raise VerificationError(msg)
    return keys.sign(ledger.log.checkpoint, ledger.log.root_at, at=at)


def _cosigned(ledger: Ledger, home: Home, keys: LogKeys) -> SignedCheckpoint | None:
    """Read the state that witnesses signed last; None if it is of no use here."""
    if not home.cosigned.exists():
        return None
    try:
        kept = open_checkpoint(home.cosigned.read_bytes(), keys=keys.vkeys)
    except VerificationError:  # signed with a key that is no longer in force
        return None
    state = kept.checkpoint
    return kept if state.root == ledger.log.root_at(state.size) else None


def _files(
    records: CaseRecords,
    ledger: Ledger,
    home: Home,
    signed: SignedCheckpoint,
    keys: LogKeys,
    *,
    at: datetime,
    witnessed: bool,
) -> dict[str, bytes]:
    """Lay out everything but the manifest and the policy."""
    certificate, log, size = read_in_force(home).certificate, ledger.log, signed.checkpoint.size
    files = record_files(
        records, leaf=log.leaf, prove=lambda seq: log.proof(seq, size), checkpoint=signed.encode()
    )
    files |= _certificate_files(records, home, certificate)
    files |= {CHECKPOINT: signed.encode(), VERIFIER: verifier_source()}
    known = Known(
        tool=_tool(),
        made_at=stamp(at),
        origin=signed.checkpoint.origin,
        size=size,
        root=signed.checkpoint.root.hex(),
        keys=_key_lines(keys),
        certificate=certificate_seen(certificate),
        gallery_sizes=_gallery_sizes(home),
        offenses=_offenses(records),
        witnessed=witnessed,
    )
    cover = cover_of(records, known)
    return {**files, COVER: page_of(cover).encode(), COVER_TEXT: text_of(cover).encode()}


def _manifest(
    records: CaseRecords, files: dict[str, bytes], signed: SignedCheckpoint, keys: LogKeys, *, at: datetime
) -> Manifest:
    return Manifest(
        tool=_tool(),
        made_at=stamp(at),
        agency=records.agency,
        number=records.number,
        n_searches=len(records.searches),
        origin=signed.checkpoint.origin,
        size=signed.checkpoint.size,
        root=signed.checkpoint.root.hex(),
        keys=_key_lines(keys),
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )


def _certificate_files(records: CaseRecords, home: Home, certificate: Certificate | None) -> dict[str, bytes]:
    """Give the certificate in force and its issuer's key, if a search of the case relied on it."""
    serials = {one.intent.text("certificate") for one in records.searches}
    if certificate is None or certificate.serial not in serials:
        return {}
    issuer = trusted_issuers(home)[certificate.issuer_key]
    return {CERTIFICATE: home.certificate.read_bytes(), ISSUER: issuer.line().encode()}


def _gallery_sizes(home: Home) -> dict[str, int]:
    """Say how many people the gallery holds, by its digest; nothing of one that cannot be read."""
    try:
        gallery = GalleryManifest.read(home.gallery)
    except GalleryError:
        return {}
    return {gallery.digest: gallery.n_subjects}


def _offenses(records: CaseRecords) -> dict[str, str]:
    """Say what the codes stand for that searches of the case state."""
    catalogue = OffenseCatalogue.load()
    found = (catalogue.lookup(one.intent.text("offense_code")) for one in records.searches)
    return {one.code: one.heading for one in found if one is not None}


def _key_lines(keys: LogKeys) -> tuple[str, ...]:
    """Give the log's Ed25519 keys: those that sign manifests."""
    lines = tuple(one.line() for one in keys.vkeys if one.kind == ED25519)
    if not lines:
        msg = "the log has no Ed25519 key, wanted one to sign the case file with"
        raise InputError(msg)
    return lines


def _tool() -> str:
    return f"facegate {tool_version()}"

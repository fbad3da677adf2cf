"""What must be in order before anything is searched: filing it, and asking whether it is.

- A gallery is on the register with its provenance (source, authority, day, count, license) and the number of
  records withheld from it. One agency folder keeps one gallery: a request for another is never answered from
  it, whatever the request calls it.
- The statute it is kept under is signed by two different officers of its owner.
- Whatever is not filed is not in order; nothing here is true by default.

All of it is public but the signatures: no names in titles, reasons and subjects.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gate.registers.demands import (
    demand_count,
    demand_digest,
    demand_gallery_id,
    demand_listed,
    demand_past_day,
    demand_text,
    demand_time,
    demand_title,
)
from facegate.gate.registers.people import STATES
from facegate.gate.registers.people_known import demand_agency, demand_signers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from facegate.audit.canonical import JSONValue
    from facegate.gate.registers.demands import Recorder

USAGE_POLICY_FILE = "usage-policy.txt"  # in the agency's folder; its digest must equal the published one
LARGEST_POLICY = 1 << 22  # bytes
GALLERY_KINDS = frozenset({"dl", "id_card", "mugshot", "missing_person", "synthetic", "other"})
MOST_ENTITIES = 200


def register_gallery(
    ledger: Recorder,
    *,
    gallery: str,
    owner: str,
    state: str,
    kind: str,
    source: str,
    authority: str,
    taken_on: str,
    count: int,
    license_terms: str,
    withheld_count: int,
    at: datetime,
) -> int:
    """Register a gallery, whose it is and where its images come from.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    gallery : str
        Its id, such as ``dl``.
    owner : str
        ORI of the agency that keeps it.
    state : str
        Whose people are in it, one of `facegate.gate.registers.people.STATES`.
    kind : str
        One of `GALLERY_KINDS`.
    source, authority, license_terms : str
        Where the images come from; under what they were taken; how they may be used.
    taken_on : str
        Day on which they were taken over.
    count, withheld_count : int
        Images taken over; records left out by a neutral flag, whatever the reason.
    at : datetime
        When.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form, the owner is not registered, or another gallery is.
    """
    _demand_only_gallery(ledger, demand_gallery_id(gallery))
    provenance: dict[str, JSONValue] = {
        "source": demand_title(source, "the source"),
        "authority": demand_title(authority, "the authority of the source"),
        "taken_on": demand_past_day(taken_on, "the day the images were taken over", at).isoformat(),
        "count": demand_count(count, "the count of images"),
        "license": demand_title(license_terms, "the license"),
    }
    public: dict[str, JSONValue] = {
        "gallery": gallery,
        "owner": demand_agency(ledger, owner),
        "state": demand_listed(state, STATES, "the state"),
        "gallery_kind": demand_listed(kind, GALLERY_KINDS, "the kind of gallery"),
        "provenance": provenance,
        "withheld_count": demand_count(withheld_count, "the count of withheld records"),
    }
    return ledger.record("gallery", at=demand_time(at), public=public, sealed={})


def file_authority(
    ledger: Recorder,
    *,
    gallery: str,
    statute: str,
    section: str,
    entities: Sequence[str],
    signed_by: Sequence[str],
    at: datetime,
) -> int:
    """File the statute or order under which a gallery is kept and searched.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    gallery : str
        Registered before.
    statute, section : str
        Such as ``C.R.S.`` and ``24-72-302(3)``.
    entities : sequence of str
        Whom it names, in its words.
    signed_by : sequence of str
        Ids of two different officers of the gallery's owner.
    at : datetime
        When.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form, or there is no such gallery.
    PolicyRefusal
        If the signers are not two registered officers of the owner.
    """
    owner = demand_gallery(ledger, gallery)
    if not 1 <= len(entities) <= MOST_ENTITIES:
        msg = f"the authority names {len(entities)} entities, wanted 1 to {MOST_ENTITIES}"
        raise InputError(msg)
    public = {
        "gallery": gallery,
        "statute": demand_text(statute, "the statute"),
        "section": demand_text(section, "the section"),
        "entities": ", ".join(demand_title(one, "an entity") for one in entities),
    }
    sealed = demand_signers(ledger, signed_by, at, of=owner)
    return ledger.record("authority", at=demand_time(at), public=public, sealed=sealed)


def publish_policy(ledger: Recorder, *, digest: str, title: str, published_at: str, at: datetime) -> int:
    """Record which usage policy is published, and where.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    digest : str
        SHA-256 of the text, 64 hexadecimal digits.
    title : str
        Of the text.
    published_at : str
        Address at which anybody can read it.
    at : datetime
        When.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form.
    """
    public = {
        "digest": demand_digest(digest, "the digest of the usage policy"),
        "title": demand_title(title, "the title of the usage policy"),
        "published_at_address": demand_text(published_at, "the address of the usage policy"),
    }
    return ledger.record("usage-policy", at=demand_time(at), public=public, sealed={})


def demand_gallery(ledger: Recorder, gallery: str) -> str:
    """Give the owner of a gallery that is registered.

    Raises
    ------
    InputError
        If it is not of its form, or not registered.
    """
    query = "SELECT owner FROM conditions_galleries WHERE gallery = ?"
    owner = ledger.value(query, demand_gallery_id(gallery))
    if owner is None:
        msg = f"no gallery {gallery!r} is registered here; register it first"
        raise InputError(msg)
    return str(owner)


def gallery_here(ledger: Recorder) -> str:
    """Give the id of the one gallery this folder keeps; empty if none is registered."""
    return str(ledger.value("SELECT gallery FROM conditions_galleries ORDER BY gallery LIMIT 1") or "")


def gallery_keeper(ledger: Recorder, gallery: str) -> str:
    """Give the ORI of the agency that keeps a gallery; empty if it is not registered."""
    return str(ledger.value("SELECT owner FROM conditions_galleries WHERE gallery = ?", gallery) or "")


def authority_cited(ledger: Recorder, gallery: str) -> str:
    """Give statute and section of the last authority filed for a gallery; empty if none holds."""
    query = "SELECT citation FROM conditions_authority WHERE gallery = ? ORDER BY seq DESC LIMIT 1"
    return str(ledger.value(query, gallery) or "") if authority_on_file(ledger, gallery) else ""


def authority_on_file(ledger: Recorder, gallery: str | None) -> bool:
    """Tell whether an authority for the gallery is on file, signed by two."""
    query = (
        "SELECT 1 FROM conditions_authority WHERE gallery = ? "
        "AND signed_by_1 <> '' AND signed_by_2 <> '' AND signed_by_1 <> signed_by_2"
    )
    return bool(ledger.value(query, gallery))


def policy_published(ledger: Recorder, text: bytes | None) -> bool:
    """Tell whether the usage policy in the agency's folder is, byte for byte, the one last published."""
    published = ledger.value("SELECT digest FROM conditions_policies ORDER BY seq DESC LIMIT 1")
    return text is not None and published == hashlib.sha256(text).hexdigest()


def read_published_policy(folder: Path) -> bytes | None:
    """Read the usage policy of an agency's folder; None if there is none.

    Raises
    ------
    InputError
        If it is there and cannot be read, or is too large.
    """
    path = folder / USAGE_POLICY_FILE
    try:
        if not path.exists():
            return None
        text = path.read_bytes()
    except OSError as error:
        msg = f"cannot read the usage policy {path}: {error.strerror}"
        raise InputError(msg) from error
    if len(text) > LARGEST_POLICY:
        msg = f"the usage policy {path} has {len(text):,} bytes, wanted at most {LARGEST_POLICY:,}"
        raise InputError(msg)
    return text


def _demand_only_gallery(ledger: Recorder, gallery: str) -> None:
    """Refuse a second gallery: there is one index in the folder, and no id would tell it from another."""
    here = gallery_here(ledger)
    if here not in {"", gallery}:
        msg = (
            f"this folder keeps gallery {here!r} and cannot keep gallery {gallery!r} too; "
            "wanted a folder of its own for each gallery"
        )
        raise InputError(msg)

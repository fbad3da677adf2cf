"""What leaves the gate: rank, score band and a reference that is worth nothing in another case.

- Never a vector, an exact score, a file name or a person's id: exact scores would let a
  requester climb towards an enrolled template (hill climbing), ids would link cases.
- A refusal names every rule that failed, with its citation.
- Error rates by group stand beside every candidate list, with what they can be at most.
- The sentence that a candidate is a lead stands in every reply, the empty one included.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from dataclasses import asdict, dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.evaluation.certificates.certificate import Certificate, CertifiedRate
    from facegate.records import CandidateList, FailedRule, SearchId, SubjectId

NOTICE = (
    "A candidate is an investigative lead, not an identification. "
    "It must not be the only basis for an arrest, a search or a warrant."
)
LIST_NOTICE = (
    f"{NOTICE} A list may be incomplete: whoever an agency was shown very often is left out of its lists "
    "until a supervisor clears it."
)
"""Stands beside every candidate list, whether anybody was left out of it or not: else it would tell."""

BAND = Decimal("0.10")
REFERENCE_BYTES = 10  # 80 bits: no two subjects of one case share a reference by chance


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """One line of the candidate list as it is shown.

    Parameters
    ----------
    rank : int
        1 is the most alike.
    band : str
        Width 0.10 on the score scale, lower edge included: ``0.40-0.50``.
    subject_ref : str
        Stands for the subject in this case only.
    """

    rank: int
    band: str
    subject_ref: str


@dataclass(frozen=True, slots=True)
class GallerySeen:
    """The gallery a search ran on: its digest, size, and whether any of it is synthetic."""

    digest: str
    n_subjects: int
    synthetic: bool


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where the attempt stands in the log: its two records and the root after them (hex)."""

    intent: int
    result: int
    root: str


@dataclass(frozen=True, slots=True)
class RatesSeen:
    """How often people of one group are wrongly matched or returned, as certified.

    Parameters
    ----------
    group : str
        Name of the group, or ``everybody``.
    people : int
        Different people of the group in the measurement.
    fmr, fpir : float or None
        False matches per comparison with another person of the group; searches, of those
        for people who are not enrolled, that return anybody. None where the data cannot
        speak of a rate.
    fmr_at_most, fpir_at_most : float or None
        Upper ends of their 95 % intervals; None for a rate that was not looked for.
    """

    group: str
    people: int
    fmr: float | None
    fmr_at_most: float
    fpir: float | None
    fpir_at_most: float | None


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    """The certificate in force, as far as the reader of a candidate list needs it.

    Parameters
    ----------
    serial, issuer : str
        Which one, and who vouches for it.
    issued_on, valid_until : str
        Dates, ISO 8601; both days included.
    dataset : str
        What was measured on.
    synthetic : bool
        No face was involved in the measurement.
    score, native : float
        The threshold, and as the metric's users know it.
    native_name, basis : str
        Name of the native value; how the threshold was set.
    in_sample : bool
        Set and measured on the same people: there its rate cannot exceed the target.
    gallery_size : int or None
        People in the gallery that the searches were measured on.
    overall : RatesSeen
        Everybody.
    groups : tuple of RatesSeen
        Every group measured.
    """

    serial: str
    issuer: str
    issued_on: str
    valid_until: str
    dataset: str
    synthetic: bool
    score: float
    native: float
    native_name: str
    basis: str
    in_sample: bool
    gallery_size: int | None
    overall: RatesSeen
    groups: tuple[RatesSeen, ...]


@dataclass(frozen=True, slots=True)
class SearchReply:
    """The answer to one attempt, allowed or refused.

    Parameters
    ----------
    search_id : SearchId
        UUIDv7 of the attempt.
    decision : str
        ``allowed`` or ``refused``.
    profile : str
        The law applied.
    failed_rules : tuple of FailedRule
        Every rule not met; empty when allowed.
    n_candidates : int
        How many wait for review by two people; 0 when refused, and when nobody is at or above the
        threshold. Who they are is not in here: a list that was out before its review cannot be called back.
    n_at_or_above : int
        Subjects at or above the threshold before the list was cut.
    certificate : CertificateSeen or None
        Threshold and certified error rates; None only in a refusal.
    gallery : GallerySeen
        What was (or would have been) searched.
    log : LogPlace
        The two records of this attempt.
    notice : str
        The lead-only sentence.
    n_tries : int
        Searches with variants of this probe, this one included; from 1. Several tries find a wrong person
        more often than one: the rates certified are of a single search.
    """

    search_id: SearchId
    decision: str
    profile: str
    failed_rules: tuple[FailedRule, ...]
    n_candidates: int
    n_at_or_above: int
    certificate: CertificateSeen | None
    gallery: GallerySeen
    log: LogPlace
    notice: str = LIST_NOTICE
    n_tries: int = 1

    def to_json(self) -> dict[str, Any]:
        """Give the reply as plain JSON values."""
        return asdict(self)


def certificate_seen(certificate: Certificate | None) -> CertificateSeen | None:
    """Take from a certificate what stands beside a candidate list; nothing if there is none."""
    if certificate is None:
        return None
    searches, used = certificate.searches, certificate.threshold
    searched = {} if searches is None else {one.group: one for one in (searches.overall, *searches.groups)}
    return CertificateSeen(
        serial=certificate.serial,
        issuer=certificate.issuer,
        issued_on=certificate.issued_on,
        valid_until=certificate.valid_until,
        dataset=certificate.dataset,
        synthetic=certificate.synthetic,
        score=used.score,
        native=used.native,
        native_name=certificate.metric.native_name,
        basis=used.basis,
        in_sample=used.in_sample,
        gallery_size=None if searches is None else searches.gallery_size,
        overall=_rates_seen(certificate.overall, searched),
        groups=tuple(_rates_seen(one, searched) for one in certificate.groups),
    )


def _rates_seen(compared: CertifiedRate, searched: Mapping[str, CertifiedRate]) -> RatesSeen:
    search = searched.get(compared.group)
    return RatesSeen(
        group=compared.group,
        people=compared.people,
        fmr=_spoken_of(compared),
        fmr_at_most=compared.upper_bound,
        fpir=None if search is None else _spoken_of(search),
        fpir_at_most=None if search is None else search.upper_bound,
    )


def _spoken_of(one: CertifiedRate) -> float | None:
    """Give the estimate only where people and events are enough to speak of one."""
    return one.rate.estimate if one.supported and one.rate is not None else None


def band_of(score: float) -> str:
    """Name the score band of width 0.10 that a score lies in, lower edge included.

    Parameters
    ----------
    score : float
        Similarity, at most 1; the score 1 itself belongs to the highest band.

    Returns
    -------
    str
        Such as ``0.40-0.50``.

    Examples
    --------
    >>> band_of(0.4), band_of(0.3999), band_of(1.0)
    ('0.40-0.50', '0.30-0.40', '0.90-1.00')
    """
    # repr, not the binary value: 0.3 is stored slightly below 0.3 and must not fall a band.
    low = (Decimal(repr(score)) / BAND).to_integral_value(ROUND_FLOOR) * BAND
    low = min(low, Decimal(1) - BAND)
    return f"{low:.2f}-{low + BAND:.2f}"


def subject_reference(key: bytes, case_number: str, subject_id: SubjectId) -> str:
    """Make the reference that stands for a subject in one case.

    Parameters
    ----------
    key : bytes
        32 secret bytes of the operator; without them references cannot be linked
        between cases nor guessed from a list of subject ids.
    case_number : str
        The case the list is for.
    subject_id : SubjectId
        The enrolled subject.

    Returns
    -------
    str
        16 characters, the same for the same subject in the same case.
    """
    # The case key is derived first, so that no choice of case number can imitate another
    # pair of case and subject.
    case_key = hmac.digest(key, b"facegate/case/v1\x00" + case_number.encode(), hashlib.sha256)
    mark = hmac.digest(case_key, subject_id.encode(), hashlib.sha256)
    return b32encode(mark[:REFERENCE_BYTES]).decode().lower()


def shown(found: CandidateList, *, key: bytes, case_number: str) -> tuple[ShownCandidate, ...]:
    """Turn exact candidates into what may be shown."""
    return tuple(
        ShownCandidate(rank, band_of(one.score), subject_reference(key, case_number, one.subject_id))
        for rank, one in enumerate(found.candidates, start=1)
    )

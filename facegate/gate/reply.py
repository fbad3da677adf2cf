"""What leaves the gate: rank, score band and a reference that is worth nothing in another case.

- Never a vector, an exact score, a file name or a person's id: exact scores would let a
  requester climb towards an enrolled template (hill climbing), ids would link cases.
- A refusal names every rule that failed, with its citation.
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
    from facegate.evaluation.measured_threshold import MeasuredThreshold
    from facegate.records import CandidateList, FailedRule, SearchId, SubjectId

NOTICE = (
    "A candidate is an investigative lead, not an identification. "
    "It must not be the only basis for an arrest, a search or a warrant."
)
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
    candidates : tuple of ShownCandidate
        Empty when refused, and when nobody is at or above the threshold.
    n_at_or_above : int
        Subjects at or above the threshold before the list was cut.
    measured : MeasuredThreshold or None
        The threshold and its measured false match rate; None only in a refusal.
    gallery : GallerySeen
        What was (or would have been) searched.
    log : LogPlace
        The two records of this attempt.
    notice : str
        The lead-only sentence.
    """

    search_id: SearchId
    decision: str
    profile: str
    failed_rules: tuple[FailedRule, ...]
    candidates: tuple[ShownCandidate, ...]
    n_at_or_above: int
    measured: MeasuredThreshold | None
    gallery: GallerySeen
    log: LogPlace
    notice: str = NOTICE

    def to_json(self) -> dict[str, Any]:
        """Give the reply as plain JSON values."""
        return asdict(self)


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

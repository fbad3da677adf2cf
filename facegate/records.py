"""Frozen records that the rooms pass to each other, and the ids in them.

- Ids are distinct types: a type checker refuses a template id where a subject id belongs.
- "Not recorded" is a value and a group of its own, never a dropped row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from pathlib import Path

SubjectId = NewType("SubjectId", str)
TemplateId = NewType("TemplateId", str)
SearchId = NewType("SearchId", str)
"""UUIDv7 in its usual 36-character form."""

NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True)
class Demographics:
    """What a source says of one person; a label travels with its source.

    Parameters
    ----------
    sex : str
        ``F``, ``M`` or ``not recorded``.
    race : str
        The source's own category, or ``not recorded``. Perceived, booked or
        self-reported: the label source tells which.
    age_class : str
        The source's own class or a range of years, or ``not recorded``.
    label_source : str
        Where the race label (and where it has its own, the sex label) comes from,
        such as ``human``, ``classifier``, ``self-report``, ``booking record``.
    """

    sex: str = NOT_RECORDED
    race: str = NOT_RECORDED
    age_class: str = NOT_RECORDED
    label_source: str = NOT_RECORDED


@dataclass(frozen=True, slots=True)
class LabeledPhoto:
    """One photo of a data set with the person it shows.

    Parameters
    ----------
    photo_id : str
        Unique and stable inside the set; also the template id it will yield.
    subject_id : SubjectId
        The person, unique inside the set.
    path : Path
        Where the file lies on this machine; never shown, never logged.
    demographics : Demographics
        Labels of the person and their source.
    """

    photo_id: TemplateId
    subject_id: SubjectId
    path: Path
    demographics: Demographics


@dataclass(frozen=True, slots=True)
class Candidate:
    """One enrolled subject at or above the threshold, with the exact score.

    Internal: what leaves the gate carries rank and score band instead.
    """

    subject_id: SubjectId
    score: float


@dataclass(frozen=True, slots=True)
class CandidateList:
    """What one search found, best first.

    Parameters
    ----------
    candidates : tuple of Candidate
        Sorted by score, highest first; equal scores by subject id, lowest first.
        At most as many as the limit of the search.
    n_at_or_above : int
        Subjects at or above the threshold before the limit cut the list.
    approached : tuple of Candidate
        For the counters only, never shown: the best of those who are not candidates, but within the
        margin of a search below the threshold or cut off by the limit. Sorted as the candidates are.
    """

    candidates: tuple[Candidate, ...]
    n_at_or_above: int
    approached: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class FailedRule:
    """One rule that a request did not meet: what a refusal is made of.

    Parameters
    ----------
    rule_id : str
        The rule's ``@id``.
    say : str
        One plain sentence.
    cite : str
        Statute or document, and section.
    checked : str
        Date and mark of the reading, such as ``2026-11-22 checked``; anything but
        "checked" is printed as not checked against the text.
    """

    rule_id: str
    say: str
    cite: str
    checked: str

"""How a search stands in its review, read from the book."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.records import Candidate, CandidateList, SearchId, SubjectId

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Any

    from facegate.gate.ledger.ledger import Ledger

REVIEWERS = 2


class Stage(StrEnum):
    """Where a search stands."""

    NOT_SEARCHED = "not searched"
    """Refused, broken off, or without a result yet."""
    NOBODY_FOUND = "no candidate"
    WAITING = "waiting for review"
    REVIEWED = "reviewed"
    RELEASED = "released"


class Opinion(StrEnum):
    """What a reviewer says of one candidate and the probe."""

    AGREE = "agree"
    DISAGREE = "disagree"
    INCONCLUSIVE = "inconclusive"


class Verdict(StrEnum):
    """What two opinions on one candidate come to."""

    LEAD = "lead"
    """Both agree."""
    DIFFER = "lead, the reviewers differ"
    """One agrees, the other does not."""
    NOT_A_LEAD = "not a lead"
    """Nobody agrees: both disagree, or neither is sure."""

    @classmethod
    def of(cls, opinions: Iterable[Opinion]) -> Verdict:
        """Count who agrees.

        Examples
        --------
        >>> str(Verdict.of([Opinion.AGREE, Opinion.DISAGREE]))
        'lead, the reviewers differ'
        """
        return (cls.NOT_A_LEAD, cls.DIFFER, cls.LEAD)[list(opinions).count(Opinion.AGREE)]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one reviewer recorded: one opinion for each candidate, in rank order."""

    reviewer: str
    agency: str
    opinions: tuple[Opinion, ...]
    at: str


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a candidate list to one person.

    Parameters
    ----------
    seq : int
        Its record.
    at : str
        When, RFC 3339.
    mark : str
        The recipient's mark.
    recipient, agency : str
        Who received it, and his agency's ORI; empty after an erasure.
    lines : tuple of (int, str, str, str)
        Rank, band, subject reference (empty where withheld) and verdict.
    """

    seq: int
    at: str
    mark: str
    recipient: str
    agency: str
    lines: tuple[tuple[int, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One search, with what is recorded of it.

    Parameters
    ----------
    search_id : SearchId
        Which.
    agency, beneficiary : str
        ORI of the agency that asked, and of the one it asked for (``self``, its ORI, or empty).
    profile, certificate : str
        The law it was made under; serial of the certificate it relied on, empty if none is recorded.
    case_number, requester : str
        Sealed in the log; empty after an erasure.
    asked_at, searched_at : str
        RFC 3339; the second is empty without a result.
    outcome : str
        Of the result record.
    n_candidates, n_at_or_above : int
        Length of the list, and before it was cut.
    candidates : CandidateList
        Exact, internal. Empty after an erasure, though ``n_candidates`` is not 0.
    findings : tuple of Finding
        In the order of the log.
    closed : str
        ``nil``, ``reviewed``, or empty while it is open.
    releases : tuple of Release
        In the order of the log.
    """

    search_id: SearchId
    agency: str
    beneficiary: str
    profile: str
    certificate: str
    case_number: str
    requester: str
    asked_at: str
    searched_at: str
    outcome: str
    n_candidates: int
    n_at_or_above: int
    candidates: CandidateList
    findings: tuple[Finding, ...]
    closed: str
    releases: tuple[Release, ...]

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        if self.outcome != "searched":
            return Stage.NOT_SEARCHED
        if self.n_candidates == 0:
            return Stage.NOBODY_FOUND
        if len(self.findings) < REVIEWERS:
            return Stage.WAITING
        return Stage.RELEASED if self.releases else Stage.REVIEWED

    def verdict(self, rank: int) -> Verdict:
        """Say what the findings come to for one candidate; nothing is a lead that nobody can read."""
        opinions = [one.opinions[rank - 1] for one in self.findings if len(one.opinions) == self.n_candidates]
        return Verdict.of(opinions) if len(opinions) == REVIEWERS else Verdict.NOT_A_LEAD


def find(ledger: Ledger, search_id: str, *, at: datetime) -> Reviewed:
    """Read how one search stands, in order to take a step.

    Parameters
    ----------
    ledger : Ledger
        Holds the book of reviews.
    search_id : str
        Which search.
    at : datetime
        Time of the step, with its zone.

    Raises
    ------
    InputError
        If there is no such search, or the time has no zone.
    """
    if at.tzinfo is None:
        msg = f"a step of a review needs a time with its zone, got {at.isoformat()}"
        raise InputError(msg)
    return read(ledger, search_id)


def read(ledger: Ledger, search_id: str) -> Reviewed:
    """Read how one search stands.

    Raises
    ------
    InputError
        If there is no such search.
    """
    rows = ledger.rows("SELECT * FROM review_searches WHERE search_id = ?", search_id)
    if not rows:
        msg = "there is no search of that id on the log; `facegate review list` shows those there are"
        raise InputError(msg)
    return _reviewed(ledger, rows[0])


def records_of(ledger: Ledger, search_id: str) -> tuple[int, int | None]:
    """Give the positions of a search's intent and result in the log; None while there is no result.

    Raises
    ------
    InputError
        If there is no such search.
    """
    search = read(ledger, search_id)
    row = ledger.rows("SELECT intent, result FROM review_searches WHERE search_id = ?", search.search_id)[0]
    return row["intent"], row["result"]


def of_case(ledger: Ledger, agency: str, case_number: str) -> tuple[Reviewed, ...]:
    """Read every search of one case of one agency, in the order of the log; refused ones too."""
    if not case_number:
        return ()
    query = "SELECT * FROM review_searches WHERE agency = ? AND case_number = ? ORDER BY intent"
    return tuple(_reviewed(ledger, row) for row in ledger.rows(query, agency, case_number))


def still_open(ledger: Ledger) -> tuple[Reviewed, ...]:
    """Read every search whose review is not closed, oldest first."""
    query = (
        "SELECT * FROM review_searches WHERE outcome = 'searched' AND closed = ''"
        " ORDER BY searched_at, result"
    )
    return tuple(_reviewed(ledger, row) for row in ledger.rows(query))


def reviewed_lists(ledger: Ledger, agency: str, *, most: int = 200) -> tuple[Reviewed, ...]:
    """Read the searches that two people have reviewed, released or not, the newest first.

    Parameters
    ----------
    ledger : Ledger
        Holds the book of reviews.
    agency : str
        ORI of the agency that asked, or that it was asked for.
    most : int
        Older ones are left out.
    """
    query = (
        "SELECT * FROM review_searches WHERE outcome = 'searched' AND closed = 'reviewed'"
        " AND (agency = ? OR beneficiary = ?) ORDER BY intent DESC LIMIT ?"
    )
    return tuple(_reviewed(ledger, row) for row in ledger.rows(query, agency, agency, most))


def _reviewed(ledger: Ledger, row: Any) -> Reviewed:  # noqa: ANN401  a row of SQLite
    listed = tuple(Candidate(SubjectId(who), float(score)) for who, score in _json_list(row["candidates"]))
    return Reviewed(
        search_id=SearchId(row["search_id"]),
        agency=row["agency"],
        beneficiary=row["beneficiary"],
        profile=row["profile"],
        certificate=row["certificate"],
        case_number=row["case_number"],
        requester=row["requester"],
        asked_at=row["asked_at"],
        searched_at=row["searched_at"],
        outcome=row["outcome"],
        n_candidates=row["n_candidates"],
        n_at_or_above=row["n_at_or_above"],
        candidates=CandidateList(listed, row["n_at_or_above"]),
        findings=_findings(ledger, row["search_id"]),
        closed=row["closed"],
        releases=_releases(ledger, row["search_id"]),
    )


def _findings(ledger: Ledger, search_id: str) -> tuple[Finding, ...]:
    query = "SELECT * FROM review_steps WHERE search_id = ? AND kind = 'finding' AND rule = '' ORDER BY seq"
    return tuple(
        Finding(
            row["by_officer"],
            row["by_agency"],
            tuple(Opinion(word) for word in _json_list(row["what"])),
            row["at"],
        )
        for row in ledger.rows(query, search_id)
    )


def _releases(ledger: Ledger, search_id: str) -> tuple[Release, ...]:
    query = (
        "SELECT r.seq, s.at, r.mark, r.recipient, r.recipient_agency, r.candidates FROM review_releases r"
        " JOIN review_steps s ON s.seq = r.seq WHERE r.search_id = ? ORDER BY r.seq"
    )
    found = []
    for seq, at, mark, recipient, agency, text in ledger.rows(query, search_id):
        lines = tuple((int(rank), band, ref, say) for rank, band, ref, say in _json_list(text))
        found.append(Release(seq, at, mark, recipient, agency, lines))
    return tuple(found)


def _json_list(text: str) -> list[Any]:
    return json.loads(text) if text else []

"""Reviews, releases, what follows from a lead, and dossiers, as they are answered."""

from typing import Literal

from facegate.client.replies.reply import Recorded, Reply

Opinion = Literal["agree", "disagree", "inconclusive"]
"""What a reviewer says of one candidate and the probe."""


class WaitingReview(Reply):
    """A search whose review is not closed.

    Parameters
    ----------
    search_id : str
        UUIDv7.
    agency : str
        ORI of whoever asked.
    searched_at : str
        RFC 3339, UTC.
    n_candidates, n_findings : int
        Candidates to be compared, and findings recorded so far, 0 to 2.
    stage : str
        Where the review stands, one word.
    """

    search_id: str
    agency: str
    searched_at: str
    n_candidates: int
    n_findings: int
    stage: str


class WaitingReviews(Reply):
    """Searches that wait for their review, oldest first."""

    reviews: tuple[WaitingReview, ...]


class SheetLine(Reply):
    """One candidate as a reviewer sees him.

    Parameters
    ----------
    rank : int
        From 1, most alike first.
    band : str
        Range of the comparison score; higher is more alike.
    subject_ref : str
        Reference bound to the case.
    """

    rank: int
    band: str
    subject_ref: str


class Finding(Reply):
    """What a reviewer found of every candidate.

    Parameters
    ----------
    reviewer, agency : str
        Officer id and ORI.
    opinions : tuple of str
        In rank order: ``agree``, ``disagree`` or ``inconclusive``.
    at : str
        RFC 3339, UTC.
    """

    reviewer: str
    agency: str
    opinions: tuple[Opinion, ...]
    at: str


class Sheet(Reply):
    """A candidate list for its reviewer.

    Parameters
    ----------
    search_id : str
        UUIDv7.
    candidates : tuple of SheetLine
        Most alike first.
    n_at_or_above : int
        How many were at or above the threshold before the list was cut.
    findings : tuple of Finding
        The reader's own; both once both are in.
    notice : str
        What a candidate is, and is not.
    """

    search_id: str
    candidates: tuple[SheetLine, ...]
    n_at_or_above: int
    findings: tuple[Finding, ...]
    notice: str


class Released(Recorded):
    """A list was released to one person.

    Parameters
    ----------
    search_id : str
        Where its recipient reads it.
    mark : str
        Of his copy.
    n_leads, n_withheld : int
        Candidates released as leads, and those that were not.
    """

    search_id: str
    mark: str
    n_leads: int
    n_withheld: int


class OwedNotice(Reply):
    """A notice that is owed because a lead was proved wrong.

    Parameters
    ----------
    correction, rank : int
        Record of the correction, and the candidate.
    mark : str
        Of the copy whose recipient is to be told, or ``defense``.
    recipient, agency : str or None
        Officer id and ORI; None for the defense, and after an erasure.
    since : str
        RFC 3339, UTC.
    """

    correction: int
    rank: int
    mark: str
    recipient: str | None
    agency: str | None
    since: str


class OwedNotices(Reply):
    """Notices that are owed, of the oldest correction first."""

    notices: tuple[OwedNotice, ...]


class Dossier(Recorded):
    """Listed fields of the record of one released lead.

    Parameters
    ----------
    search_id, rank : str, int
        Which lead.
    fields : dict of str to str
        The fields asked for, and nothing else; images carry the mark of this copy.
    mark : str
        Of this copy.
    n_in_case, asked : int
        Which dossier of its case it is, from 1, and the record of the asking.
    notice : str
        What a lead is, and is not.
    """

    search_id: str
    rank: int
    fields: dict[str, str]
    mark: str
    n_in_case: int
    asked: int
    notice: str

"""The register of suspected misuse, as it is answered."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from facegate.client.replies.reply import Recorded, Reply

State = Literal["pending", "confirmed", "cleared"]


class MisuseCase(Reply):
    """One case as it stands.

    Parameters
    ----------
    number : int
        The record that opened it: its address.
    agency, source, misuse_class : str
        ORI of the agency it is about, where it comes from, and of which class it is.
    officer : str or None
        Suspected; None while nobody is known.
    searches : tuple of str
        The searches it is about.
    opened, closed : datetime, datetime or None
        UTC; None while it is open.
    state : str
        ``pending``, ``confirmed`` or ``cleared``.
    days_pending, overdue : int, bool
        For how many days, and whether that is too long.
    n_notes, n_reopened : int
        Follow-ups, and how often it was opened again.
    outcome, suspension : str or None
        What came of it.
    by_own_agency : bool or None
        Decided by the agency it is about; None before.
    """

    number: int
    agency: str
    source: str
    misuse_class: str
    officer: str | None
    searches: tuple[str, ...]
    opened: AwareDatetime
    state: State
    days_pending: int
    overdue: bool
    n_notes: int
    n_reopened: int
    closed: AwareDatetime | None
    outcome: str | None
    by_own_agency: bool | None
    suspension: str | None


class MisuseStep(Reply):
    """One record about a case.

    Parameters
    ----------
    record, kind, at : int, str, datetime
        Its place on the log, of which kind, and when, UTC.
    refused : bool
        The step was refused.
    by, by_agency : str or None
        Who acted; None where that was erased.
    words : dict of str to str
        What was written; missing where it was erased.
    """

    record: int
    kind: str
    at: AwareDatetime
    refused: bool
    by: str | None
    by_agency: str | None
    words: dict[str, str]


class MisuseCaseWithSteps(MisuseCase):
    """One case with everything recorded about it."""

    steps: tuple[MisuseStep, ...]


class MisuseCases(Reply):
    """Cases, the newest first; ``more`` says that older ones are left."""

    cases: tuple[MisuseCase, ...]
    more: bool


class MisuseCaseOpened(Recorded):
    """A case is open under this number."""

    number: int


class MisuseStepRecorded(Recorded):
    """A step of a case is on record, and how the case stands now."""

    number: int
    state: State


class OversightFinding(Reply):
    """One thing that is owed; it names no officer.

    Parameters
    ----------
    what, agency, say : str
        Of which kind, by which agency (ORI), and the sentence.
    due, overdue : date, bool
        By when, and whether that day is over.
    """

    what: str
    agency: str
    due: date
    overdue: bool
    say: str


class OversightDocket(Reply):
    """The oversight docket.

    Parameters
    ----------
    findings, n_overdue : tuple of OversightFinding, int
        What is owed, and how much of it is overdue.
    days_since_opened : int or None
        Since the body last opened it; None if it never did.
    """

    findings: tuple[OversightFinding, ...]
    n_overdue: int
    days_since_opened: int | None


class OversightDocketOpened(OversightDocket, Recorded):
    """The docket as it was opened for the oversight body; that it looked is on the log."""

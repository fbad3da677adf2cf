"""What is planned of a made-up year before it becomes records: cases, searches, which of them are misuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.oversight.synthetic_year.people import Officer


@dataclass(slots=True)
class PlannedCase:
    """One case; its searches come later.

    Parameters
    ----------
    agency, number, offense : str
        ORI, case number, NCIC code.
    opened : datetime
        When the clerk registered it.
    lead, second : Officer
        Whose case it is, and who helps.
    last : datetime
        The latest that happened in it so far.
    closed, amended : datetime or None
        When it was closed, and amended to another offense, if ever.
    amended_to : str
        To which offense.
    paper : datetime or None
        When a warrant was filed, if ever.
    """

    agency: str
    number: str
    offense: str
    opened: datetime
    lead: Officer
    second: Officer
    last: datetime
    closed: datetime | None = None
    amended: datetime | None = None
    amended_to: str = ""
    paper: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlannedSearch:
    """One search.

    Parameters
    ----------
    at : datetime
        When.
    officer : Officer
        Who asks.
    case : PlannedCase
        Under which case.
    target : str
        Whom the photo shows, if he is in the gallery; empty for somebody who is not.
    p_found : float
        How likely the target is first on the list.
    p_followed : float
        How likely evidence follows, if he is found.
    passed_on : bool
        The list is tried to be released to another agency.
    misuse : int
        Number of the planted misuse it belongs to; -1 for honest work.
    """

    at: datetime
    officer: Officer
    case: PlannedCase
    target: str
    p_found: float = 0.62
    p_followed: float = 0.45
    passed_on: bool = False
    misuse: int = -1


@dataclass(frozen=True, slots=True)
class PlannedLate:
    """One honest search made by hand, and entered some hours later by a colleague."""

    made: datetime
    entered: datetime
    officer: Officer
    case: PlannedCase


@dataclass(slots=True)
class Plan:
    """Everything planned of a year."""

    cases: list[PlannedCase] = field(default_factory=list)
    searches: list[PlannedSearch] = field(default_factory=list)
    late: list[PlannedLate] = field(default_factory=list)

"""One case of suspected misuse, as the log has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.oversight.misuse.words import PENDING_DAYS, State

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class MisuseCase:
    """One case of suspected misuse.

    Parameters
    ----------
    number : int
        The record that opened it: its name ever after.
    agency : str
        ORI of the agency whose officer or account is concerned.
    source, misuse_class : str
        Of `Source` and `CLASSES`.
    officer : str
        His id; empty if nobody is known yet, or the record was erased.
    searches : tuple of str
        Ids of the searches concerned; empty likewise.
    opened : datetime
        When.
    state : State
        How it stands.
    spans : tuple of (datetime, datetime or None)
        From when to when it was pending; the last without an end while it is.
    notes : tuple of datetime
        When follow-ups were recorded.
    closed : datetime or None
        When it was last confirmed or cleared; None while it is pending.
    outcome : str
        Of `OUTCOMES`; empty if none was stated.
    by_own_agency : bool or None
        Whether the agency concerned closed it itself; None while it is pending.
    suspension : str
        What was decided of the officer's standing; empty if nothing had to be.
    confirmations : tuple of datetime
        Every time at which it was confirmed, though it was opened again since.
    outcome_at : datetime or None
        When the outcome was stated; None if none is.
    """

    number: int
    agency: str
    source: str
    misuse_class: str
    officer: str
    searches: tuple[str, ...]
    opened: datetime
    state: State = State.PENDING
    spans: tuple[tuple[datetime, datetime | None], ...] = ()
    notes: tuple[datetime, ...] = ()
    closed: datetime | None = None
    outcome: str = ""
    by_own_agency: bool | None = None
    suspension: str = ""
    confirmations: tuple[datetime, ...] = ()
    outcome_at: datetime | None = None

    @property
    def n_reopened(self) -> int:
        """How often it was opened again."""
        return len(self.spans) - 1

    def pending_for(self, now: datetime) -> timedelta:
        """Tell how long it has been pending, all in all: closing and reopening starts no new count."""
        spent = timedelta()
        for start, end in self.spans:
            spent += max(timedelta(), (end or now) - start)
        return spent

    def passed(self, days: int = PENDING_DAYS) -> datetime | None:
        """Give the moment at which so many days of pending were over; None if that never came.

        For a case still pending the moment may lie in the future.
        """
        left = timedelta(days=days)
        for start, end in self.spans:
            if end is None or end - start > left:
                return start + left
            left -= end - start
        return None

    def overdue(self, now: datetime, days: int = PENDING_DAYS) -> bool:
        """Whether it is pending, and has been for more than so many days."""
        return self.state is State.PENDING and self.pending_for(now) > timedelta(days=days)

    def followed_up(self, now: datetime) -> bool:
        """Whether a follow-up was recorded after the day on which it became a finding, up to now."""
        since = self.passed()
        return since is not None and any(since < one <= now for one in self.notes)

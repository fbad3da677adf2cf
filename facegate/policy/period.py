"""When a law holds: from its first day up to, not including, its last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class Period:
    """When a text holds: from the first day on, up to but not including the last date.

    Parameters
    ----------
    effective : date or None
        First day, from midnight UTC; None where the text states none.
    until : date or None
        First day on which it no longer holds; None where none is known.
    """

    effective: date | None = None
    until: date | None = None

    def __str__(self) -> str:
        """Say the period in words.

        Examples
        --------
        >>> from datetime import date
        >>> print(Period(date(2019, 9, 9)))
        in force from 2019-09-09, no end date known
        """
        start = f"in force from {self.effective}" if self.effective else "in force, no start date stated"
        return f"{start}, {f'until {self.until} (not included)' if self.until else 'no end date known'}"

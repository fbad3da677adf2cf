"""Which searches count as made, the same in every report: through the gate, and by hand past it.

- A search was made if the gallery answered: its list was shown, or withheld as a whole. That a list was
  withheld undoes no search, and a report that left it out would count fewer searches than there were.
- A search by hand belongs to the day on which it was made, not to the day on which somebody entered it.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from facegate.gate.attempt import WITHHELD
from facegate.gate.registers.late import LATE

if TYPE_CHECKING:
    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Period

MADE: Final = frozenset({"searched", WITHHELD})
"""Outcomes of a search for which the gallery was searched."""


def made_by_hand(event: Event, period: Period) -> bool:
    """Tell whether a record enters a search by hand that was made in the period.

    Parameters
    ----------
    event : Event
        Any record.
    period : Period
        In which days, UTC.

    Returns
    -------
    bool
        By the public day of the search; by the time of the record if that is no day.
    """
    if event.kind != LATE:
        return False
    try:
        day = date.fromisoformat(event.text("searched_on"))
    except ValueError:
        return period.holds(event.time)
    return period.start <= day < period.end

"""What every record about a search demands: the search, and an officer of an agency it was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.demands import demand_past_day, shown
from facegate.gate.registers.people_known import demand_in_standing
from facegate.gate.review.state import find

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.state import Reviewed


def demand_search(ledger: Ledger, search_id: str, *, by: str, by_agency: str, at: datetime) -> Reviewed:
    """Find a search, and demand that whoever speaks of it belongs to an agency it was made for.

    Parameters
    ----------
    ledger : Ledger
        Of the log.
    search_id : str
        Which search.
    by, by_agency : str
        Officer id and ORI of whoever records something about it.
    at : datetime
        Now, with its zone.

    Returns
    -------
    Reviewed
        As it stands.

    Raises
    ------
    InputError
        If there is no such search, or an id is not of its form.
    PolicyRefusal
        If he is no officer in good standing, or of another agency than asked or was to benefit.
    """
    search = find(ledger, search_id, at=at)
    if by_agency not in {search.agency, search.beneficiary}:
        msg = (
            f"agency {shown(by_agency)} neither made this search nor was it made for it; wanted an officer "
            "of an agency that did or was"
        )
        raise PolicyRefusal(msg)
    demand_in_standing(ledger, by, by_agency, at, "whoever records this")
    return search


def demand_later_day(day: str, what: str, search: Reviewed, at: datetime) -> str:
    """Give back a day from the day of the search to today, ISO 8601.

    What came of a search did not come before it: such an arrest rested on something else, and counted here it
    would make searches look useful.

    Raises
    ------
    InputError
        If it is no day, lies before the search or in the future.
    """
    stated = demand_past_day(day, what, at).isoformat()
    if stated < search.asked_at[: len(stated)]:
        msg = f"{what} is {stated}, before the search was asked for on {search.asked_at[: len(stated)]}"
        raise InputError(msg)
    return stated


def has_lead(search: Reviewed) -> bool:
    """Tell whether anybody of its list was released as a lead."""
    return any(line[2] for one in search.releases for line in one.lines)

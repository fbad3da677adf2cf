"""What came of a search: arrest, charge, conviction, a lead confirmed or refuted, somebody identified.

- The public part says what and when; whose case, and for which offense somebody was charged, is sealed.
- An outcome is said of a search, by the agency that made it or that it was made for. Nothing here proves
  that the search was its cause: an arrest after a search is not yet an arrest because of it.
- Said twice it stands twice on the log; reports count searches with an outcome, not outcomes.

Not protected: an outcome that nobody records. A search without one is "not recorded", never "nothing came
of it".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.demands import demand_listed, demand_text_or_none, demand_title, shown
from facegate.oversight.recording.searches import demand_later_day, demand_search, has_lead
from facegate.policy.offenses import CODE

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger

OUTCOME: Final = "outcome"
ON_A_CHARGE: Final = frozenset({"arrest", "charge", "conviction"})
"""Outcomes that are for an offense, which must be named."""
OF_A_LEAD: Final = frozenset({"lead-confirmed", "lead-refuted"})
"""Outcomes that need a lead to be said of."""
OUTCOMES: Final = ON_A_CHARGE | OF_A_LEAD | {"case-closed", "identified"}
"""What can come of a search; ``identified`` is somebody who is no suspect, such as a missing person."""


def record_outcome(
    ledger: Ledger,
    *,
    search_id: str,
    what: str,
    day: str,
    by: str,
    by_agency: str,
    at: datetime,
    offense_charged: str = "",
    reference: str = "",
    note: str = "",
) -> int:
    """Record what came of a search.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    search_id : str
        Which search.
    what : str
        One of `OUTCOMES`.
    day : str
        When it happened, ISO 8601; from the day of the search to today.
    by, by_agency : str
        Officer id and ORI of whoever records it; sealed.
    at : datetime
        Now, with its zone.
    offense_charged : str
        NCIC code, four digits: of an arrest, charge or conviction; otherwise empty. Sealed.
    reference : str
        Where it is found, such as a docket number; up to 100 plain characters. Sealed.
    note : str
        Anything else. Sealed.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If there is no such search, or anything is not of its form or list.
    PolicyRefusal
        If he may not speak of this search, or the outcome is a lead's and none was released.
    """
    demand_listed(what, OUTCOMES, "the outcome")
    search = demand_search(ledger, search_id, by=by, by_agency=by_agency, at=at)
    if what in OF_A_LEAD and not has_lead(search):
        msg = f"{what} cannot be said of this search: nobody of its list was released as a lead"
        raise PolicyRefusal(msg)
    public = {
        "search_id": search_id,
        "what": what,
        "day": demand_later_day(day, "the day of the outcome", search, at),
    }
    sealed = {
        "offense_charged": _demand_offense(what, offense_charged),
        "reference": demand_text_or_none(reference, "the reference"),
        "note": demand_title(note, "the note") if note else "",
        "by": by,
        "by_agency": by_agency,
    }
    return ledger.record(OUTCOME, at=at, public=public, sealed=sealed)


def _demand_offense(what: str, code: str) -> str:
    """Demand an offense where somebody is held for one, and none elsewhere."""
    if what not in ON_A_CHARGE:
        if code:
            msg = f"{what} is for no offense, got offense {shown(code)}; wanted none"
            raise InputError(msg)
        return ""
    if not CODE.fullmatch(code):
        msg = f"the offense of this {what} is {shown(code)}, wanted an NCIC code of four digits, such as 1201"
        raise InputError(msg)
    return code

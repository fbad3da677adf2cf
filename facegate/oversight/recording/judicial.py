"""Applications for warrants and orders, and what judges made of them: for the yearly reports per judge.

An application is known by the number of the record of its step ``applied``; whatever a judge does with it
names that number, so that it is counted once.

Public: which agency, which step, of which application, for how many days. Sealed: judge, officer,
authorizer, nature of the places, the court's number, and the search it led to.

References
----------
RCW 43.386.070(3), C.R.S. 24-18-308(2): warrants applied for, granted, modified, denied; period and
extensions; officer, agency, authorizer; nature of the places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.demands import demand_listed, demand_text, demand_text_or_none, demand_title
from facegate.gate.registers.people_known import demand_agency, demand_in_standing, find_officer
from facegate.gate.review.state import find

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger

JUDICIAL: Final = "judicial"
GIVING: Final = frozenset({"granted", "modified", "extended"})
"""Steps that let something be done, for a number of days."""
APPLIED: Final = "applied"
STEPS: Final = GIVING | {APPLIED, "denied"}
AFTER: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({"granted", "modified", "denied"}),
    "granted": frozenset({"modified", "extended"}),
    "modified": frozenset({"modified", "extended"}),
    "denied": frozenset(),
}
"""Steps that may follow, by how the application was last decided; empty if nobody decided it."""
LONGEST: Final = 366  # days; an authorization beyond a year is a slip of the keyboard


def record_judicial(
    ledger: Ledger,
    *,
    agency: str,
    step: str,
    days: int | None,
    judge: str,
    officer: str,
    authorizer: str,
    places: str,
    by: str,
    at: datetime,
    application: int | None = None,
    number: str = "",
    search_id: str = "",
) -> int:
    """Record one step of an application to a judge.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    agency : str
        ORI of the agency that applied, registered before.
    step : str
        One of `STEPS`.
    days : int or None
        For how many days it was granted, modified or extended, 1 to `LONGEST`; None for the other steps.
    judge : str
        Name of the judge; sealed.
    officer, authorizer : str
        Ids of the officer who applied and of whoever authorized it, of the agency, whatever their standing by
        now; sealed.
    places : str
        Nature of the places, such as ``street camera``; sealed.
    by : str
        Id of the officer of the agency who records it; sealed.
    at : datetime
        Now, with its zone.
    application : int or None
        Number of the record of the step ``applied`` that this one follows; None for that step itself.
    number : str
        The court's number; empty if it has none yet. Sealed.
    search_id : str
        Search made on it, by this agency; empty if none. Sealed.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form or list, or agency, officer, search or application is not there.
    PolicyRefusal
        If whoever records it is no officer of the agency in good standing, the search or the application is
        another's, or the step contradicts how the application was decided.
    """
    demand_agency(ledger, agency)
    demand_in_standing(ledger, by, agency, at, "whoever records this")
    for who, what in ((officer, "officer who applied"), (authorizer, "officer who authorized it")):
        if find_officer(ledger, agency, who) is None:
            msg = f"agency {agency} has no officer of the id that is named as the {what}"
            raise InputError(msg)
    _demand_own(ledger, search_id, agency, at)
    demand_listed(step, STEPS, "the step")
    public: dict[str, JSONValue] = {"agency": agency, "step": step, "days": _demand_days(step, days)}
    if step != APPLIED or application is not None:
        public["application"] = _demand_application(ledger, step, application, agency)
    sealed = {
        "judge": demand_title(judge, "the judge"),
        "officer": officer,
        "authorizer": authorizer,
        "places": demand_text(places, "the nature of the places"),
        "number": demand_text_or_none(number, "the court's number"),
        "search_id": search_id,
        "by": by,
        "by_agency": agency,
    }
    return ledger.record(JUDICIAL, at=at, public=public, sealed=sealed)


def _demand_application(ledger: Ledger, step: str, application: int | None, agency: str) -> int:
    """Demand an application of this agency that the step may follow: two answers to one would be counted."""
    if step == APPLIED:
        msg = f"a step 'applied' opens an application of its own, got application {application}; wanted none"
        raise InputError(msg)
    if application is None:
        msg = f"a step {step!r} names its application: the number of the record of its step 'applied'"
        raise InputError(msg)
    if not 0 <= application < ledger.log.size:
        msg = f"there is no record {application} on the log, wanted that of a step 'applied'"
        raise InputError(msg)
    entries = [entry for entry, _ in ledger.log.read(application) if entry.kind == JUDICIAL]
    if not entries or entries[0].seq != application or entries[0].public.get("step") != APPLIED:
        msg = f"record {application} is no step 'applied' of an application"
        raise InputError(msg)
    if entries[0].public.get("agency") != agency:
        msg = f"the application of record {application} is not one of agency {agency}"
        raise PolicyRefusal(msg)
    steps = [str(one.public.get("step")) for one in entries if one.public.get("application") == application]
    decided = next((one for one in reversed(steps) if one != "extended"), "")
    if step not in AFTER[decided]:
        so_far = f"was {decided}" if decided else "was not decided yet"
        msg = f"the application of record {application} {so_far}: a step {step!r} cannot follow"
        raise PolicyRefusal(msg)
    return application


def _demand_days(step: str, days: int | None) -> int | None:
    if step not in GIVING:
        if days is not None:
            msg = f"a step {step!r} runs for no days, got {days}; wanted none"
            raise InputError(msg)
        return None
    if days is None or isinstance(days, bool) or not 1 <= days <= LONGEST:
        msg = f"a step {step!r} runs for {days} days, wanted 1 to {LONGEST}"
        raise InputError(msg)
    return days


def _demand_own(ledger: Ledger, search_id: str, agency: str, at: datetime) -> None:
    if not search_id:
        return
    search = find(ledger, search_id, at=at)
    if agency not in {search.agency, search.beneficiary}:
        msg = f"the search was neither made by agency {agency} nor for it"
        raise PolicyRefusal(msg)

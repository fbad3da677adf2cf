"""Registering agencies, officers and the block list.

A change is a record that takes the place of the one before: nothing here is ever deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gate.registers.case_pattern import demand_pattern
from facegate.gate.registers.demands import (
    PREFIX,
    demand_day,
    demand_listed,
    demand_officer_id,
    demand_ori,
    demand_party,
    demand_span,
    demand_text_or_none,
    demand_time,
    demand_title,
    shown,
)
from facegate.gate.registers.people_known import demand_agency, find_officer
from facegate.policy.facts import ROLES
from facegate.request import AGENCY_CLASSES

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.registers.demands import Recorder

STANDINGS = frozenset({"active", "suspended", "gone"})
STATES = frozenset(
    """
    AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY
    OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY AS GU MP PR VI US
    """.split()  # noqa: SIM905  fifty-seven quoted words would hide a missing one
)
"""Postal codes; ``US`` for an agency of no state, which is of no gallery's state."""


def register_agency(
    ledger: Recorder, *, ori: str, agency_class: str, state: str, case_pattern: str, name: str, at: datetime
) -> int:
    """Register an agency, or put what is stated now in the place of what was registered.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    ori : str
        Nine characters.
    agency_class : str
        One of `facegate.request.AGENCY_CLASSES`.
    state : str
        One of `STATES`.
    case_pattern : str
        Form of its case numbers, such as ``99-999999``.
    name : str
        For people; sealed.
    at : datetime
        When.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form or list.
    """
    public = {
        "ori": demand_ori(ori),
        "agency_class": demand_listed(agency_class, AGENCY_CLASSES, "the class of the agency"),
        "state": demand_listed(state, STATES, "the state"),
        "case_pattern": demand_pattern(case_pattern),
    }
    sealed = {"name": demand_title(name, "the name of the agency")}
    return ledger.record("agency", at=demand_time(at), public=public, sealed=sealed)


def register_officer(
    ledger: Recorder,
    *,
    agency: str,
    officer: str,
    role: str,
    trained_until: str,
    at: datetime,
    unit: str = "",
    rank: str = "",
    standing: str = "active",
) -> int:
    """Register an officer, or put what is stated now in the place of what was registered.

    It also enables anew whoever was disabled for not having been at work.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    agency : str
        ORI of his agency, registered before.
    officer : str
        His id, 1 to 32 plain characters.
    role : str
        One of `facegate.policy.facts.ROLES`.
    trained_until : str
        Last day on which his training counts.
    at : datetime
        When.
    unit, rank : str
        Such as ``MVIU`` and ``Det.``; may be empty.
    standing : str
        ``active``, ``suspended`` or ``gone``.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form or list, the agency is not registered, or it has an officer whose id
        differs by capital and small letters only.
    """
    demand_agency(ledger, agency)
    demand_officer_id(officer)
    alike = "SELECT 1 FROM people_officers WHERE agency = ? AND lower(officer) = lower(?) AND officer <> ?"
    if ledger.value(alike, agency, officer, officer):
        msg = f"an officer of agency {agency} has the same id in other capitals; wanted one that differs"
        raise InputError(msg)
    sealed = {
        "officer": officer,
        "role": demand_listed(role, ROLES, "the role"),
        "unit": demand_text_or_none(unit, "the unit"),
        "rank": demand_text_or_none(rank, "the rank"),
        "trained_until": demand_day(trained_until, "the last day of training").isoformat(),
        "standing": demand_listed(standing, STANDINGS, "the standing"),
    }
    return ledger.record("officer", at=demand_time(at), public={"agency": agency}, sealed=sealed)


def change_officer(
    ledger: Recorder,
    *,
    agency: str,
    officer: str,
    at: datetime,
    standing: str | None = None,
    trained_until: str | None = None,
) -> int:
    """Change an officer's standing or training; everything else stays as it was registered.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If a value is not of its form, or the agency has no such officer.
    """
    before = find_officer(ledger, agency, officer)
    if before is None:
        msg = f"agency {shown(agency)} has no officer of that id; see `facegate agency show`"
        raise InputError(msg)
    return register_officer(
        ledger,
        agency=agency,
        officer=officer,
        role=before.role,
        unit=before.unit,
        rank=before.rank,
        trained_until=before.trained_until if trained_until is None else trained_until,
        standing=before.standing if standing is None else standing,
        at=at,
    )


def block_agency(
    ledger: Recorder, *, block: str, first_day: str, reason: str, at: datetime, last_day: str = ""
) -> int:
    """Put agencies on the block list, or change until when they stand there.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    block : str
        ``ori:DCICE0100``, ``prefix:DCICE`` or ``class:immigration``.
    first_day, last_day : str
        Days; it holds on both. An empty last day means without end.
    reason : str
        Public: no names.
    at : datetime
        When.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form.
    """
    kind, _, name = block.partition(":")
    if kind == "prefix":
        if not PREFIX.fullmatch(name):
            msg = f"the prefix is {shown(name)}, wanted the first 2 to 8 characters of an ORI, such as DCICE"
            raise InputError(msg)
    elif kind in {"ori", "class"}:
        demand_party(block)
    else:
        msg = f"the block is {shown(block)}, wanted ori:, prefix: or class: and a name, such as prefix:DCICE"
        raise InputError(msg)
    demand_span(first_day, last_day, "the block")
    public = {
        "block": block,
        "from": first_day,
        "until": last_day,
        "reason": demand_title(reason, "the reason"),
    }
    return ledger.record("agency-block", at=demand_time(at), public=public, sealed={})

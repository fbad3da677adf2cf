"""Agencies, officers and the block list: registering them, and what is known of them.

A change is a record that takes the place of the one before: nothing here is ever deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.ledger.ledger import stamp
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
    today,
)
from facegate.gate.registers.people_book import operator_home
from facegate.policy.facts import NO_AGENCY, NOBODY, ROLES, AgencyFacts, OfficerFacts
from facegate.policy.forms import OFFICER_ID, ORI
from facegate.request import AGENCY_CLASSES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from facegate.gate.registers.demands import Recorder

UNUSED = timedelta(days=90)  # gate.md S10: then an officer is disabled
STANDINGS = frozenset({"active", "suspended", "gone"})
STATES = frozenset(
    """
    AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY
    OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY AS GU MP PR VI US
    """.split()  # noqa: SIM905  fifty-seven quoted words would hide a missing one
)
"""Postal codes; ``US`` for an agency of no state, which is of no gallery's state."""


@dataclass(frozen=True, slots=True)
class Officer:
    """One officer as the register has him; the fields are those of `register_officer`."""

    agency: str
    officer: str
    role: str
    unit: str
    rank: str
    trained_until: str
    standing: str


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
    alike = "SELECT 1 FROM people_officers WHERE agency = ? AND officer = ? COLLATE NOCASE AND officer <> ?"
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


def demand_agency(ledger: Recorder, ori: str) -> str:
    """Give back the ORI of an agency that is registered.

    Raises
    ------
    InputError
        If it is not of its form, or not registered.
    """
    if not ledger.value("SELECT 1 FROM people_agencies WHERE ori = ?", demand_ori(ori)):
        msg = f"no agency {ori} is registered here; register it first"
        raise InputError(msg)
    return ori


def demand_in_standing(ledger: Recorder, officer: str, agency: str, at: datetime, what: str) -> str:
    """Give back the id of an officer who is registered at the agency, in good standing and not disabled.

    Raises
    ------
    InputError
        If the id is not of its form.
    PolicyRefusal
        If the agency has no such officer, or he is suspended, gone or disabled.
    """
    demand_officer_id(officer, what)
    known = officer_facts(ledger, officer, agency, at)
    if not (known.known and known.active):
        wanted = "wanted an officer in good standing, at work within the last 90 days"
        found = "is suspended, gone or disabled there" if known.known else "is not registered there"
        msg = f"{what} of agency {shown(agency)} {found}; {wanted}"
        raise PolicyRefusal(msg)
    return officer


def demand_signers(ledger: Recorder, signers: Sequence[str], at: datetime, *, of: str = "") -> dict[str, str]:
    """Give the sealed fields of two people who sign.

    Parameters
    ----------
    ledger : Recorder
        The register.
    signers : sequence of str
        Two officer ids.
    at : datetime
        When they sign.
    of : str
        ORI of the agency they must be of; empty if any registered one will do.

    Raises
    ------
    PolicyRefusal
        If they are not two, are the same, or one is not registered in good standing.
    """
    if len(signers) != 2 or signers[0].lower() == signers[1].lower():  # noqa: PLR2004  two people
        msg = "it needs the signatures of two different officers; one person does not sign twice"
        raise PolicyRefusal(msg)
    for one in signers:
        demand_officer_id(one, "a signer's id")
        homes = [of] if of else [row["agency"] for row in _homes(ledger, one)]
        if not any(officer_facts(ledger, one, home, at).active for home in homes):
            where = f"at agency {of}, which keeps the gallery" if of else "at any agency"
            msg = f"a signer is not registered {where}, or is suspended, gone or disabled"
            raise PolicyRefusal(msg)
    return {"signed_by_1": signers[0], "signed_by_2": signers[1]}


def find_officer(ledger: Recorder, agency: str, officer: str) -> Officer | None:
    """Give one officer as registered; None if the agency has none of that id."""
    rows = ledger.rows(
        "SELECT agency, officer, role, unit, rank, trained_until, standing FROM people_officers "
        "WHERE officer = ? AND agency = ?",
        officer,
        agency,
    )
    return Officer(**dict(rows[0])) if rows else None


def officer_facts(ledger: Recorder, officer: str | None, agency: str | None, now: datetime) -> OfficerFacts:
    """Give what the register knows of an officer at one agency; `NOBODY` for one it does not have.

    Parameters
    ----------
    ledger : Recorder
        The register.
    officer, agency : str or None
        As stated; what is not of its form is nobody's.
    now : datetime
        With its zone.

    Returns
    -------
    OfficerFacts
        Disabled after 90 days without work: known, not active.
    """
    if not (officer and agency and OFFICER_ID.fullmatch(officer) and ORI.fullmatch(agency)):
        return NOBODY
    rows = ledger.rows(
        "SELECT role, unit, trained_until, standing, max(since, last_use) AS seen, agency_class "
        "FROM people_officers JOIN people_agencies ON ori = agency WHERE officer = ? AND agency = ?",
        officer,
        agency,
    )
    if not rows:
        return NOBODY
    row = rows[0]
    return OfficerFacts(
        known=True,
        active=row["standing"] == "active" and row["seen"] >= stamp(now - UNUSED),
        trained=row["trained_until"] >= today(now),
        role=row["role"],
        unit=row["unit"],
        agency_class=row["agency_class"],
    )


def operator_facts(
    ledger: Recorder, officer: str | None, *, agency: str | None, gallery: str | None, now: datetime
) -> OfficerFacts:
    """Give what is known of whoever runs a comparison, at the agency he is of; see `operator_home`."""
    if officer is None:
        return NOBODY
    homes = {row["agency"] for row in _homes(ledger, officer)}
    owner = ledger.value("SELECT owner FROM people_keepers WHERE gallery = ?", gallery) or ""
    home = operator_home(homes, owner=owner, asking=agency or "")
    return officer_facts(ledger, officer, home, now)


def agency_facts(ledger: Recorder, ori: str | None, now: datetime) -> AgencyFacts:
    """Give what the register knows of an agency; the block list holds against unregistered ones too."""
    if ori is None or not ORI.fullmatch(ori):
        return NO_AGENCY
    found = ledger.value("SELECT agency_class FROM people_agencies WHERE ori = ?", ori)
    return AgencyFacts(
        known=found is not None,
        blocked=_blocked(ledger, ori, found or "", today(now)),
        agency_class=found or "",
    )


def _blocked(ledger: Recorder, ori: str, agency_class: str, day: str) -> bool:
    blocks = [f"ori:{ori}", f"class:{agency_class}", *(f"prefix:{ori[:n]}" for n in range(2, len(ori)))]
    marks = ", ".join("?" * len(blocks))
    query = (
        f"SELECT 1 FROM people_blocks WHERE block IN ({marks}) "  # noqa: S608  question marks only
        "AND first_day <= ? AND (last_day = '' OR last_day >= ?)"
    )
    return bool(ledger.value(query, *blocks, day, day))


def _homes(ledger: Recorder, officer: str) -> Sequence[dict[str, str]]:
    return ledger.rows("SELECT agency FROM people_officers WHERE officer = ?", officer)

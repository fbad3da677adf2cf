"""What is known of agencies and officers, and what other registers demand of whoever acts.

Nobody is known by default: an id that is not of its form, or that no agency registered, is nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.ledger.ledger import stamp
from facegate.gate.registers.demands import demand_officer_id, demand_ori, shown, today
from facegate.gate.registers.people_book import operator_home
from facegate.policy.facts import NO_AGENCY, NOBODY, AgencyFacts, OfficerFacts
from facegate.policy.forms import OFFICER_ID, ORI

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from facegate.gate.registers.demands import Recorder

UNUSED = timedelta(days=90)  # gate.md S10: then an officer is disabled


@dataclass(frozen=True, slots=True)
class Officer:
    """One officer as the register has him; the fields are those of `people.register_officer`."""

    agency: str
    officer: str
    role: str
    unit: str
    rank: str
    trained_until: str
    standing: str


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
        "SELECT role, unit, trained_until, standing, agency_class, "
        "CASE WHEN since > last_use THEN since ELSE last_use END AS seen "
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

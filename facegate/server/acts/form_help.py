"""What the registers can offer to whoever fills in a request, so that he need not know numbers by heart.

Nothing of it decides: what is stated is checked as if it had been typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.registers.cases import CONFIRM, cases_of
from facegate.gate.registers.people_known import agency_facts
from facegate.gate.registers.sharing import sharing_matrix
from facegate.server.acts.whose import demand_officer
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation

if TYPE_CHECKING:
    from facegate.gate.registers.cases import Case
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service


@dataclass(frozen=True, slots=True)
class FormHelp:
    """What can stand in a request of one officer.

    Parameters
    ----------
    cases : tuple of Case
        Open cases of his agency, the newest first.
    galleries : tuple of str
        Shared with his agency for any action and purpose.
    approvers, operators : tuple of str
        Ids of officers who may approve; who compare, at his agency or at the owner of such a gallery.
    release_forms : tuple of (str, str)
        Digest and day of each signed release form on file, the newest first.
    nibrs : tuple of (str, str)
        Code and name of each reporting code.
    """

    cases: tuple[Case, ...]
    galleries: tuple[str, ...]
    approvers: tuple[str, ...]
    operators: tuple[str, ...]
    release_forms: tuple[tuple[str, str], ...]
    nibrs: tuple[tuple[str, str], ...]


def form_help(service: Service, caller: Caller) -> FormHelp:
    """List what the caller can choose from.

    Raises
    ------
    Problem
        401 or 403.
    """
    at = service.desk.clock()
    demand(caller, Operation.SEARCH_ASK, at=at)
    by, ledger = demand_officer(caller), service.desk.ledger
    with ledger.reading():
        known = agency_facts(ledger, by.agency, at)
        parties = {f"ori:{by.agency}", f"class:{known.agency_class}"}
        rows = [one for one in sharing_matrix(ledger) if one.party in parties and one.shared]
        owners = {by.agency, *(one.owner for one in rows)}
        return FormHelp(
            cases=cases_of(ledger, by.agency)[::-1],
            galleries=tuple(dict.fromkeys(one.gallery for one in rows)),
            approvers=tuple(
                one
                for role in sorted(CONFIRM)
                for one in _officers(service, by.agency, role)
                if one.casefold() != by.officer.casefold()
            ),
            operators=tuple(one for ori in sorted(owners) for one in _officers(service, ori, "examiner")),
            release_forms=_forms(service, by.agency),
            nibrs=tuple((one.code, one.name) for one in service.desk.gate.engine.catalogue.nibrs.values()),
        )


def _officers(service: Service, agency: str, role: str) -> tuple[str, ...]:
    query = "SELECT officer FROM people_officers WHERE agency = ? AND role = ? ORDER BY officer"
    return tuple(row["officer"] for row in service.desk.ledger.rows(query, agency, role))


def _forms(service: Service, agency: str) -> tuple[tuple[str, str], ...]:
    query = "SELECT digest, signed_on FROM papers_forms WHERE agency = ? ORDER BY signed_on DESC, digest"
    return tuple((row["digest"], row["signed_on"]) for row in service.desk.ledger.rows(query, agency))

"""Who may take part in a review: what is asked of the register of officers, and the way to plug it in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from facegate.errors import InputError
from facegate.gate.registers.people_known import agency_facts, officer_facts
from facegate.policy.forms import OFFICER_ID, ORI

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.policy.facts import OfficerFacts


class Registry(Protocol):
    """The register of officers."""

    def officer(self, officer_id: str, agency: str, now: datetime) -> OfficerFacts:
        """Give what is known of an officer at one agency, all false for one it does not have."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes a step, as he names himself; the register says what he may do.

    Parameters
    ----------
    officer : str
        Officer id, 1 to 32 plain letters, digits, dots, dashes and underscores.
    agency : str
        ORI of his agency, nine characters.

    Raises
    ------
    InputError
        If either is not of its form.
    """

    officer: str
    agency: str

    def __post_init__(self) -> None:
        if not OFFICER_ID.fullmatch(self.officer):
            msg = "the officer id is not 1 to 32 plain letters, digits, dots, dashes and underscores"
            raise InputError(msg)
        if not ORI.fullmatch(self.agency):
            msg = (
                "the ORI is not nine characters, two capital letters and then seven capital letters or digits"
            )
            raise InputError(msg)


@dataclass(frozen=True, slots=True)
class People:
    """The register that is kept in the ledger.

    Parameters
    ----------
    ledger : Ledger
        With the book of people.
    """

    ledger: Ledger

    def officer(self, officer_id: str, agency: str, now: datetime) -> OfficerFacts:
        """Give what is known of an officer; nobody of a blocked agency is active here.

        A block would be worth little if it kept an agency from asking and let it review and receive.
        """
        known = officer_facts(self.ledger, officer_id, agency, now)
        is_blocked = agency_facts(self.ledger, agency, now).blocked
        return replace(known, active=known.active and not is_blocked)


def registry_of(ledger: Ledger) -> Registry:
    """Give the register of officers that a ledger keeps."""
    return People(ledger)

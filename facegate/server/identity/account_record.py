"""Records of whatever changes who may do what: on the log, before it holds.

::

    {"kind":"account","time":"...","act":"roles","roles":["searcher"],"agency":"CO0160000"}

Public is what was done, which roles the account has now and of which agency; sealed are the account, its
name, its officer and whoever did it. So an administrator makes no searcher in silence: the record is hashed
with the searches, and an auditor with openings reads who made whom.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from facegate.gate.ledger.ledger import writable

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.registers.demands import Recorder
    from facegate.server.identity.account import Account

ACCOUNT: Final = "account"


class Act(StrEnum):
    """What was done with an account."""

    MADE = "made"
    ROLES = "roles"
    PERSON = "person"
    """Its officer or agency changed."""
    DISABLED = "disabled"
    ENABLED = "enabled"
    RESET = "reset"
    """A new first pass phrase, and no second factor."""
    PHRASE = "pass-phrase"
    """Changed by its holder."""
    SECOND_FACTOR = "second-factor"
    CONFIRMED = "confirmed"
    """By a second administrator: what the first one made or changed opens something from now on."""
    KEY_ALLOWED = "key-allowed"
    """Its holder may make one key."""
    KEY_ISSUED = "key-issued"
    KEY_REVOKED = "key-revoked"
    LOCKED = "locked-out"


def record_account(
    ledger: Recorder, act: Act, account: Account, *, by: str, at: datetime, about: str = ""
) -> int:
    """Put on the log what was done with an account.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    act : Act
        What was done.
    account : Account
        With the roles it has from now on.
    by : str
        Id of the account that did it; ``setup``, ``operator`` (at the machine), ``provider`` or ``service``
        where none did.
    at : datetime
        When.
    about : str
        Id of the key; empty if it is about none.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    AuditError
        If it could not be made durable: then it must not be done.
    """
    sealed = {
        "account": account.id,
        "name": writable(account.name),
        "officer": account.officer,
        "by": by,
        "about": about,
    }
    public = {"act": str(act), "roles": [str(one) for one in sorted(account.roles)], "agency": account.agency}
    return ledger.record(ACCOUNT, at=at, public=public, sealed=sealed)

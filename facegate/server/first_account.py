"""The first account: somebody must be able to sign in before anybody can make accounts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facegate.gate.books import open_ledger
from facegate.server.database.connect import open_database
from facegate.server.identity.accounts import Accounts
from facegate.server.identity.owner import demand_own
from facegate.server.identity.pass_phrases import PassPhrases
from facegate.server.identity.pepper import read_pepper
from facegate.server.identity.roles import Role

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.home import Home
    from facegate.server.config import ServerConfig

SETUP = "setup"


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """What was made.

    Parameters
    ----------
    name : str
        To sign in with.
    first_phrase : str or None
        To be changed at the first login; None if there were accounts already, and nothing was made.
    """

    name: str
    first_phrase: str | None = field(repr=False)


def first_administrator(home: Home, config: ServerConfig, name: str, *, at: datetime) -> FirstAccount:
    """Make an administrator's account where there is no account at all; it is recorded.

    Parameters
    ----------
    home : Home
        The agency's folder; nothing else may have its log open.
    config : ServerConfig
        Where the accounts are kept.
    name : str
        To sign in with.
    at : datetime
        When, with its zone.

    Raises
    ------
    InputError
        If the name may not be one, or the database holds another agency's accounts.
    AuditError, StorageError
        If log or database cannot be written; then there is no account.
    """
    engine = open_database(config.database)
    try:
        with open_ledger(home) as ledger:
            accounts = Accounts(engine, ledger, PassPhrases(), lambda: at, secrets.token_bytes)
            known = bool(accounts.every())
            demand_own(engine, read_pepper(home, secrets.token_bytes, known=known))
            if known:
                return FirstAccount(name, None)
            made = accounts.make(name, {Role.ADMINISTRATOR}, by=SETUP)
            return FirstAccount(made.account.name, made.first_phrase)
    finally:
        engine.dispose()

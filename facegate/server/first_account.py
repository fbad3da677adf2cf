"""The first account, and the way back to it: somebody must sign in before anybody can make accounts."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gate.books import open_ledger
from facegate.server.database.connect import open_database
from facegate.server.identity.accounts import Accounts
from facegate.server.identity.owner import demand_own
from facegate.server.identity.pass_phrases import PassPhrases
from facegate.server.identity.pepper import read_pepper
from facegate.server.identity.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from facegate.gate.home import Home
    from facegate.server.config import ServerConfig
    from facegate.server.identity.account import Account

SETUP = "setup"
OPERATOR = "operator"
"""Whoever has the agency's folder: on the log in the place of an account's id."""


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """What was made.

    Parameters
    ----------
    name : str
        To sign in with.
    first_phrase : str or None
        To be changed at the first login; None if there were accounts already, and nothing was made.
    administrators : tuple of str
        Names of the administrators there were before.
    """

    name: str
    first_phrase: str | None = field(repr=False)
    administrators: tuple[str, ...] = ()


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
    with _book(home, config, at) as accounts:
        if accounts.every():
            return FirstAccount(name, None, tuple(one.name for one in _administrators(accounts)))
        made = accounts.make(name, {Role.ADMINISTRATOR}, by=SETUP)
        return FirstAccount(made.account.name, made.first_phrase)


def reset_administrator(home: Home, config: ServerConfig, name: str, *, at: datetime) -> FirstAccount:
    """Give an administrator a new first pass phrase, and put his account in force; both are recorded.

    Whoever has the folder's files could write its database as well: this does it on the log.

    Parameters
    ----------
    home, config, at
        As `first_administrator`.
    name : str
        Of an administrator's account.

    Raises
    ------
    InputError
        If there is no administrator of that name, or a provider signs him in.
    AuditError, StorageError
        If log or database cannot be written; then everything is as it was.
    """
    with _book(home, config, at) as accounts:
        found = [one for one in _administrators(accounts) if one.name.lower() == name.lower()]
        if not found:
            names = ", ".join(one.name for one in _administrators(accounts)) or "none"
            msg = f"there is no administrator of that name; the administrators are: {names}"
            raise InputError(msg)
        made = accounts.let_in_again(found[0], by=OPERATOR)
        return FirstAccount(made.account.name, made.first_phrase)


@contextmanager
def _book(home: Home, config: ServerConfig, at: datetime) -> Iterator[Accounts]:
    engine = open_database(config.database)
    try:
        with open_ledger(home) as ledger:
            accounts = Accounts(engine, ledger, PassPhrases(), lambda: at, secrets.token_bytes)
            demand_own(engine, read_pepper(home, secrets.token_bytes, known=bool(accounts.every())))
            yield accounts
    finally:
        engine.dispose()


def _administrators(accounts: Accounts) -> tuple[Account, ...]:
    return tuple(one for one in accounts.every() if Role.ADMINISTRATOR in one.roles)

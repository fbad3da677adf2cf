"""Accounts and keys, for administrators; and one's own account, for everybody of the staff.

An administrator makes and disables accounts, gives roles and keys. He changes nothing of his own account
here, sees no secret but the one he hands over, and everything he does is a record on the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.server.asking import demand
from facegate.server.identity.account import demand_roles
from facegate.server.identity.caller import By
from facegate.server.identity.roles import Operation, Role
from facegate.server.problems import Problem, not_here

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.server.identity.account import Account
    from facegate.server.identity.accounts import Made
    from facegate.server.identity.api_keys import ApiKey, IssuedKey
    from facegate.server.identity.caller import Caller
    from facegate.server.identity.second_factor import Seed
    from facegate.server.identity.sessions import Session
    from facegate.server.service import Service

WHAT = "session"


@dataclass(frozen=True, slots=True)
class Person:
    """Which officer an account is; both empty if it is none."""

    officer: str = ""
    agency: str = ""


def list_accounts(service: Service, caller: Caller) -> tuple[Account, ...]:
    """Give every account, by name.

    Raises
    ------
    Problem
        401 or 403 if the caller may not ask.
    """
    demand(caller, Operation.ACCOUNT_READ, at=service.desk.clock())
    return service.identity.accounts.every()


def read_account(service: Service, caller: Caller, account_id: str) -> Account:
    """Give one account.

    Raises
    ------
    Problem
        401 or 403 if the caller may not ask, 404 if there is none.
    """
    demand(caller, Operation.ACCOUNT_READ, at=service.desk.clock())
    return service.identity.accounts.demand(account_id)


def make_account(
    service: Service, caller: Caller, name: str, roles: Iterable[Role], *, person: Person
) -> Made:
    """Make an account; the first pass phrase is handed over once, and opens nothing but its own change.

    Raises
    ------
    Problem
        401 or 403 if the caller may not ask.
    InputError
        As `facegate.server.identity.accounts.Accounts.make`.
    """
    demand(caller, Operation.ACCOUNT_CHANGE, at=service.desk.clock())
    book = service.identity.accounts
    return book.make(name, roles, by=caller.account, officer=person.officer, agency=person.agency)


def set_roles(service: Service, caller: Caller, account_id: str, roles: Iterable[Role]) -> Account:
    """Give an account other roles.

    Raises
    ------
    Problem
        401 or 403 if the caller may not ask, 404 if there is none, 409 if it is his own.
    InputError
        If the roles do not go together.
    """
    account = _anothers(service, caller, account_id)
    wanted = demand_roles(roles, account.officer)
    return service.identity.accounts.set_roles(account, wanted, by=caller.account)


def set_in_force(service: Service, caller: Caller, account_id: str, *, in_force: bool) -> Account:
    """Disable an account, at once, with its sessions and keys; or enable it again.

    Raises
    ------
    Problem
        As `set_roles`.
    InputError
        If nobody would be left to keep the accounts.
    """
    account = _anothers(service, caller, account_id)
    book = service.identity.accounts
    if account.disabled != in_force:
        return account  # it is so already: nothing happened, and nothing is recorded
    return book.enable(account, by=caller.account) if in_force else book.disable(account, by=caller.account)


def reset_account(service: Service, caller: Caller, account_id: str) -> Made:
    """Give an account a new first pass phrase, and take its second factor, sessions and keys.

    Raises
    ------
    Problem
        As `set_roles`.
    InputError
        If it has no pass phrase.
    """
    account = _anothers(service, caller, account_id)
    return service.identity.accounts.reset(account, by=caller.account)


def list_keys(service: Service, caller: Caller, account_id: str) -> tuple[ApiKey, ...]:
    """Give an account's keys, without their secrets, the newest first.

    Raises
    ------
    Problem
        401 or 403 if the caller may not ask, 404 if there is no such account.
    """
    account = read_account(service, caller, account_id)
    return service.identity.keys.of(account.id)


def issue_key(service: Service, caller: Caller, account_id: str, *, days: int) -> IssuedKey:
    """Issue an API key; its secret is shown once.

    Raises
    ------
    Problem
        As `set_roles`.
    InputError
        As `facegate.server.identity.api_keys.ApiKeys.issue`.
    """
    account = _anothers(service, caller, account_id)
    return service.identity.keys.issue(account, days=days, by=caller.account)


def revoke_key(service: Service, caller: Caller, account_id: str, key_id: str) -> ApiKey:
    """Revoke an API key, at once.

    Raises
    ------
    Problem
        401 or 403 if the caller may not ask, 404 if there is no such account or key.
    """
    demand(caller, Operation.ACCOUNT_CHANGE, at=service.desk.clock())
    account = service.identity.accounts.demand(account_id)
    return service.identity.keys.revoke(account, key_id, by=caller.account)


def own_account(service: Service, caller: Caller) -> Account:
    """Give the caller's own account.

    Raises
    ------
    Problem
        401 or 403 if he has none that signs in.
    """
    demand(caller, Operation.OWN_ACCOUNT, at=service.desk.clock())
    return service.identity.accounts.demand(caller.account)


def change_phrase(service: Service, caller: Caller, *, old: str, new: str) -> None:
    """Change one's own pass phrase; every session ends, this one too.

    Raises
    ------
    Problem
        401 if the old one is wrong, 403 if the caller came with a key or token, 429 after too many tries.
    InputError
        If the new one may not be one.
    """
    account = _own_in_session(service, caller)
    service.identity.signing_in.confirm_phrase(account, old)
    service.identity.accounts.set_phrase(account, new)


def begin_second_factor(service: Service, caller: Caller, *, phrase: str) -> Seed:
    """Give a seed for one-time codes; it counts once a code of it was typed.

    Raises
    ------
    Problem
        As `change_phrase`.
    InputError
        If a second factor is in force.
    """
    account = _own_in_session(service, caller)
    service.identity.signing_in.confirm_phrase(account, phrase)
    return service.identity.second_factor.begin(account)


def confirm_second_factor(service: Service, caller: Caller, *, code: str) -> None:
    """Put the second factor in force.

    Raises
    ------
    Problem
        403 if the caller came with a key or token, 429 after too many tries.
    InputError
        If the code is not of the seed.
    """
    account = _own_in_session(service, caller)
    service.identity.second_factor.confirm(account, code)


def list_sessions(service: Service, caller: Caller) -> tuple[Session, ...]:
    """Give one's own sessions, the newest first."""
    return service.identity.sessions.of(own_account(service, caller).id)


def end_session(service: Service, caller: Caller, session_id: str) -> None:
    """End one of one's own sessions.

    Raises
    ------
    Problem
        404 if there is none, or it is somebody else's.
    """
    account = own_account(service, caller)
    if not service.identity.sessions.end_one(account.id, session_id):
        raise not_here(WHAT)


def _anothers(service: Service, caller: Caller, account_id: str) -> Account:
    """Give an account that is to be changed, and is not the caller's own: nobody widens his own rights."""
    demand(caller, Operation.ACCOUNT_CHANGE, at=service.desk.clock())
    account = service.identity.accounts.demand(account_id)
    if account.id == caller.account:
        detail = "this is your own account; another administrator changes it"
        raise Problem(HTTPStatus.CONFLICT, "own-account", detail)
    return account


def _own_in_session(service: Service, caller: Caller) -> Account:
    """Give the caller's account if he sits at a page: a key that leaked must not change what opens it."""
    account = own_account(service, caller)
    if caller.by is not By.SESSION:
        detail = "this is done in a session, not with a key or token"
        raise Problem(HTTPStatus.FORBIDDEN, "session-wanted", detail)
    if account.phrase is None:
        msg = "this account has no pass phrase: its identity provider signs it in"
        raise InputError(msg)
    return account

"""Accounts and keys, for administrators; and one's own account, for everybody of the staff.

An administrator makes and disables accounts, gives roles, and allows keys. He changes nothing of his own
account here, and everything he does is a record on the log.

What would let him in under another name takes two:

- A person's key is made by that person (`make_own_key`); the administrator who allows it never sees it.
- He does see the first pass phrase of an account that he makes or resets, and could give himself an account
  with any role. So where there is another administrator, what one of them makes, resets or widens opens
  nothing before another one confirmed it (`confirm_account`).
- Administrators themselves are reset at the machine, by ``facegate init --reset-administrator``, and no other
  account becomes an administrator's: one of them could otherwise be his own second.

An administrator who is the only one is trusted with all of it.
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
    held = frozenset(roles)
    return book.make(
        name,
        held,
        by=caller.account,
        officer=person.officer,
        agency=person.agency,
        waits=Role.TESTER not in held and _is_not_alone(service, caller),
    )


def set_roles(service: Service, caller: Caller, account_id: str, roles: Iterable[Role]) -> Account:
    """Give an account other roles.

    Raises
    ------
    Problem
        401 or 403 if the caller may not ask, 404 if there is none, 409 if it is his own.
    InputError
        If the roles do not go together, or it is or would become an administrator's.
    """
    account = _anothers(service, caller, account_id)
    wanted = demand_roles(roles, account.officer)
    if (Role.ADMINISTRATOR in account.roles) != (Role.ADMINISTRATOR in wanted):
        msg = "an administrator's account stays one, and no other becomes one; make a new account"
        raise InputError(msg)
    waits = bool(wanted - account.roles) and _is_not_alone(service, caller)
    return service.identity.accounts.set_roles(account, wanted, by=caller.account, waits=waits)


def confirm_account(service: Service, caller: Caller, account_id: str) -> Account:
    """Confirm, as a second administrator, what the first one made, reset or widened; it opens things then.

    Raises
    ------
    Problem
        As `set_roles`; 409 if it was the caller himself who did it.
    """
    account = _anothers(service, caller, account_id)
    return service.identity.accounts.confirm(account.id, by=caller.account)


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
        If it has no pass phrase, or is an administrator's.
    """
    account = _anothers(service, caller, account_id)
    if Role.ADMINISTRATOR in account.roles:
        msg = (
            "an administrator's account is reset at the service's machine, "
            f"by facegate init --reset-administrator {account.name}"
        )
        raise InputError(msg)
    waits = _is_not_alone(service, caller)
    return service.identity.accounts.reset(account, by=caller.account, waits=waits)


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
    """Issue a tester's API key; its secret is shown once.

    Raises
    ------
    Problem
        As `set_roles`; 409 if the account is not a tester's.
    InputError
        As `facegate.server.identity.api_keys.ApiKeys.issue`.
    """
    account = _anothers(service, caller, account_id)
    if not account.is_tester:
        detail = "only a tester is handed a key; allow this account one, and its holder makes it himself"
        raise Problem(HTTPStatus.CONFLICT, "key-of-a-person", detail)
    return service.identity.keys.issue(account, days=days, by=caller.account)


def allow_key(service: Service, caller: Caller, account_id: str, *, days: int) -> Account:
    """Allow an account's holder to make one API key, within seven days.

    Raises
    ------
    Problem
        As `set_roles`.
    InputError
        As `facegate.server.identity.api_keys.ApiKeys.allow`, or if it is a tester's.
    """
    account = _anothers(service, caller, account_id)
    if account.is_tester:
        msg = "a tester has no other way in to make a key by; issue him one"
        raise InputError(msg)
    return service.identity.keys.allow(account, days=days, by=caller.account)


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


def list_own_keys(service: Service, caller: Caller) -> tuple[ApiKey, ...]:
    """Give one's own keys, without their secrets, the newest first."""
    return service.identity.keys.of(own_account(service, caller).id)


def make_own_key(service: Service, caller: Caller) -> IssuedKey:
    """Make the API key that an administrator allowed; its secret is shown once, to its holder alone.

    Raises
    ------
    Problem
        401 if the caller did not prove himself lately, 403 if he came with a key or token.
    InputError
        If none is allowed.
    """
    demand(caller, Operation.OWN_KEY, at=service.desk.clock())
    _demand_session(caller)
    return service.identity.keys.collect(caller.account)


def revoke_own_key(service: Service, caller: Caller, key_id: str) -> ApiKey:
    """Revoke one of one's own keys, at once.

    Raises
    ------
    Problem
        403 if the caller came with a key or token, 404 if there is none, or it is somebody else's.
    """
    account = own_account(service, caller)
    _demand_session(caller)
    return service.identity.keys.revoke(account, key_id, by=caller.account)


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


def _is_not_alone(service: Service, caller: Caller) -> bool:
    """Say whether there is another administrator, whose word is wanted.

    One who is disabled counts: or the first would disable the second, act alone, and enable him again.
    """
    every = service.identity.accounts.every()
    return any(Role.ADMINISTRATOR in one.roles and one.id != caller.account for one in every)


def _demand_session(caller: Caller) -> None:
    if caller.by is not By.SESSION:
        detail = "this is done in a session, not with a key or token"
        raise Problem(HTTPStatus.FORBIDDEN, "session-wanted", detail)


def _own_in_session(service: Service, caller: Caller) -> Account:
    """Give the caller's account if he sits at a page: a key that leaked must not change what opens it."""
    account = own_account(service, caller)
    _demand_session(caller)
    if account.phrase is None:
        msg = "this account has no pass phrase: its identity provider signs it in"
        raise InputError(msg)
    return account

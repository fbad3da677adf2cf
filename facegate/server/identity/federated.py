"""Accounts of people whom a provider signs in: made, and kept in step with it, on the log.

Roles come by the operator's map from the provider's words. An account that is disabled here stays so,
whatever the provider says.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from facegate.errors import InputError
from facegate.server.identity.account import NAME
from facegate.server.problems import unknown_caller

if TYPE_CHECKING:
    from facegate.server.identity.account import Account
    from facegate.server.identity.accounts import Accounts
    from facegate.server.identity.provider import Provider
    from facegate.server.identity.roles import Role
    from facegate.server.identity.tokens import Verified

BY: Final = "provider"
MOST_WORDS: Final = 500


def federated(accounts: Accounts, verified: Verified) -> Account:
    """Give the account of whom a token is about.

    Parameters
    ----------
    accounts : Accounts
        The book; changed where the provider says something new.
    verified : Verified
        What it signed.

    Raises
    ------
    Problem
        401 if the account is disabled.
    InputError
        If the provider gives no role, roles that do not go together, or an officer nobody registered.
    """
    provider = verified.provider
    roles = roles_said(verified)
    officer = _text(verified, provider.officer_claim)
    agency = _text(verified, provider.agency_claim)
    if not roles:
        msg = f"the identity provider {provider.name} gives this account no role here"
        raise InputError(msg)
    with accounts.ledger.turn:
        account = accounts.by_subject(provider.issuer, verified.subject)
        if account is None:
            return accounts.make_for_provider(
                _free_name(accounts, provider, verified),
                roles,
                issuer=provider.issuer,
                subject=verified.subject,
                officer=officer,
                agency=agency,
            )
        return _in_step(accounts, account, roles, officer, agency)


def roles_said(verified: Verified) -> frozenset[Role]:
    """Read the roles that a provider's words mean here; words that are not in the map mean nothing."""
    said: Any = verified.claims.get(verified.provider.roles_claim, [])
    words = [said] if isinstance(said, str) else said
    if not isinstance(words, list) or len(words) > MOST_WORDS:
        return frozenset()
    known = verified.provider.roles
    return frozenset(known[one] for one in words if isinstance(one, str) and one in known)


def _in_step(
    accounts: Accounts, account: Account, roles: frozenset[Role], officer: str, agency: str
) -> Account:
    if not account.in_force:
        msg = "this account is disabled here, or waits for a second administrator's word"
        raise unknown_caller(msg)
    if (account.officer, account.agency) != (officer, agency):
        account = accounts.set_person(account, officer, agency, by=BY)
    if account.roles != roles:
        account = accounts.set_roles(account, roles, by=BY)
    return account


def _text(verified: Verified, claim: str) -> str:
    value = verified.claims.get(claim, "") if claim else ""
    return value if isinstance(value, str) else ""


def _free_name(accounts: Accounts, provider: Provider, verified: Verified) -> str:
    """Give the provider's name for him, if it is of the form and free; else one made of his subject."""
    said = verified.claims.get("preferred_username")
    if isinstance(said, str) and NAME.fullmatch(said) and accounts.by_name(said) is None:
        return said
    return f"{provider.name}-{hashlib.sha256(verified.subject.encode()).hexdigest()[:16]}"

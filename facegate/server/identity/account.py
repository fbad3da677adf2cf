"""One account, as the service's book has it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from facegate.errors import InputError
from facegate.server.identity.caller import By, Caller
from facegate.server.identity.roles import Role, demanded_apart

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Row

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
OFFICERS: Final = frozenset({Role.SEARCHER, Role.REVIEWER, Role.SUPERVISOR})
"""Roles of those whom the law asks the register about: they need an officer id."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Parameters
    ----------
    id : str
        UUIDv7.
    name : str
        To sign in with.
    roles : frozenset of Role
        What it is for.
    officer, agency : str
        Officer id and ORI; empty where it is no officer's.
    phrase : str or None
        Its pass phrase, hashed; None if it has none.
    phrase_first_until : datetime or None
        Set: the phrase was made by an administrator, must be changed, and until when it may be.
    totp_secret : bytes or None
        Seed of one-time codes, sealed.
    has_second_factor : bool
        Whether a login asks for a one-time code.
    totp_step : int
        Time step of the last code used.
    issuer : str
        The provider that signs him in; empty if none does.
    disabled : bool
        Whether it opens nothing.
    created : datetime
        Since when it is.
    unconfirmed_by : str
        Id of the administrator who made or changed it; set while it waits for another one's word, and opens
        nothing. Empty if it does not wait.
    key_days : int or None
        Days of the API key that its holder may make; None if an administrator allowed none.
    key_until : datetime or None
        Until when he may make it.
    """

    id: str
    name: str
    roles: frozenset[Role]
    officer: str
    agency: str
    phrase: str | None = field(repr=False)
    phrase_first_until: datetime | None
    totp_secret: bytes | None = field(repr=False)
    has_second_factor: bool
    totp_step: int
    issuer: str
    disabled: bool
    created: datetime
    unconfirmed_by: str = ""
    key_days: int | None = None
    key_until: datetime | None = None

    @property
    def in_force(self) -> bool:
        """Whether it opens anything at all."""
        return not self.disabled and not self.unconfirmed_by

    @property
    def is_tester(self) -> bool:
        """Whether it is held by keys alone."""
        return Role.TESTER in self.roles

    def caller(self, by: By, fresh_at: datetime | None) -> Caller:
        """Give whoever showed to be this account's holder."""
        return Caller(self.id, self.name, self.roles | {Role.PUBLIC}, self.officer, self.agency, by, fresh_at)


def account_of(row: Row[Any]) -> Account:
    """Read an account from its row."""
    return Account(
        id=row.id,
        name=row.name,
        roles=roles_of(row.roles),
        officer=row.officer,
        agency=row.agency,
        phrase=row.phrase,
        phrase_first_until=row.phrase_first_until,
        totp_secret=row.totp_secret,
        has_second_factor=row.totp_on,
        totp_step=row.totp_step,
        issuer=row.issuer or "",
        disabled=row.disabled,
        created=row.created,
        unconfirmed_by=row.unconfirmed_by or "",
        key_days=row.key_days,
        key_until=row.key_until,
    )


def roles_of(text: str) -> frozenset[Role]:
    """Read roles from a column."""
    return frozenset(Role(one) for one in text.split(",") if one)


def roles_text(roles: Iterable[Role]) -> str:
    """Write roles for a column.

    Examples
    --------
    >>> roles_text({Role.SEARCHER, Role.REVIEWER})
    'reviewer,searcher'
    """
    return ",".join(sorted(roles))


def demand_roles(roles: Iterable[Role], officer: str) -> frozenset[Role]:
    """Give back roles that one account may have.

    Raises
    ------
    InputError
        If there is none, two must not meet in one account, or a role needs an officer id.
    """
    wanted = frozenset(roles)
    if not wanted or Role.PUBLIC in wanted:
        given = ", ".join(sorted(wanted)) or "none"
        msg = f"the roles are {given}; wanted at least one, and not public, which everybody is"
        raise InputError(msg)
    if clash := demanded_apart(wanted):
        msg = f"no account may be {clash[0]} and {clash[1]} at once; wanted two accounts of two people"
        raise InputError(msg)
    if (needs := sorted(wanted & OFFICERS)) and not officer:
        msg = f"a {needs[0]} is an officer in the agency's register; wanted an officer id"
        raise InputError(msg)
    return wanted


def demand_name(name: str) -> str:
    """Give back a name to sign in with.

    Raises
    ------
    InputError
        If it is not of its form; the message does not repeat it.
    """
    if not NAME.fullmatch(name):
        msg = "the name is not of its form; wanted 1 to 64 plain letters, digits, dots, dashes, _ and @"
        raise InputError(msg)
    return name

"""The book of accounts. Every change is on the log before it holds, under the ledger's one turn.

An officer is in the agency's register, or he is no officer; and the accounts of one officer count together,
so that nobody keeps the accounts with one name and searches with another.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from facegate.errors import InputError
from facegate.gate.registers.people_known import demand_agency, find_officer
from facegate.gate.search_id import RANDOM_BYTES, new_search_id
from facegate.server.database.connect import transaction
from facegate.server.database.tables import accounts, api_keys, sessions
from facegate.server.identity.account import (
    Account,
    account_of,
    demand_name,
    demand_roles,
    roles_text,
)
from facegate.server.identity.account_record import Act, record_account
from facegate.server.identity.pass_phrases import demand_phrase
from facegate.server.identity.roles import Role, demanded_apart
from facegate.server.problems import Problem, not_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sqlalchemy import Engine

    from facegate.gate.ledger.ledger import Ledger
    from facegate.server.identity.pass_phrases import PassPhrases

ACCOUNT: Final = "account"
FIRST_PHRASE: Final = timedelta(days=7)
PHRASE_BYTES: Final = 18  # 24 characters
NO_KEY: Final = {"key_days": None, "key_until": None}
"""A key that was allowed is allowed no more: it was for the account as it was."""


@dataclass(frozen=True, slots=True)
class Made:
    """An account as made, and the first pass phrase of it; shown once, to be changed at the first login."""

    account: Account
    first_phrase: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The book.

    Parameters
    ----------
    engine : Engine
        Where it is kept.
    ledger : Ledger
        Where every change is recorded, and officers are looked up.
    phrases : PassPhrases
        Hashes pass phrases.
    clock : callable
        The time, with its zone.
    random_bytes : callable
        Source of ids.
    """

    engine: Engine
    ledger: Ledger
    phrases: PassPhrases
    clock: Callable[[], datetime]
    random_bytes: Callable[[int], bytes]

    def every(self) -> tuple[Account, ...]:
        """Give every account, by name."""
        with transaction(self.engine) as connection:
            rows = connection.execute(sa.select(accounts).order_by(accounts.c.login)).all()
        return tuple(account_of(one) for one in rows)

    def find(self, account_id: str) -> Account | None:
        """Give an account by its id."""
        return self._where(accounts.c.id == account_id)

    def by_name(self, name: str) -> Account | None:
        """Give an account by the name to sign in with, in whatever capitals."""
        return self._where(accounts.c.login == name.lower()) if name.isascii() and "\0" not in name else None

    def by_subject(self, issuer: str, subject: str) -> Account | None:
        """Give the account of whom a provider knows."""
        return self._where(accounts.c.issuer == issuer, accounts.c.subject == subject)

    def demand(self, account_id: str) -> Account:
        """Give an account that must be there.

        Raises
        ------
        Problem
            404.
        """
        found = self.find(account_id)
        if found is None:
            raise not_here(ACCOUNT)
        return found

    def make(
        self,
        name: str,
        roles: Iterable[Role],
        *,
        by: str,
        officer: str = "",
        agency: str = "",
        waits: bool = False,
    ) -> Made:
        """Make an account.

        Parameters
        ----------
        name : str
            To sign in with; no other may have it, in whatever capitals.
        roles : iterable of Role
            What it is for.
        by : str
            Id of whoever makes it, or ``setup``.
        officer, agency : str
            Officer id and ORI, registered; both may be empty.
        waits : bool
            It opens nothing before `confirm`, by another than whoever makes it.

        Returns
        -------
        Made
            With a first pass phrase, unless it is a tester's: he has keys.

        Raises
        ------
        InputError
            If anything is not of its form, not registered, or the roles do not go together.
        """
        phrase = None if Role.TESTER in (held := frozenset(roles)) else secrets.token_urlsafe(PHRASE_BYTES)
        hashed = None if phrase is None else self.phrases.hashed(phrase)
        more = {"phrase": hashed, "unconfirmed_by": by if waits else None}
        return Made(self._made(name, held, by, officer=officer, agency=agency, more=more), phrase)

    def make_for_provider(
        self, name: str, roles: Iterable[Role], *, issuer: str, subject: str, officer: str, agency: str
    ) -> Account:
        """Make the account of somebody whom a provider signs in; it has no pass phrase.

        Raises
        ------
        InputError
            As `make`.
        """
        known = {"issuer": issuer, "subject": subject}
        return self._made(name, frozenset(roles), "provider", officer=officer, agency=agency, more=known)

    def set_roles(self, account: Account, roles: Iterable[Role], *, by: str, waits: bool = False) -> Account:
        """Give an account other roles; its sessions end, for what is open on a screen is of the old ones.

        Parameters
        ----------
        account : Account
            Whose.
        roles : iterable of Role
            All it has from now on.
        by : str
            Id of whoever gives them, or ``provider``.
        waits : bool
            As `make`.

        Raises
        ------
        InputError
            If they do not go together, or nobody would be left to keep the accounts.
        """
        with self.ledger.turn:
            held = demand_roles(roles, account.officer)
            self._demand_no_tester_change(account, held)
            self._demand_person(held, account.officer, account.agency, but=account.id)
            changed = replace(account, roles=held, key_days=None, key_until=None)
            self._demand_administrator_left(changed)
            record_account(self.ledger, Act.ROLES, changed, by=by, at=self.clock())
            values = {"roles": roles_text(held), **NO_KEY, **({"unconfirmed_by": by} if waits else {})}
            self._write(account.id, values, end_sessions=True)
        return replace(changed, unconfirmed_by=by) if waits else changed

    def confirm(self, account_id: str, *, by: str) -> Account:
        """Give the second administrator's word for what the first one made or changed; recorded.

        Raises
        ------
        Problem
            404 if there is no such account, 409 if it is the first one's own word.
        """
        with self.ledger.turn:
            account = self.demand(account_id)
            if not account.unconfirmed_by:
                return account  # nothing waits: nothing happened, and nothing is recorded
            if account.unconfirmed_by == by:
                detail = "this waits for another administrator's word: it was you who made or changed it"
                raise Problem(HTTPStatus.CONFLICT, "second-administrator-wanted", detail)
            record_account(self.ledger, Act.CONFIRMED, account, by=by, at=self.clock())
            self._write(account.id, {"unconfirmed_by": None})
        return replace(account, unconfirmed_by="")

    def set_person(self, account: Account, officer: str, agency: str, *, by: str) -> Account:
        """Give an account another officer or agency; its sessions end.

        Raises
        ------
        InputError
            If they are not registered.
        """
        with self.ledger.turn:
            demand_roles(account.roles, officer)
            self._demand_person(account.roles, officer, agency, but=account.id)
            changed = replace(account, officer=officer, agency=agency)
            record_account(self.ledger, Act.PERSON, changed, by=by, at=self.clock())
            self._write(account.id, {"officer": officer, "agency": agency}, end_sessions=True)
        return changed

    def disable(self, account: Account, *, by: str) -> Account:
        """Disable an account: its sessions end, its keys are revoked, at once.

        Raises
        ------
        InputError
            If nobody would be left to keep the accounts.
        """
        with self.ledger.turn:
            changed = replace(account, disabled=True, key_days=None, key_until=None)
            self._demand_administrator_left(changed)
            record_account(self.ledger, Act.DISABLED, changed, by=by, at=self.clock())
            self._write(account.id, {"disabled": True, **NO_KEY}, end_sessions=True, revoke_keys=True)
        return changed

    def enable(self, account: Account, *, by: str) -> Account:
        """Enable an account again; keys that were revoked stay so."""
        with self.ledger.turn:
            self._demand_person(account.roles, account.officer, account.agency, but=account.id)
            changed = replace(account, disabled=False)
            record_account(self.ledger, Act.ENABLED, changed, by=by, at=self.clock())
            self._write(account.id, {"disabled": False})
        return changed

    def reset(self, account: Account, *, by: str, waits: bool = False) -> Made:
        """Give an account a new first pass phrase, for whoever forgot his or lost his second factor.

        What opened it until now opens nothing any more, at once; the new phrase opens nothing before
        `confirm`, if it waits.

        Raises
        ------
        InputError
            If it is a tester's, or a provider signs him in.
        """
        if account.is_tester or account.issuer:
            msg = "this account has no pass phrase; testers have keys, and others their provider"
            raise InputError(msg)
        phrase = secrets.token_urlsafe(PHRASE_BYTES)
        values = {"phrase": self.phrases.hashed(phrase), "phrase_first_until": self.clock() + FIRST_PHRASE}
        with self.ledger.turn:
            record_account(self.ledger, Act.RESET, account, by=by, at=self.clock())
            off: dict[str, Any] = {"totp_secret": None, "totp_on": False, "totp_step": 0}
            off |= {**NO_KEY, **({"unconfirmed_by": by} if waits else {})}
            self._write(account.id, {**values, **off}, end_sessions=True, revoke_keys=True)
        return Made(self.demand(account.id), phrase)

    def let_in_again(self, account: Account, *, by: str) -> Made:
        """Put an account in force whatever held it back, and give it a new first pass phrase; all recorded.

        For whoever has the machine: it is the way back where nobody is left to keep the accounts.

        Raises
        ------
        InputError
            As `reset`.
        """
        with self.ledger.turn:
            if account.disabled:
                self.enable(account, by=by)
            self.confirm(account.id, by=by)
            return self.reset(account, by=by)

    def set_phrase(self, account: Account, phrase: str) -> None:
        """Change a pass phrase, as its holder; his sessions end.

        Raises
        ------
        InputError
            If it may not be one, or is the one it was.
        """
        demand_phrase(phrase, account.name)
        if self.phrases.fits(phrase, account.phrase):
            msg = "the new pass phrase is the old one; wanted another"
            raise InputError(msg)
        values = {"phrase": self.phrases.hashed(phrase), "phrase_first_until": None}
        with self.ledger.turn:
            record_account(self.ledger, Act.PHRASE, account, by=account.id, at=self.clock())
            self._write(account.id, values, end_sessions=True)

    def _made(
        self,
        name: str,
        roles: frozenset[Role],
        by: str,
        *,
        officer: str,
        agency: str,
        more: dict[str, Any],
    ) -> Account:
        demand_name(name)
        with self.ledger.turn:
            held = demand_roles(roles, officer)
            self._demand_person(held, officer, agency)
            if self.by_name(name) is not None:
                msg = "there is an account of that name already; wanted another name"
                raise InputError(msg)
            now = self.clock()
            account = Account(
                id=str(new_search_id(now, self.random_bytes(RANDOM_BYTES))),
                name=name,
                roles=held,
                officer=officer,
                agency=agency,
                phrase=more.get("phrase"),
                phrase_first_until=now + FIRST_PHRASE if more.get("phrase") else None,
                totp_secret=None,
                has_second_factor=False,
                totp_step=0,
                issuer=more.get("issuer", ""),
                disabled=False,
                created=now,
                unconfirmed_by=more.get("unconfirmed_by") or "",
            )
            record_account(self.ledger, Act.MADE, account, by=by, at=now)
            with transaction(self.engine) as connection:
                connection.execute(sa.insert(accounts).values(**_row(account), **{"issuer": None, **more}))
        return account

    def _where(self, *conditions: sa.ColumnElement[bool]) -> Account | None:
        with transaction(self.engine) as connection:
            row = connection.execute(sa.select(accounts).where(*conditions)).first()
        return None if row is None else account_of(row)

    def _write(
        self,
        account_id: str,
        values: dict[str, Any],
        *,
        end_sessions: bool = False,
        revoke_keys: bool = False,
    ) -> None:
        with transaction(self.engine) as connection:
            connection.execute(sa.update(accounts).where(accounts.c.id == account_id).values(values))
            if end_sessions:
                connection.execute(sa.delete(sessions).where(sessions.c.account == account_id))
            if revoke_keys:
                live = (api_keys.c.account == account_id) & api_keys.c.revoked.is_(None)
                connection.execute(sa.update(api_keys).where(live).values(revoked=self.clock()))

    def _demand_person(self, roles: frozenset[Role], officer: str, agency: str, *, but: str = "") -> None:
        """Refuse an officer or agency not registered, and an officer's accounts that do not go together."""
        if agency:
            demand_agency(self.ledger, agency)
        if not officer:
            return
        if not agency or find_officer(self.ledger, agency, officer) is None:
            msg = "the agency has no officer of that id in its register; register him first"
            raise InputError(msg)
        others = [one for one in self.every() if one.id != but and not one.disabled]
        his = [one.roles for one in others if (one.officer, one.agency) == (officer, agency)]
        if clash := demanded_apart(roles.union(*his)):
            msg = f"this officer would be {clash[0]} and {clash[1]} by two accounts; wanted two people"
            raise InputError(msg)

    def _demand_administrator_left(self, changed: Account) -> None:
        """Refuse to lock everybody out."""
        after = [changed if one.id == changed.id else one for one in self.every()]
        before = self.demand(changed.id)
        was = Role.ADMINISTRATOR in before.roles and before.in_force
        if was and not any(Role.ADMINISTRATOR in one.roles and one.in_force for one in after):
            msg = "this is the last administrator; make another one first"
            raise InputError(msg)

    def _demand_no_tester_change(self, account: Account, roles: frozenset[Role]) -> None:
        """Refuse to make a tester of somebody, or somebody of a tester: his keys look otherwise."""
        if account.is_tester != (Role.TESTER in roles):
            msg = "a tester's account stays one, and no other becomes one; make a new account"
            raise InputError(msg)


def _row(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "login": account.name.lower(),
        "roles": roles_text(account.roles),
        "officer": account.officer,
        "agency": account.agency,
        "phrase_first_until": account.phrase_first_until,
        "totp_on": False,
        "totp_step": 0,
        "disabled": False,
        "created": account.created,
    }

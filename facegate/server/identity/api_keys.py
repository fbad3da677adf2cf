"""API keys, for machines: shown once, kept as a mark under the pepper, revoked at once, never in an address.

A person's key is made by its holder: an administrator allows it, and never sees it, for with it he would
search and read in that name. Only a tester, who has no other way in, is handed one.

``fg_live_`` and 43 characters (32 random bytes), or ``fg_test_`` for testers: scanners for leaked secrets
find them by that. A key approves nothing: an approval asks for a login of now.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from facegate.errors import InputError
from facegate.gate.search_id import RANDOM_BYTES, new_search_id
from facegate.server.database.connect import transaction
from facegate.server.database.tables import accounts, api_keys
from facegate.server.identity.account import Account, account_of
from facegate.server.identity.account_record import Act, record_account
from facegate.server.identity.known_keys import KnownKey, KnownKeys
from facegate.server.problems import not_here

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine, Row

    from facegate.gate.ledger.ledger import Ledger
    from facegate.server.identity.pepper import Pepper

WHAT: Final = "key"
LIVE: Final = "fg_live_"
TEST: Final = "fg_test_"
KEY: Final = re.compile(r"fg_(?:live|test)_[A-Za-z0-9_-]{43}")
SECRET_BYTES: Final = 32
SHOWN: Final = 12  # characters by which its owner tells it from his others
MOST_DAYS: Final = 366
COLLECTED: Final = timedelta(days=7)
"""How long a key that was allowed may be made."""
MOST_KEYS: Final = 20
"""Of one account, at once."""
USED_EVERY: Final = timedelta(minutes=1)
"""How exactly the last use is kept: a write at every request would wait for the disk each time."""

_OF_KEY: Final = (
    api_keys.c.id.label("key_id"), api_keys.c.mark, api_keys.c.expires, api_keys.c.last_used,
    api_keys.c.revoked,
)  # fmt: skip
# Put together once: SQLAlchemy takes longer to write it than the database to answer, at every request.
_HOLDER: Final = (
    sa.select(accounts, *_OF_KEY)
    .join(api_keys, api_keys.c.account == accounts.c.id)
    .where(api_keys.c.mark == sa.bindparam("shown"))
)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key, without its secret.

    Parameters
    ----------
    id : str
        UUIDv7.
    account : str
        Whose.
    starts : str
        Its first characters.
    created, expires : datetime
        From when until when it opens anything.
    last_used, revoked : datetime or None
        None if that never happened; the last use is known to the minute.
    """

    id: str
    account: str
    starts: str
    created: datetime
    expires: datetime
    last_used: datetime | None
    revoked: datetime | None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key, and its secret; shown once."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """The book of keys.

    Parameters
    ----------
    engine : Engine
        Where it is kept.
    ledger : Ledger
        Where keys issued and revoked are recorded.
    pepper : Pepper
        What marks are made with.
    clock, random_bytes : callable
        The time, with its zone; source of secrets.
    known : KnownKeys
        Keys that were shown lately; of this engine.
    """

    engine: Engine
    ledger: Ledger
    pepper: Pepper
    clock: Callable[[], datetime]
    random_bytes: Callable[[int], bytes]
    known: KnownKeys

    def issue(self, account: Account, *, days: int, by: str) -> IssuedKey:
        """Issue a key.

        Parameters
        ----------
        account : Account
            Whose; it opens what its roles open.
        days : int
            How long it holds, 1 to 366.
        by : str
            Id of whoever issues it.

        Raises
        ------
        InputError
            If the account is disabled, has twenty keys, or the time is out of range.
        """
        _demand_days(days)
        if account.disabled:
            msg = "this account is disabled; enable it before a key is issued"
            raise InputError(msg)
        with self.ledger.turn:
            self._demand_room(account)
            now = self.clock()
            secret = self._new_secret(account)
            key_id = str(new_search_id(now, self.random_bytes(RANDOM_BYTES)))
            key = ApiKey(key_id, account.id, secret[:SHOWN], now, now + timedelta(days=days), None, None)
            record_account(self.ledger, Act.KEY_ISSUED, account, by=by, at=now, about=key.id)
            row = {name: getattr(key, name) for name in ApiKey.__slots__}
            with transaction(self.engine) as connection:
                connection.execute(sa.insert(api_keys).values(mark=self._mark(secret), **row))
                # Used up with the key, in one transaction: two requests at once make one key. For whoever
                # may issue keys without it, it is none.
                connection.execute(_allowed(account.id, None, None))
        return IssuedKey(key, secret)

    def allow(self, account: Account, *, days: int, by: str) -> Account:
        """Let an account's holder make one key, within a week; recorded. One allowed before is replaced.

        Raises
        ------
        InputError
            If the account is disabled, has twenty keys, or the time is out of range.
        """
        _demand_days(days)
        if account.disabled:
            msg = "this account is disabled; enable it before a key is allowed"
            raise InputError(msg)
        with self.ledger.turn:
            self._demand_room(account)
            now = self.clock()
            record_account(self.ledger, Act.KEY_ALLOWED, account, by=by, at=now)
            with transaction(self.engine) as connection:
                connection.execute(_allowed(account.id, days, now + COLLECTED))
        return replace(account, key_days=days, key_until=now + COLLECTED)

    def collect(self, account_id: str) -> IssuedKey:
        """Make the key that was allowed, as its holder; there is none a second time.

        Raises
        ------
        InputError
            If none was allowed, or that was more than a week ago.
        """
        with self.ledger.turn:
            with transaction(self.engine) as connection:
                row = connection.execute(sa.select(accounts).where(accounts.c.id == account_id)).one()
            account = account_of(row)
            if account.key_days is None or account.key_until is None or account.key_until <= self.clock():
                msg = "no key is allowed to this account now; an administrator allows one, for seven days"
                raise InputError(msg)
            return self.issue(account, days=account.key_days, by=account.id)

    def of(self, account_id: str) -> tuple[ApiKey, ...]:
        """Give an account's keys, the newest first."""
        mine = sa.select(api_keys).where(api_keys.c.account == account_id)
        with transaction(self.engine) as connection:
            rows = connection.execute(mine.order_by(api_keys.c.id.desc())).all()
        return tuple(_key_of(one) for one in rows)

    def revoke(self, account: Account, key_id: str, *, by: str) -> ApiKey:
        """Revoke a key: the next request with it is refused.

        Raises
        ------
        Problem
            404 if the account has no such key.
        """
        with self.ledger.turn:
            found = [one for one in self.of(account.id) if one.id == key_id]
            if not found:
                raise not_here(WHAT)
            if found[0].revoked is not None:
                return found[0]
            now = self.clock()
            record_account(self.ledger, Act.KEY_REVOKED, account, by=by, at=now, about=key_id)
            with transaction(self.engine) as connection:
                here = api_keys.c.id == key_id
                connection.execute(sa.update(api_keys).where(here).values(revoked=now))
        return next(one for one in self.of(account.id) if one.id == key_id)

    def holder(self, secret: str) -> Account | None:
        """Give the account a key opens; None if it opens nothing, whatever the reason."""
        if (account := self.known_holder(secret)) is not None:
            return account
        if not KEY.fullmatch(secret):
            return None
        mark, now, changes = self._mark(secret), self.clock(), self.known.changes
        with transaction(self.engine) as connection:
            row = connection.execute(_HOLDER, {"shown": mark}).first()
            # The mark was looked up, not the key; compared again in constant time, whatever the database
            # does.
            if row is None or not hmac.compare_digest(row.mark, mark):
                return None
            account = account_of(row)
            if row.revoked is not None or row.expires <= now or not account.in_force:
                return None
            used = row.last_used
            if used is None or now - used >= USED_EVERY:
                here = api_keys.c.id == row.key_id
                connection.execute(sa.update(api_keys).where(here).values(last_used=now))
        if not secret.startswith(_prefix(account)):
            return None
        if used is not None:  # else its row was just changed: the next time
            self.known.keep(mark, KnownKey(account, row.expires, used, now), changes)
        return account

    def known_holder(self, secret: str) -> Account | None:
        """Give the account a key opens if that is remembered, without a look at the database; else None."""
        if not KEY.fullmatch(secret):
            return None
        now = self.clock()
        known = self.known.get(self._mark(secret), now)
        # Once a minute the database is asked and told, so that the last use is known to the minute.
        return None if known is None or now - known.last_used >= USED_EVERY else known.account

    def _new_secret(self, account: Account) -> str:
        random = base64.urlsafe_b64encode(self.random_bytes(SECRET_BYTES)).rstrip(b"=").decode()
        return f"{_prefix(account)}{random}"

    def _mark(self, secret: str) -> str:
        return self.pepper.mark("key", secret)

    def _demand_room(self, account: Account) -> None:
        now = self.clock()
        live = [one for one in self.of(account.id) if one.revoked is None and one.expires > now]
        if len(live) >= MOST_KEYS:
            msg = f"this account has {len(live)} keys in force, and no more than {MOST_KEYS} are issued"
            raise InputError(msg)


def _demand_days(days: int) -> None:
    if not 1 <= days <= MOST_DAYS:
        msg = f"the key is to hold {days} days, wanted 1 to {MOST_DAYS}"
        raise InputError(msg)


def _allowed(account_id: str, days: int | None, until: datetime | None) -> sa.Update:
    here = accounts.c.id == account_id
    return sa.update(accounts).where(here).values(key_days=days, key_until=until)


def _prefix(account: Account) -> str:
    return TEST if account.is_tester else LIVE


def _key_of(row: Row[Any]) -> ApiKey:
    return ApiKey(**{name: getattr(row, name) for name in ApiKey.__slots__})

"""Sessions of pages: an opaque random id in a cookie, its mark in the database, ended by time or by word.

- Idle and absolute limits (CJIS policy, AC-12; OWASP ASVS 5, V7.3); the id changes at login and at step-up,
  so one that was planted before is worth nothing after (session fixation).
- The CSRF token is made from the session's id under the pepper: nothing to keep, and none fits another
  session.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from facegate.gate.search_id import RANDOM_BYTES, new_search_id
from facegate.server.database.connect import transaction
from facegate.server.database.tables import accounts, sessions
from facegate.server.identity.account import Account, account_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine, Row

    from facegate.server.identity.pepper import Pepper

SECRET_BYTES: Final = 32
LONGEST: Final = 100  # characters of a cookie that is looked at
BROWSER: Final = 200
LONGEST_FROM_PROVIDER: Final = timedelta(hours=1)
SEEN_EVERY: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Session:
    """One session; its id is for its owner's list and opens nothing.

    Parameters
    ----------
    id : str
        UUIDv7.
    account : str
        Whose.
    browser : str
        What the browser called itself.
    began, seen, expires : datetime
        Since when, the last request (to half a minute), and when it ends at the latest.
    fresh_at : datetime or None
        The last proof: a login here, a one-time code, or what a provider said of its own; None for none.
    """

    id: str
    account: str
    browser: str
    began: datetime
    seen: datetime
    expires: datetime
    fresh_at: datetime | None


@dataclass(frozen=True, slots=True)
class Sessions:
    """The book of sessions.

    Parameters
    ----------
    engine, pepper : Engine, Pepper
        Where it is kept, and what marks are made with.
    clock, random_bytes : callable
        The time, with its zone; source of ids.
    idle, longest : timedelta
        After which a session ends: without a request, and in all.
    """

    engine: Engine
    pepper: Pepper
    clock: Callable[[], datetime]
    random_bytes: Callable[[int], bytes]
    idle: timedelta
    longest: timedelta

    def begin(self, account: Account, *, browser: str) -> str:
        """Begin a session of whoever just signed in here, which is proof of now.

        Returns
        -------
        str
            What goes into the cookie, 43 characters.
        """
        return self._begun(account, browser, self.clock(), self.longest)

    def begin_from_provider(self, account: Account, *, browser: str, fresh_at: datetime | None) -> str:
        """Begin a session of whom a provider let in, of an hour at most: then it is asked again.

        What the provider takes back (an account, a role) is heard of at no other time.

        Parameters
        ----------
        account, browser
            As `begin`.
        fresh_at : datetime or None
            When he proved himself there; None if it did not say: then this session approves nothing.
        """
        return self._begun(account, browser, fresh_at, min(self.longest, LONGEST_FROM_PROVIDER))

    def _begun(self, account: Account, browser: str, fresh_at: datetime | None, lasts: timedelta) -> str:
        now, secret = self.clock(), self._new_secret()
        row = {
            "id": str(new_search_id(now, self.random_bytes(RANDOM_BYTES))),
            "account": account.id,
            "mark": self._mark(secret),
            "browser": _plain(browser),
            "began": now,
            "seen": now,
            "fresh_at": fresh_at,
            "expires": now + lasts,
        }
        with transaction(self.engine) as connection:
            connection.execute(sa.delete(sessions).where(self._over(now)))
            connection.execute(sa.insert(sessions).values(row))
        return secret

    def find(self, secret: str) -> tuple[Session, Account] | None:
        """Give the session of a cookie and its account; None if it ended or never was."""
        if not 0 < len(secret) <= LONGEST:
            return None
        now, mark = self.clock(), self._mark(secret)
        with transaction(self.engine) as connection:
            row = connection.execute(sa.select(sessions).where(sessions.c.mark == mark)).first()
            if row is None or not hmac.compare_digest(row.mark, mark):
                return None
            if row.expires <= now or row.seen + self.idle <= now:
                connection.execute(sa.delete(sessions).where(sessions.c.id == row.id))
                return None
            whole = connection.execute(sa.select(accounts).where(accounts.c.id == row.account)).one()
            if now - row.seen >= SEEN_EVERY:
                here = sessions.c.id == row.id
                connection.execute(sa.update(sessions).where(here).values(seen=now))
        account = account_of(whole)
        return (_session_of(row), account) if account.in_force else None

    def renew(self, secret: str, *, fresh_at: datetime) -> str:
        """Give a session another id, at step-up; how long it lasts stays.

        Returns
        -------
        str
            What goes into the cookie from now on; the old one opens nothing.
        """
        changed = self._new_secret()
        with transaction(self.engine) as connection:
            here = sessions.c.mark == self._mark(secret)
            values = {"mark": self._mark(changed), "fresh_at": fresh_at, "seen": self.clock()}
            connection.execute(sa.update(sessions).where(here).values(values))
        return changed

    def end(self, secret: str) -> None:
        """End the session of a cookie."""
        with transaction(self.engine) as connection:
            connection.execute(sa.delete(sessions).where(sessions.c.mark == self._mark(secret)))

    def end_one(self, account_id: str, session_id: str) -> bool:
        """End one of an account's sessions; say whether there was such a one."""
        with transaction(self.engine) as connection:
            his = (sessions.c.account == account_id) & (sessions.c.id == session_id)
            return bool(connection.execute(sa.delete(sessions).where(his)).rowcount)

    def of(self, account_id: str) -> tuple[Session, ...]:
        """Give an account's sessions that are in force, the newest first."""
        his = (sessions.c.account == account_id) & ~self._over(self.clock())
        with transaction(self.engine) as connection:
            rows = connection.execute(sa.select(sessions).where(his).order_by(sessions.c.id.desc())).all()
        return tuple(_session_of(one) for one in rows)

    def csrf(self, secret: str) -> str:
        """Give the token that forms of a session carry, 64 hexadecimal digits."""
        return self.pepper.mark("csrf", secret)

    def is_csrf(self, secret: str, token: str) -> bool:
        """Say whether a form's token is this session's, in constant time."""
        return token.isascii() and hmac.compare_digest(self.csrf(secret), token)

    def _over(self, now: datetime) -> sa.ColumnElement[bool]:
        return (sessions.c.expires <= now) | (sessions.c.seen <= now - self.idle)

    def _new_secret(self) -> str:
        return base64.urlsafe_b64encode(self.random_bytes(SECRET_BYTES)).rstrip(b"=").decode()

    def _mark(self, secret: str) -> str:
        return self.pepper.mark("session", secret)


def _plain(browser: str) -> str:
    """Keep of a browser's name what is printed: it is shown on a page, and PostgreSQL takes no NUL."""
    return "".join(one for one in browser[:BROWSER] if " " <= one <= "~")


def _session_of(row: Row[Any]) -> Session:
    return Session(**{name: getattr(row, name) for name in Session.__slots__})

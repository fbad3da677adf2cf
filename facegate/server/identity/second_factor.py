"""The second factor: one-time codes by time (RFC 6238), each used once, few tries.

A code that somebody saw over a shoulder is worth nothing once it was used: the time step of the last one is
kept, and only a later one is taken (RFC 6238, section 5.2).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pyotp
import sqlalchemy as sa

from facegate.errors import InputError
from facegate.server.database.connect import transaction
from facegate.server.database.tables import accounts
from facegate.server.identity.account_record import Act, record_account
from facegate.server.identity.throttle import MOST_TESTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine

    from facegate.gate.ledger.ledger import Ledger
    from facegate.server.identity.account import Account
    from facegate.server.identity.pepper import Pepper
    from facegate.server.identity.throttle import Throttle

STEP: Final = 30  # seconds
AROUND: Final = (-1, 0, 1)
"""Steps that are taken: clocks differ, and typing takes time."""
DIGITS: Final = 6
ISSUER: Final = "facegate"
PURPOSE: Final = "one-time codes"


@dataclass(frozen=True, slots=True)
class Seed:
    """A new seed, for the holder's app; shown once, and of no effect before a code of it was typed."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Setting up and checking one-time codes.

    Parameters
    ----------
    engine, ledger, pepper : Engine, Ledger, Pepper
        Where seeds are kept, changes recorded, and what seeds are sealed under.
    throttle : Throttle
        Counts tries.
    clock : callable
        The time, with its zone.
    """

    engine: Engine
    ledger: Ledger
    pepper: Pepper
    throttle: Throttle
    clock: Callable[[], datetime]

    def begin(self, account: Account) -> Seed:
        """Give a new seed, of no effect before `confirm` saw a code of it; none replaces one in force.

        Raises
        ------
        InputError
            If a second factor is in force: an administrator resets it, on the log.
        """
        if account.has_second_factor:
            msg = "a second factor is in force; an administrator resets the account if it is lost"
            raise InputError(msg)
        secret = pyotp.random_base32()
        self._write(account, {"totp_secret": self.pepper.seal(_purpose(account), secret.encode())})
        return Seed(secret, pyotp.TOTP(secret).provisioning_uri(name=account.name, issuer_name=ISSUER))

    def confirm(self, account: Account, code: str) -> None:
        """Put a seed in force by the first code of it.

        Raises
        ------
        InputError
            If there is no seed, or the code is not of it.
        Problem
            429 after too many tries.
        """
        if account.has_second_factor or account.totp_secret is None:
            msg = "there is no second factor to confirm; begin by asking for a new seed"
            raise InputError(msg)
        if not self.check(account, code):
            msg = "the code is not right, or was used; wait for the next one"
            raise InputError(msg)
        with self.ledger.turn:
            record_account(self.ledger, Act.SECOND_FACTOR, account, by=account.id, at=self.clock())
            self._write(account, {"totp_on": True})

    def check(self, account: Account, code: str) -> bool:
        """Say whether a code is right and was not used, and use it up.

        Raises
        ------
        Problem
            429 after too many tries.
        """
        if account.totp_secret is None:
            return False
        locks = self.throttle.take("code", account.id, MOST_TESTS)
        step = self._step(account, code)
        if step is None or not self._used(account, step):
            if locks:
                record_account(self.ledger, Act.LOCKED, account, by="service", at=self.clock())
            return False
        self.throttle.clear("code", account.id)
        return True

    def _step(self, account: Account, code: str) -> int | None:
        """Find the time step a code is of; every one is computed, whichever it is."""
        secret = self.pepper.unseal(_purpose(account), account.totp_secret or b"").decode()
        codes = pyotp.TOTP(secret, digits=DIGITS, interval=STEP)
        typed = code.strip().encode(errors="replace")
        now = int(self.clock().timestamp()) // STEP
        right = [
            now + off for off in AROUND
            if hmac.compare_digest(codes.generate_otp(now + off).encode(), typed)
        ]  # fmt: skip
        return right[0] if right else None

    def _used(self, account: Account, step: int) -> bool:
        """Use a step up, in one statement: of two requests with one code, one is let in."""
        later = (accounts.c.id == account.id) & (accounts.c.totp_step < step)
        with transaction(self.engine) as connection:
            return bool(connection.execute(sa.update(accounts).where(later).values(totp_step=step)).rowcount)

    def _write(self, account: Account, values: dict[str, object]) -> None:
        with transaction(self.engine) as connection:
            connection.execute(sa.update(accounts).where(accounts.c.id == account.id).values(values))


def _purpose(account: Account) -> str:
    """Name what a seed is sealed for: moved to another account's row, it does not open."""
    return f"{PURPOSE} of {account.id}"

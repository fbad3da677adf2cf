"""Signing in with a pass phrase, and proving oneself again.

Whatever is wrong, the answer is one sentence and takes as long: whoever tries learns neither whether there is
such an account nor which part was wrong. Only who typed the right pass phrase is told that a code is wanted,
or that the first phrase must be changed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from facegate.server.identity.account_record import Act, record_account
from facegate.server.identity.throttle import MOST_OF_ACCOUNT, MOST_OF_ADDRESS
from facegate.server.problems import Problem, unknown_caller

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from facegate.server.identity.account import Account
    from facegate.server.identity.accounts import Accounts
    from facegate.server.identity.second_factor import SecondFactor
    from facegate.server.identity.throttle import Throttle


@dataclass(frozen=True, slots=True)
class SigningIn:
    """The way in for people with a pass phrase.

    Parameters
    ----------
    accounts : Accounts
        Who there is.
    second_factor : SecondFactor
        One-time codes.
    throttle : Throttle
        Counts attempts.
    clock : callable
        The time, with its zone.
    failures : Counter
        Failed attempts since the start, by what was shown; for the metrics.
    """

    accounts: Accounts
    second_factor: SecondFactor
    throttle: Throttle
    clock: Callable[[], datetime]
    failures: Counter[str] = field(default_factory=Counter)

    def prove(self, name: str, phrase: str, *, address: str, code: str = "", new_phrase: str = "") -> Account:
        """Check name, pass phrase and, where there is a second factor, a code.

        Parameters
        ----------
        name, phrase : str
            As typed.
        address : str
            Whence, after trusted proxies were taken off.
        code : str
            Six digits; empty if none was typed.
        new_phrase : str
            In the place of a first pass phrase; empty if none was typed.

        Returns
        -------
        Account
            Whoever proved to be its holder.

        Raises
        ------
        Problem
            401 if anything is wrong, with kind ``code-wanted``, ``pass-phrase-to-be-changed`` or
            ``account-waits`` where only that is missing; 429 after too many attempts.
        InputError
            If the new pass phrase may not be one.
        """
        locked_it = self.throttle.take("address", address, MOST_OF_ADDRESS)
        account = self._phrase_fits(name, phrase)
        if account.unconfirmed_by:
            raise _waits()
        self._demand_code(account, code)
        if account.phrase_first_until is not None:
            account = self._changed(account, new_phrase)
        self.throttle.clear("account", name.lower())
        self.throttle.give_back("address", address, locked_it=locked_it)
        return account

    def confirm_phrase(self, account: Account, phrase: str) -> None:
        """Have the holder of a session type his pass phrase again, before he changes what opens it.

        Raises
        ------
        Problem
            401 if it is wrong, 429 after too many attempts.
        """
        self._phrase_fits(account.name, phrase)
        self.throttle.clear("account", account.name.lower())

    def confirm_code(self, account: Account, code: str) -> None:
        """Have the holder of a session type a one-time code.

        Raises
        ------
        Problem
            401 if it is wrong or he has no second factor, 429 after too many attempts.
        """
        if not account.has_second_factor or not self.second_factor.check(account, code):
            self.failed("code")
            raise _wrong_code()

    def failed(self, what: str) -> None:
        """Count a failed attempt."""
        self.failures[what] += 1

    def _phrase_fits(self, name: str, phrase: str) -> Account:
        locks = self.throttle.take("account", name.lower(), MOST_OF_ACCOUNT)
        account = self.accounts.by_name(name)
        hashed = None if account is None or account.disabled else account.phrase
        fits = self.accounts.phrases.fits(phrase, hashed)
        if account is not None and fits and not self._too_late(account):
            return account
        self.failed("pass-phrase")
        if locks and account is not None:
            record_account(self.accounts.ledger, Act.LOCKED, account, by="service", at=self.clock())
        msg = "name or pass phrase is wrong, or the account is not in force"
        raise unknown_caller(msg)

    def _too_late(self, account: Account) -> bool:
        """Whether a first pass phrase lay about for too long."""
        return account.phrase_first_until is not None and account.phrase_first_until <= self.clock()

    def _demand_code(self, account: Account, code: str) -> None:
        if not account.has_second_factor:
            return
        if not code:
            detail = "this account has a second factor; wanted its one-time code as well"
            raise Problem(HTTPStatus.UNAUTHORIZED, "code-wanted", detail, headers=_challenge())
        self.confirm_code(account, code)

    def _changed(self, account: Account, new_phrase: str) -> Account:
        """Have a first pass phrase changed before it opens anything: whoever made the account knows it."""
        if not new_phrase:
            detail = "this is a first pass phrase; choose one of your own, and send both"
            raise Problem(HTTPStatus.UNAUTHORIZED, "pass-phrase-to-be-changed", detail, headers=_challenge())
        self.accounts.set_phrase(account, new_phrase)
        return self.accounts.demand(account.id)


def _waits() -> Problem:
    detail = "one administrator made or changed this account; another one must confirm that, and has not yet"
    return Problem(HTTPStatus.UNAUTHORIZED, "account-waits", detail, headers=_challenge())


def _wrong_code() -> Problem:
    detail = "the code is not right, or was used; wait for the next one"
    return Problem(HTTPStatus.UNAUTHORIZED, "wrong-code", detail, headers=_challenge())


def _challenge() -> dict[str, str]:
    return {"WWW-Authenticate": 'Bearer realm="facegate"'}

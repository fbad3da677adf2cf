"""Accounts for administrators, and one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.client.desk import Desk
from facegate.client.line import place
from facegate.client.replies.accounts import Account, ApiKey, IssuedKey, MadeAccount, Seed, Session

if TYPE_CHECKING:
    from collections.abc import Sequence

PUT = "PUT"
DELETE = "DELETE"


class AccountsDesk(Desk):
    """``/v1/accounts``, for administrators. What acts is asked once: a secret is answered once."""

    __slots__ = ()

    def listed(self) -> tuple[Account, ...]:
        """List every account."""
        return self._line.get("/v1/accounts", tuple[Account, ...])

    def make(self, name: str, roles: Sequence[str], *, officer: str = "", agency: str = "") -> MadeAccount:
        """Make an account; its first pass phrase is answered once.

        Parameters
        ----------
        name : str
            How it signs in.
        roles : sequence of str
            Such as ``searcher``.
        officer, agency : str
            Officer id and ORI, for whoever is an officer in the agency's register.
        """
        body = {"name": name, "roles": list(roles), "officer": officer} | (
            {"agency": agency} if agency else {}
        )
        return self._line.act("/v1/accounts", MadeAccount, body, keyed=False)

    def get(self, account: str) -> Account:
        """Read one account."""
        return self._line.get(place("v1", "accounts", account), Account)

    def set_roles(self, account: str, roles: Sequence[str]) -> Account:
        """Give an account other roles; its sessions end."""
        return self._line.change(
            PUT, place("v1", "accounts", account, "roles"), Account, {"roles": list(roles)}
        )

    def set_in_force(self, account: str, *, in_force: bool) -> Account:
        """Disable an account at once, with its sessions and keys, or enable it again."""
        body = {"in_force": in_force}
        return self._line.change(PUT, place("v1", "accounts", account, "in-force"), Account, body)

    def reset(self, account: str) -> MadeAccount:
        """Give an account a new first pass phrase; second factor, sessions and keys are gone."""
        return self._line.act(place("v1", "accounts", account, "reset"), MadeAccount, keyed=False)

    def confirm(self, account: str) -> Account:
        """Confirm, as a second administrator, what the first one made, reset or widened."""
        return self._line.act(place("v1", "accounts", account, "confirmation"), Account, keyed=False)

    def keys(self, account: str) -> tuple[ApiKey, ...]:
        """List an account's API keys, without their secrets."""
        return self._line.get(place("v1", "accounts", account, "keys"), tuple[ApiKey, ...])

    def issue_key(self, account: str, *, days: int = 90) -> IssuedKey:
        """Issue a tester's API key for so many days, 1 to 366; its secret is answered once."""
        return self._line.act(
            place("v1", "accounts", account, "keys"), IssuedKey, {"days": days}, keyed=False
        )

    def allow_key(self, account: str, *, days: int = 90) -> Account:
        """Allow an account's holder to make one API key of so many days, 1 to 366, within a week."""
        where = place("v1", "accounts", account, "key-allowance")
        return self._line.act(where, Account, {"days": days}, keyed=False)

    def revoke_key(self, account: str, key: str) -> ApiKey:
        """Revoke an API key by its id, at once."""
        return self._line.change(DELETE, place("v1", "accounts", account, "keys", key), ApiKey)


class OwnAccountDesk(Desk):
    """``/v1/account``: one's own."""

    __slots__ = ()

    def get(self) -> Account:
        """Read one's own account."""
        return self._line.get("/v1/account", Account)

    def keys(self) -> tuple[ApiKey, ...]:
        """List one's own API keys, without their secrets."""
        return self._line.get("/v1/account/keys", tuple[ApiKey, ...])

    def make_key(self) -> IssuedKey:
        """Make the API key that an administrator allowed; its secret is answered once. Asks for a session."""
        return self._line.act("/v1/account/keys", IssuedKey, keyed=False)

    def revoke_key(self, key: str) -> ApiKey:
        """Revoke one of one's own API keys, at once. Asks for a session."""
        return self._line.change(DELETE, place("v1", "account", "keys", key), ApiKey)

    def change_phrase(self, *, old: str, new: str) -> None:
        """Change one's own pass phrase; every session ends."""
        self._line.change(PUT, "/v1/account/pass-phrase", type(None), {"old": old, "new": new})

    def begin_second_factor(self, *, phrase: str) -> Seed:
        """Begin to set up one-time codes; the seed counts when a code of it was sent."""
        return self._line.act("/v1/account/second-factor", Seed, {"phrase": phrase}, keyed=False)

    def confirm_second_factor(self, *, code: str) -> None:
        """Put one-time codes in force by the first of them, six digits."""
        self._line.change(PUT, "/v1/account/second-factor", type(None), {"code": code})

    def sessions(self) -> tuple[Session, ...]:
        """List one's own sessions."""
        return self._line.get("/v1/account/sessions", tuple[Session, ...])

    def end_session(self, session: str) -> None:
        """End one of one's own sessions."""
        self._line.change(DELETE, place("v1", "account", "sessions", session), type(None))

"""Counting of requests: at an address until somebody is known, then at his account.

A request is counted at its address before anything is looked up, so that guessing keys is counted, too. Once
the caller is known, `charge_account` gives it back there and counts it at his account: an agency behind one
address is not held to one person's quota. Signing in and what is public stay with the address.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders

from facegate.server.edge.answering import answer
from facegate.server.edge.rates import Buckets, address_key, policy_of
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from facegate.server.edge.rates import Quota, Standing

BY_ADDRESS: Final = frozenset({"login", "public"})


class Charge:
    """Where one request is counted.

    Parameters
    ----------
    at_address, at_account : Buckets
        Of the request's policy.
    address : str
        Key of its address.
    """

    __slots__ = ("_account", "_address", "_at_account", "_at_address", "standing")

    def __init__(self, at_address: Buckets, at_account: Buckets, address: str) -> None:
        self._at_address = at_address
        self._at_account = at_account
        self._address = address
        self._account = ""
        self.standing: Standing = at_address.take(address)

    def move_to(self, account: str) -> None:
        """Count it at an account, once; the address has it back.

        Raises
        ------
        Problem
            429 if the account's quota is used up.
        """
        if self._account or not account or self.standing.quota.name in BY_ADDRESS:
            return
        self._account = account
        self._at_address.give_back(self._address)
        self.standing = self._at_account.take(account)
        if not self.standing.allowed:
            raise too_many(self.standing)


class Limiting:
    """Middleware that counts requests and says in every reply how the caller stands.

    Parameters
    ----------
    app : ASGIApp
        What is behind it.
    quotas, address_quotas : mapping of str to Quota
        Of an account and of an address, by policy.
    clock : callable
        Seconds, never going back.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        quotas: Mapping[str, Quota],
        address_quotas: Mapping[str, Quota],
        clock: Callable[[], float],
    ) -> None:
        self.app = app
        self._addresses = {name: Buckets(quota, clock) for name, quota in address_quotas.items()}
        self._accounts = {name: Buckets(quota, clock) for name, quota in quotas.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything else is passed on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = policy_of(scope["method"], scope["path"])
        client = scope.get("client") or ("", 0)
        charge = Charge(self._addresses[name], self._accounts[name], address_key(client[0]))
        scope.setdefault("state", {})["charge"] = charge

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = charge.standing.quota.header()
                headers["RateLimit"] = charge.standing.header()
            await send(message)

        if not charge.standing.allowed:
            await answer(scope, too_many(charge.standing))(scope, receive, told)
            return
        await self.app(scope, receive, told)


def charge_account(request: Request, account: str) -> None:
    """Count a request at the account of its caller, now that he is known.

    Parameters
    ----------
    request : Request
        Under way; one that came past no `Limiting` is not counted.
    account : str
        Id of his account; empty for somebody who is not known: his address stays charged.

    Raises
    ------
    Problem
        429 if the account's quota is used up.
    """
    charge = getattr(request.state, "charge", None)
    if isinstance(charge, Charge):
        charge.move_to(account)


def too_many(standing: Standing) -> Problem:
    """Say that a quota is used up, and when more is there (RFC 6585, section 4)."""
    quota = standing.quota
    detail = f"the limit named {quota.name!r} is used up: {quota.requests} requests in {quota.window_s} s"
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "quota-exceeded",
        f"{detail}; try again in {standing.more_in_s} s",
        headers={"Retry-After": str(standing.more_in_s)},
        more={"violated-policies": [quota.name]},
    )

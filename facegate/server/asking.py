"""What every endpoint and page starts from: the service, whoever asks, and whether he may."""

from __future__ import annotations

from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from facegate.server.edge.limiting import charge_account
from facegate.server.identity.caller import Caller
from facegate.server.identity.roles import FRESH, MAY, Operation, Role
from facegate.server.problems import no_role, not_fresh, not_here, unknown_caller
from facegate.server.service import Service

if TYPE_CHECKING:
    from datetime import datetime

FRESH_FOR: Final = timedelta(minutes=10)
ASKED_AGAIN_S: Final = 1.0
"""Seconds after which whoever was known by the head of his request is asked again behind its body. A key that
is revoked while an archive is on its way opens nothing; and a request of any kind that was let in a moment
before is one that came in before."""


def service_of(request: Request) -> Service:
    """Give what the application was made with."""
    service = request.app.state.service
    if not isinstance(service, Service):
        msg = f"the application was made with {type(service).__name__}, not with a service"
        raise TypeError(msg)
    return service


async def _service_at_once(request: Request) -> Service:
    """Give it without going to another thread, as FastAPI does for what is not asynchronous."""
    return service_of(request)


ServiceOf = Annotated[Service, Depends(_service_at_once)]


def caller_of(request: Request, service: Service) -> Caller:
    """Say who asks: by key, token or session; the public if he shows none.

    Raises
    ------
    Problem
        401 if what he shows is wrong, expired or withdrawn: it is never taken for nothing shown; 429 if his
        account's quota is used up.
    """
    caller = service.identity.identify(request)
    charge_account(request, caller.account)
    return caller


async def known_by_head(request: Request, service: Service) -> Caller:
    """Say who asks before his body is read, as `caller_of` does; a short body later he is known still."""
    caller = await _at_once_or_asked(request, service)
    request.state.known_by_head = monotonic(), caller
    return caller


async def _at_once_or_asked(request: Request, service: Service) -> Caller:
    """Say who asks: from memory here, or in another thread, for the books are on a disk."""
    caller = service.identity.known_at_once(request)
    if caller is None:
        return await run_in_threadpool(caller_of, request, service)
    charge_account(request, caller.account)
    return caller


async def _caller_again(request: Request, service: ServiceOf) -> Caller:
    """Give whoever was known by the head a moment ago, or find out."""
    at, caller = getattr(request.state, "known_by_head", (0.0, None))
    if caller is not None and monotonic() - at < ASKED_AGAIN_S:
        known: Caller = caller
        return known
    return await _at_once_or_asked(request, service)


CallerOf = Annotated[Caller, Depends(_caller_again)]


def demand(caller: Caller, operation: Operation, *, at: datetime) -> None:
    """Refuse whoever may not ask for this, before anything is looked up.

    Parameters
    ----------
    caller : Caller
        Whoever asks.
    operation : Operation
        What for.
    at : datetime
        Now, with its zone.

    Raises
    ------
    Problem
        401 if nobody is known or his login is not fresh enough, 403 if none of his roles may.
    """
    if not (caller.roles | {Role.PUBLIC}) & MAY[operation]:
        raise no_role(operation) if caller.known else unknown_caller()
    if operation in FRESH and (caller.fresh_at is None or at - caller.fresh_at > FRESH_FOR):
        raise not_fresh()


def demand_sees(caller: Caller, agency: str, what: str) -> None:
    """Refuse an object of another agency in the words for one that is not there.

    Raises
    ------
    Problem
        404.
    """
    if not caller.sees(agency):
        raise not_here(what)

"""Putting the edge around an application, in the one order that is right.

From outside: what every reply carries; a name for the request; what nobody foresaw; the head; the rate; the
body. A request is counted before its body is read, and refused for its head before it is counted. Of the
body: its size and pace; who may send it, and of which kind it is to be; and that it can be read in one way.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from starlette.formparsers import MultiPartParser

from facegate.server.edge.bodies import Bodies
from facegate.server.edge.doors import Doors
from facegate.server.edge.handlers import Unforeseen, install_handlers
from facegate.server.edge.heads import Heads
from facegate.server.edge.json_bodies import JsonBodies
from facegate.server.edge.limiting import Limiting
from facegate.server.edge.security_headers import SecurityHeaders
from facegate.server.edge.tracing import Tracing
from facegate.server.edge.whole_forms import WholeForms

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from facegate.server.edge.settings import EdgeSettings


def install_edge(
    app: FastAPI,
    settings: EdgeSettings,
    *,
    routes: Iterable[BaseRoute] | None = None,
    known_first: Callable[[Request], Awaitable[None]] | None = None,
    clock: Callable[[], float] = monotonic,
) -> None:
    """Put the edge around an application.

    Parameters
    ----------
    app : FastAPI
        Changed. Make it with ``form_limits=FORM_LIMITS`` (see `facegate.server.edge.settings`): how many
        parts a form may have is the framework's to count.
    settings : EdgeSettings
        The limits.
    routes : iterable of BaseRoute, optional
        Of all its routers; without it, the application's own: a router that was included does not show its
        routes there.
    known_first : callable, optional
        Given a request that brings much; raises the problem that refuses it, before its body is read.
    clock : callable
        Seconds, never going back, for the rate limits.

    Notes
    -----
    Once the caller of a request is known, `facegate.server.edge.limiting.charge_account` counts it at his
    account. A function ``(request, problem) -> Response`` at ``app.state.problem_page`` tells browsers.
    """
    install_handlers(app)
    _keep_off_the_disk(settings.largest_body)
    # Starlette puts the one that is added last outermost: from the inside outwards.
    app.add_middleware(WholeForms)
    app.add_middleware(JsonBodies, most=settings.json_limit)
    app.add_middleware(Doors, routes=app.routes if routes is None else routes, known_first=known_first)
    app.add_middleware(Bodies, settings=settings)
    app.add_middleware(Limiting, quotas=settings.quotas, address_quotas=settings.address_quotas, clock=clock)
    app.add_middleware(Heads, settings=settings)
    app.add_middleware(Unforeseen)
    app.add_middleware(Tracing)
    app.add_middleware(SecurityHeaders, https=settings.https)


def _keep_off_the_disk(largest: int) -> None:
    """Have the parts of forms held in memory, up to the largest body that is taken.

    The framework puts a part of more than one megabyte into a file of the machine's folder for such, in the
    clear, and hands it back to the file system as it is: a photo could be found there long after it was
    erased here. It has one setting for the whole process.
    """
    MultiPartParser.spool_max_size = max(MultiPartParser.spool_max_size, largest + 1)
